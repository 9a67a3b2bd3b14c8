package org.solrelectra.training.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.solrelectra.lucene.encoder.Deadline;
import org.solrelectra.lucene.encoder.LongPassages;
import org.solrelectra.lucene.encoder.OnnxEncoder;
import org.solrelectra.lucene.encoder.WorkerPool;
import org.solrelectra.lucene.model.ModelDirectory;
import org.solrelectra.lucene.search.CrossEncoder;
import org.solrelectra.training.random.KeyedRandom;
import org.solrelectra.training.random.KeyedRandom.Purpose;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(
    name = "rank",
    mixinStandardHelpOptions = true,
    description =
        "Times a ranker as Solr runs it, strings in and scores out: one query and its passages, of random words, with each graph that the"
            + " directory holds, in turn.")
final class BenchRankCommand implements Callable<Integer> {
  private static final int QUERY_WORDS = 16;
  private static final int SPECIAL_TOKENS = 3;
  private static final int WARMUP_ROUNDS = 2;

  /** Log-normal lengths: of passages of a Wikipedia article some 40 to 250 tokens. */
  private static final double LOG_MEAN = 4.3;

  private static final double LOG_DEVIATION = 0.45;
  private static final int SHORTEST = 26;
  private static final int LONGEST = 266;

  @CommandLine.Spec private CommandLine.Model.CommandSpec spec;

  @Option(names = "--model", required = true, paramLabel = "DIR", description = "A ranker.")
  private Path directory;

  @Option(names = "--passages", defaultValue = "100", description = "Default: ${DEFAULT-VALUE}.")
  private int passages;

  @Option(
      names = "--tokens",
      defaultValue = "128",
      description =
          "Tokens of each pair; 0 for lengths that differ, 26 to 266, or what the model takes at most. Default: ${DEFAULT-VALUE}.")
  private int tokens;

  @Option(
      names = "--threads",
      defaultValue = "2",
      description = "The caller's included. Default: ${DEFAULT-VALUE}.")
  private int threads;

  @Option(
      names = "--rounds",
      defaultValue = "7",
      description = "In which each graph is asked once. Default: ${DEFAULT-VALUE}.")
  private int rounds;

  @Option(names = "--json", description = "End with one JSON line.")
  private boolean json;

  /** One graph and what was measured of it. */
  private static final class Contender {
    private final String graph;
    private final OnnxEncoder encoder;
    private final CrossEncoder ranker;
    private final double loadMillis;
    private final double[] millis;
    private float[] logits;

    Contender(Path directory, String graph, WorkerPool pool, int rounds) throws IOException {
      this.graph = graph;
      long start = System.nanoTime();
      this.encoder = OnnxEncoder.open(ModelDirectory.open(directory, graph), pool);
      this.loadMillis = (System.nanoTime() - start) / 1e6;
      this.ranker = new CrossEncoder(encoder);
      this.millis = new double[rounds];
    }

    void ask(String query, List<String> texts, int round) throws IOException {
      long start = System.nanoTime();
      logits = ranker.score(query, texts, LongPassages.BEGINNING, Deadline.NONE).logits();
      if (round >= 0) {
        millis[round] = (System.nanoTime() - start) / 1e6;
      }
    }

    double median() {
      return millis[millis.length / 2];
    }
  }

  @Override
  public Integer call() throws IOException {
    if (passages < 1 || threads < 1 || rounds < 1) {
      throw new IllegalArgumentException(
          "--passages, --threads and --rounds must be at least 1; --passages="
              + passages
              + ", --threads="
              + threads
              + ", --rounds="
              + rounds);
    }
    int shortest = QUERY_WORDS + SPECIAL_TOKENS + 1;
    if (tokens != 0 && tokens < shortest) {
      throw new IllegalArgumentException(
          "--tokens must be 0 or at least " + shortest + "; --tokens=" + tokens);
    }
    List<Contender> contenders = new ArrayList<>();
    try (WorkerPool pool = new WorkerPool(threads - 1)) {
      try {
        for (int i = ModelDirectory.GRAPHS.size() - 1; i >= 0; i--) {
          String graph = ModelDirectory.GRAPHS.get(i);
          if (Files.exists(directory.resolve(graph))) {
            contenders.add(new Contender(directory, graph, pool, rounds));
          }
        }
        if (contenders.isEmpty()) {
          throw new IllegalArgumentException(directory + " holds no graph");
        }
        run(contenders);
        report(contenders);
      } finally {
        for (Contender contender : contenders) {
          contender.encoder.close();
        }
      }
    }
    return 0;
  }

