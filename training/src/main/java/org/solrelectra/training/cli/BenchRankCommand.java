package org.solrelectra.training.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.OptionalLong;
import java.util.concurrent.Callable;
import org.solrelectra.lucene.encoder.WorkerPool;
import org.solrelectra.lucene.model.ModelDirectory;
import org.solrelectra.training.metrics.ResidentMemory;
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

  /** The first loads the library. */
  private static final int LOADS = 5;

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

  @Option(
      names = "--queries",
      defaultValue = "1",
      description =
          "Asked at once, each from a thread of its own, at the end of a graph's turn. Default: ${DEFAULT-VALUE}.")
  private int queries;

  @Option(
      names = "--memory",
      paramLabel = "GRAPH",
      description =
          "Open this graph alone, once, and say what the process holds before and after. What is native alone, if the heap is whole from"
              + " the start: ELECTRA_JAVA_OPTIONS='-Xms256m -Xmx256m -XX:+AlwaysPreTouch'.")
  private String memoryGraph;

  @Override
  public Integer call() throws IOException {
    if (passages < 1 || threads < 1 || rounds < 1 || queries < 1) {
      throw new IllegalArgumentException(
          "--passages, --threads, --rounds and --queries must be at least 1; --passages="
              + passages
              + ", --threads="
              + threads
              + ", --rounds="
              + rounds
              + ", --queries="
              + queries);
    }
    int shortest = QUERY_WORDS + SPECIAL_TOKENS + 1;
    if (tokens != 0 && tokens < shortest) {
      throw new IllegalArgumentException(
          "--tokens must be 0 or at least " + shortest + "; --tokens=" + tokens);
    }
    List<RankContender> contenders = new ArrayList<>();
    try (WorkerPool pool = new WorkerPool(threads - 1)) {
      for (String graph : graphs()) {
        contenders.add(new RankContender(directory, graph, pool));
      }
      try {
        OptionalLong before = ResidentMemory.bytes();
        for (int load = 0; load < (memoryGraph == null ? LOADS : 1); load++) {
          for (RankContender contender : contenders) {
            contender.open();
          }
        }
        OptionalLong opened = ResidentMemory.bytes();
        run(contenders);
        report(contenders);
        if (memoryGraph != null) {
          report(before, opened, ResidentMemory.bytes());
        }
      } finally {
        for (RankContender contender : contenders) {
          contender.close();
        }
      }
    }
    return 0;
  }

  /** Returns those that there are, the standard one first. */
  private List<String> graphs() {
    if (memoryGraph != null) {
      return List.of(memoryGraph);
    }
    List<String> graphs = new ArrayList<>();
    for (int i = ModelDirectory.GRAPHS.size() - 1; i >= 0; i--) {
      String graph = ModelDirectory.GRAPHS.get(i);
      if (Files.exists(directory.resolve(graph))) {
        graphs.add(graph);
      }
    }
    if (graphs.isEmpty()) {
      throw new IllegalArgumentException(directory + " holds no graph");
    }
    return graphs;
  }

  private void run(List<RankContender> contenders) throws IOException {
    ModelDirectory model = contenders.get(0).model();
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
      for (RankContender contender : contenders) {
        contender.ask(query, texts, queries, round >= 0);
      }
    }
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

  private void report(List<RankContender> contenders) {
    RankContender first = contenders.get(0);
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
    for (RankContender contender : contenders) {
      double difference = first.difference(contender);
      double ratio = first.alone().median() / contender.alone().median();
      out.printf(
          Locale.ROOT,
          "%-16s %12.1f %20s %8.2f %10.0f %22.1e%n",
          contender.graph(),
          contender.alone().median(),
          String.format(
              Locale.ROOT, "(%.1f to %.1f)", contender.alone().least(), contender.alone().most()),
          ratio,
          contender.load().median(),
          difference);
      ObjectNode graph = graphs.addObject();
      graph.put("graph", contender.graph());
      graph.put("medianMillis", contender.alone().median());
      graph.put("speed", ratio);
      graph.put("loadMillis", contender.load().median());
      graph.put("largestDifference", difference);
      if (queries > 1) {
        graph.put("atOnceMillis", contender.atOnce().median());
      }
    }
    if (queries > 1) {
      for (RankContender contender : contenders) {
        out.printf(
            Locale.ROOT,
            "%-16s %12.1f ms until %d queries at once are answered (%.1f to %.1f): %.2f times one alone%n",
            contender.graph(),
            contender.atOnce().median(),
            queries,
            contender.atOnce().least(),
            contender.atOnce().most(),
            contender.atOnce().median() / contender.alone().median());
      }
    }
    if (json) {
      out.println(graphs);
    }
  }

  private void report(OptionalLong before, OptionalLong opened, OptionalLong after)
      throws IOException {
    spec.commandLine()
        .getOut()
        .printf(
            Locale.ROOT,
            "resident MB: %.1f, %+.1f when the graph was open, %+.1f after all queries%n",
            megabytes(before),
            megabytes(opened) - megabytes(before),
            megabytes(after) - megabytes(before));
  }

  private static double megabytes(OptionalLong bytes) throws IOException {
    return bytes.orElseThrow(() -> new IOException("this system does not say what is resident"))
        / 1e6;
  }
}
