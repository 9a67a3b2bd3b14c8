package org.solrelectra.lucene.search;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import org.solrelectra.lucene.encoder.Deadline;
import org.solrelectra.lucene.encoder.Encoder;
import org.solrelectra.lucene.encoder.EncoderOutput;
import org.solrelectra.lucene.encoder.JoinedText;
import org.solrelectra.lucene.encoder.Lane;
import org.solrelectra.lucene.encoder.TokenBatchBuilder;
import org.solrelectra.lucene.encoder.TokenSequence;
import org.solrelectra.lucene.encoder.WindowPolicy;
import org.solrelectra.lucene.model.Manifest;
import org.solrelectra.lucene.model.Task;

/**
 * Scores passages by how well they answer a query. Scores are logits: any real number, higher is
 * better, comparable within one model only.
 *
 * <p>Threads may share it. Does not close the encoder.
 */
public final class CrossEncoder {
  /** Of the passages that are in memory together, and one more. */
  private static final long MOST_CHARACTERS = 4_000_000;

  /** A hundred passages from memory take less; where the disk is slow, scoring starts with some. */
  private static final long LONGEST_READING_NANOS = 50_000_000;

  private final Encoder encoder;
  private final TokenBatchBuilder batches;
  private final int positive;

  /**
   * @throws IllegalArgumentException if the model was not made for ranking, or does not say which
   *     of its labels is the score
   */
  public CrossEncoder(Encoder encoder) {
    this.encoder = encoder;
    Manifest manifest = encoder.model().manifest();
    List<String> labels = encoder.model().labels();
    if (manifest.positiveLabel() != null) {
      this.positive = labels.indexOf(manifest.positiveLabel());
    } else if (manifest.task() == Task.RANKING && labels.size() == 1) {
      this.positive = 0;
    } else {
      throw new IllegalArgumentException(
          "the model must be for ranking: one label, or a positive_label in manifest.json; task of "
              + manifest.name()
              + "="
              + manifest.task().key()
              + ", labels="
              + labels);
    }
    this.batches = TokenBatchBuilder.of(encoder.model());
  }

  /**
   * What one call gave.
   *
   * @param logits one for each passage, in their order; NaN where the deadline came first
   * @param scored how many passages were scored
   * @param truncatedQueries how many passages lost a part of their query
   * @param sequences how many the passages came to, which is what the call cost
   */
  public record Scores(float[] logits, int scored, int truncatedQueries, int sequences) {
    /** Says whether a passage was scored. */
    public boolean isScored(int passage) {
      return !Float.isNaN(logits[passage]);
    }
  }

  /**
   * Scores passages, in the given order. One that does not fit is scored when all of its windows
   * are.
   *
   * @throws IOException if the model fails
   * @throws IllegalArgumentException if the query leaves no room, of which {@link #check} tells
   *     before
   */
  public Scores score(
      String query,
      List<? extends CharSequence> passages,
      WindowPolicy windowPolicy,
      Deadline deadline)
      throws IOException {
    return score(query, PassageReader.of(passages), windowPolicy, deadline);
  }

  /**
   * Refuses a query that no passage can be scored for.
   *
   * @throws IllegalArgumentException if it has no word piece, or leaves no room for a passage where
   *     the model does not cut it
   */
  public void check(String query, WindowPolicy windowPolicy) {
    batches.checkQuery(query, windowPolicy);
  }

  /** Returns what makes empty texts that take as much as is read of a passage. */
  Supplier<JoinedText> passages(String query, WindowPolicy windowPolicy) {
    return batches.passages(query, windowPolicy);
  }

  /**
   * Reads and scores passages by turns, so that a deadline which passes while they are read leaves
   * scores of those that were read before.
   */
  Scores score(String query, PassageReader passages, WindowPolicy windowPolicy, Deadline deadline)
      throws IOException {
    float[] logits = new float[passages.size()];
    Arrays.fill(logits, Float.NaN);
    int scored = 0;
    int truncatedQueries = 0;
    int sequences = 0;
    long tokens = 0;
    int first = 0;
    while (first < logits.length && scored == first) {
      List<CharSequence> turn = read(passages, first, deadline);
      if (turn.isEmpty()) {
        break;
      }
      TokenBatchBuilder.Passages pairs = batches.pairs(query, turn, windowPolicy.after(tokens));
      scored += score(pairs, windowPolicy, deadline, first, logits);
      truncatedQueries += pairs.batch().truncatedQueries();
      sequences += pairs.batch().size();
      for (TokenSequence sequence : pairs.batch().sequences()) {
        tokens += sequence.length();
      }
      first += turn.size();
    }
    return new Scores(logits, scored, truncatedQueries, sequences);
  }

  /** Reads the passages of one turn: at least one, unless the deadline comes first. */
  private static List<CharSequence> read(PassageReader passages, int first, Deadline deadline) {
    Deadline untilScoring = untilScoring(deadline);
    List<CharSequence> read = new ArrayList<>();
    long characters = 0;
    for (int i = first; i < passages.size() && characters < MOST_CHARACTERS; i++) {
      Optional<? extends CharSequence> passage =
          passages.read(i, i == first ? deadline : untilScoring);
      if (passage.isEmpty()) {
        break;
      }
      read.add(passage.get());
      characters += passage.get().length();
    }
    return read;
  }

  /** Half of the time that is left may be read, the rest is for the model. */
  private static Deadline untilScoring(Deadline deadline) {
    if (deadline.isNever()) {
      return deadline;
    }
    long now = System.nanoTime();
    long nanos =
        deadline.isLimited()
            ? Math.min(LONGEST_READING_NANOS, (deadline.nanoTime() - now) / 2)
            : LONGEST_READING_NANOS;
    return new Deadline(true, now + nanos, deadline.cancelled());
  }

  /** Scores the passages of one turn, and returns how many of them are done. */
  private int score(
      TokenBatchBuilder.Passages pairs,
      WindowPolicy windowPolicy,
      Deadline deadline,
      int firstPassage,
      float[] logits)
      throws IOException {
    EncoderOutput output = encoder.encode(pairs.batch(), deadline, Lane.QUERY);
    int scored = 0;
    int first = 0;
    for (int i = 0; i < pairs.windows().length; i++) {
      float[] windows = new float[pairs.windows()[i]];
      boolean isDone = true;
      for (int j = 0; j < windows.length && isDone; j++) {
        isDone = output.isDone(first + j);
        windows[j] = isDone ? output.logits(first + j)[positive] : Float.NaN;
      }
      if (isDone) {
        logits[firstPassage + i] = windowPolicy.aggregation().of(windows);
        scored++;
      }
      first += windows.length;
    }
    return scored;
  }
}