  private void run(List<Contender> contenders) throws IOException {
    ModelDirectory model = contenders.get(0).encoder.model();
    if (tokens > model.maxLength()) {
      throw new IllegalArgumentException(
          "--tokens must be at most the model's " + model.maxLength() + "; --tokens=" + tokens);
    }
    List<String> words =
        model.vocabulary().pieces().stream().filter(BenchRankCommand::isWord).toList();
    if (words.size() < 2) {
      throw new IllegalArgumentException(directory + ": the vocabulary holds no whole words");
    }
    KeyedRandom random = new KeyedRandom(1, Purpose.EXPORT_CHECK, 0);
    String query = text(words, QUERY_WORDS, random);
    List<String> texts = new ArrayList<>();
    for (int i = 0; i < passages; i++) {
      int length = tokens == 0 ? Math.min(length(random, i), model.maxLength()) : tokens;
      texts.add(text(words, length - QUERY_WORDS - SPECIAL_TOKENS, random));
    }
    for (int round = -WARMUP_ROUNDS; round < rounds; round++) {
      for (Contender contender : contenders) {
        contender.ask(query, texts, round);
      }
    }
    contenders.forEach(contender -> Arrays.sort(contender.millis));
  }

  /** The first is the longest. */
  private static int length(KeyedRandom random, int index) {
    double length = Math.exp(LOG_MEAN + LOG_DEVIATION * random.nextGaussian()) + 10;
    return index == 0 ? LONGEST : (int) Math.max(SHORTEST, Math.min(LONGEST, length));
  }

  /** A piece that stays one token between blanks. */
  private static boolean isWord(String piece) {
    return piece.length() > 1 && piece.chars().allMatch(c -> c >= 'a' && c <= 'z');
  }

  private static String text(List<String> words, int count, KeyedRandom random) {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < count; i++) {
      text.append(words.get(random.nextInt(words.size()))).append(' ');
    }
    return text.toString();
  }

  private void report(List<Contender> contenders) {
    Contender first = contenders.get(0);
    ArrayNode graphs = new ObjectMapper().createArrayNode();
    PrintWriter out = spec.commandLine().getOut();
    out.printf(
        Locale.ROOT,
        "%d passages, %s, %d threads, %d rounds%n%-16s %12s %20s %8s %10s %22s%n",
        passages,
        tokens == 0 ? "26 to 266 tokens a pair" : tokens + " tokens a pair",
        threads,
        rounds,
        "",
        "median ms",
        "(least to most)",
        "x faster",
        "load ms",
        "logits differ at most");
    for (Contender contender : contenders) {
      double difference = 0;
      for (int i = 0; i < first.logits.length; i++) {
        difference = Math.max(difference, Math.abs((double) first.logits[i] - contender.logits[i]));
      }
      double ratio = first.median() / contender.median();
      out.printf(
          Locale.ROOT,
          "%-16s %12.1f %20s %8.2f %10.0f %22.1e%n",
          contender.graph,
          contender.median(),
          String.format(
              Locale.ROOT, "(%.1f to %.1f)", contender.millis[0], contender.millis[rounds - 1]),
          ratio,
          contender.loadMillis,
          difference);
      ObjectNode graph = graphs.addObject();
      graph.put("graph", contender.graph);
      graph.put("medianMillis", contender.median());
      graph.put("speed", ratio);
      graph.put("loadMillis", contender.loadMillis);
      graph.put("largestDifference", difference);
    }
    if (json) {
      out.println(graphs);
    }
  }
}
