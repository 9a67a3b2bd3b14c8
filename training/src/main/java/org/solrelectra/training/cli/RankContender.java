package org.solrelectra.training.cli;

import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import org.solrelectra.lucene.encoder.Deadline;
import org.solrelectra.lucene.encoder.OnnxEncoder;
import org.solrelectra.lucene.encoder.WindowPolicy;
import org.solrelectra.lucene.encoder.WorkerPool;
import org.solrelectra.lucene.model.ModelDirectory;
import org.solrelectra.lucene.search.CrossEncoder;

/** One graph of a ranker and what {@link BenchRankCommand} measured of it. */
final class RankContender implements Closeable {
  private final Path directory;
  private final String graph;
  private final WorkerPool pool;
  private final Times load = new Times();
  private final Times alone = new Times();
  private final Times atOnce = new Times();
  private OnnxEncoder encoder;
  private float[] logits;

  /**
   * @param pool stays open when this is closed
   */
  RankContender(Path directory, String graph, WorkerPool pool) {
    this.directory = directory;
    this.graph = graph;
    this.pool = pool;
  }

  /** Milliseconds that the same took, several times. */
  static final class Times {
    private final List<Double> millis = new ArrayList<>();

    private void addSince(long nanoTime) {
      millis.add((System.nanoTime() - nanoTime) / 1e6);
    }

    double least() {
      return sorted().get(0);
    }

    double median() {
      return sorted().get(millis.size() / 2);
    }

    double most() {
      return sorted().get(millis.size() - 1);
    }

    private List<Double> sorted() {
      return millis.stream().sorted().toList();
    }
  }

  /** Opens the graph, in the place of the one that was open. */
  void open() throws IOException {
    close();
    long start = System.nanoTime();
    encoder = OnnxEncoder.open(ModelDirectory.open(directory, graph), pool);
    load.addSince(start);
  }

  /**
   * Asks once, and then several times at once if {@code queries} is above 1.
   *
   * @param isTimed false to warm up
   */
  void ask(String query, List<String> texts, int queries, boolean isTimed) throws IOException {
    CrossEncoder ranker = new CrossEncoder(encoder);
    long start = System.nanoTime();
    logits = ranker.score(query, texts, WindowPolicy.BEGINNING, Deadline.NONE).logits();
    if (isTimed) {
      alone.addSince(start);
    }
    if (queries > 1) {
      start = System.nanoTime();
      askAtOnce(ranker, query, texts, queries);
      if (isTimed) {
        atOnce.addSince(start);
      }
    }
  }

  private static void askAtOnce(CrossEncoder ranker, String query, List<String> texts, int queries)
      throws IOException {
    List<FutureTask<CrossEncoder.Scores>> tasks = new ArrayList<>();
    for (int i = 0; i < queries; i++) {
      FutureTask<CrossEncoder.Scores> task =
          new FutureTask<>(() -> ranker.score(query, texts, WindowPolicy.BEGINNING, Deadline.NONE));
      tasks.add(task);
      new Thread(task, "query-" + i).start();
    }
    for (FutureTask<CrossEncoder.Scores> task : tasks) {
      try {
        task.get();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IOException("interrupted while a model ran", e);
      } catch (ExecutionException e) {
        if (e.getCause() instanceof IOException io) {
          throw io;
        }
        throw new IllegalStateException(e.getCause());
      }
    }
  }

  ModelDirectory model() {
    return encoder.model();
  }

  String graph() {
    return graph;
  }

  /** Returns what opening it took. */
  Times load() {
    return load;
  }

  /** Returns what one query took. */
  Times alone() {
    return alone;
  }

  /** Returns what it took until all of several queries were answered; empty for one. */
  Times atOnce() {
    return atOnce;
  }

  /** Returns the largest difference of the logits of two graphs that were asked the same. */
  double difference(RankContender other) {
    double difference = 0;
    for (int i = 0; i < logits.length; i++) {
      difference = Math.max(difference, Math.abs((double) logits[i] - other.logits[i]));
    }
    return difference;
  }

  @Override
  public void close() throws IOException {
    if (encoder != null) {
      encoder.close();
    }
  }
}
