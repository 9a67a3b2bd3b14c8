package org.solrelectra.training.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.PrintWriter;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.solrelectra.lucene.analysis.WordPieceEncoder;
import org.solrelectra.lucene.model.TokenizerConfig;
import org.solrelectra.lucene.model.Vocabulary;
import org.solrelectra.training.corpus.CorpusBuilder;
import org.solrelectra.training.corpus.CorpusReport;
import org.solrelectra.training.corpus.CorpusSettings;
import org.solrelectra.training.corpus.TokenizerHash;
import org.solrelectra.training.network.Libtorch;
import org.solrelectra.training.network.Precision;
import org.solrelectra.training.optimization.Optimizer;
import org.solrelectra.training.pretrain.Objective;
import org.solrelectra.training.pretrain.PretrainingBenchmark;
import org.solrelectra.training.pretrain.PretrainingConfig;
import org.solrelectra.training.pretrain.PretrainingSize;
import org.solrelectra.training.pretrain.Recipe;
import org.solrelectra.training.pretrain.TrainingCost;
import org.solrelectra.training.storage.Folders;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
    name = "bench",
    mixinStandardHelpOptions = true,
    subcommands = {BenchCommand.Pretrain.class, BenchCommand.Corpus.class, BenchRankCommand.class},
    description = "Measures speed on this machine.")
final class BenchCommand implements Runnable {
  @CommandLine.Spec private CommandLine.Model.CommandSpec spec;

  @Override
  public void run() {
    throw new CommandLine.ParameterException(
        spec.commandLine(), "Missing command; see electra bench --help");
  }

  @Command(
      name = "pretrain",
      mixinStandardHelpOptions = true,
      description = "Times pretraining steps on random tokens.")
  static final class Pretrain implements Callable<Integer> {
    @CommandLine.Spec private CommandLine.Model.CommandSpec spec;
    @Mixin private LibtorchOptions libtorchOptions;

    @Option(
        names = "--size",
        defaultValue = "small",
        description = "${COMPLETION-CANDIDATES}. Default: ${DEFAULT-VALUE}.")
    private PretrainingSize size;

    @Option(
        names = "--vocabulary-size",
        defaultValue = "30522",
        description = "Default: ${DEFAULT-VALUE}.")
    private int vocabularySize;

    @Option(names = "--batch-size", defaultValue = "16", description = "Default: ${DEFAULT-VALUE}.")
    private int batchSize;

    @Option(
        names = "--sequence-length",
        defaultValue = "128",
        description = "Default: ${DEFAULT-VALUE}.")
    private int sequenceLength;

    @Option(
        names = "--objective",
        defaultValue = "rtd",
        description = "${COMPLETION-CANDIDATES}. Default: ${DEFAULT-VALUE}.")
    private Objective objective;

    @Option(names = "--steps", defaultValue = "10", description = "Default: ${DEFAULT-VALUE}.")
    private int steps;

    @Option(
        names = "--recipe",
        defaultValue = "recommended",
        description =
            "${COMPLETION-CANDIDATES}. paper has dropout 0.1 on hidden states and attention of both networks. Default:"
                + " ${DEFAULT-VALUE}.")
    private Recipe recipe;

    @Option(
        names = "--precision",
        defaultValue = "fp32",
        description = "${COMPLETION-CANDIDATES}. Default: ${DEFAULT-VALUE}.")
    private Precision precision;

    @Option(
        names = "--matrix-optimizer",
        defaultValue = "adamw",
        description = "As of pretrain: ${COMPLETION-CANDIDATES}. Default: ${DEFAULT-VALUE}.")
    private Optimizer.Matrices matrixOptimizer;

    @Option(
        names = "--vocabulary-multiple",
        defaultValue = "1",
        paramLabel = "N",
        description = "As of pretrain. Default: ${DEFAULT-VALUE}.")
    private int vocabularyMultiple;

    @Mixin private PeakOption peakOption;

    @Option(
        names = "--json",
        description =
            "End with one JSON line: tokensPerSecond, steps, flopsPerToken, mfu, peakFlops, phaseMillis,"
                + " hostMillis.")
    private boolean json;

    @Override
    public Integer call() {
      if (steps < 1 || vocabularySize < 100) {
        throw new IllegalArgumentException(
            "--steps must be at least 1 and --vocabulary-size at least 100; --steps="
                + steps
                + ", --vocabulary-size="
                + vocabularySize);
      }
      peakOption.requireSense();
      Libtorch libtorch = libtorchOptions.start();
      PretrainingConfig config =
          PretrainingConfig.of(recipe, size, objective, steps)
              .withBatch(sequenceLength, batchSize, precision)
              .withUpdate(matrixOptimizer, vocabularyMultiple);
      double peak = peakOption.flopsPerSecond(config, libtorch);
      PretrainingBenchmark result =
          PretrainingBenchmark.run(config, vocabularySize, steps, libtorch);
      report(config, result, peak, libtorch.usesGpu());
      return 0;
    }

    private void report(
        PretrainingConfig config, PretrainingBenchmark result, double peak, boolean gpu) {
      double tokens = (double) batchSize * sequenceLength;
      double median = tokens / result.medianSeconds();
      double flops = TrainingCost.flopsPerToken(config, vocabularySize);
      double[] seconds = result.stepSeconds();
      PrintWriter out = spec.commandLine().getOut();
      out.printf(
          Locale.ROOT,
          "%s, %d x %d tokens, %s, %s recipe, %d threads: %.0f tokens/s (median of %d steps; %.0f to %.0f)%s%n",
          size,
          batchSize,
          sequenceLength,
          precision,
          recipe,
          libtorchOptions.threads(),
          median,
          steps,
          tokens / seconds[steps - 1],
          tokens / seconds[0],
          Double.isNaN(peak)
              ? ""
              : String.format(
                  Locale.ROOT, ", %.1f %% MFU of %.3g FLOP/s", 100 * median * flops / peak, peak));
      result
          .phaseMillis()
          .forEach(
              (phase, millis) ->
                  out.printf(
                      Locale.ROOT,
                      "%14s %8.1f ms%s%n",
                      phase,
                      millis,
                      gpu
                          ? String.format(
                              Locale.ROOT, ", given in %.1f ms", result.hostMillis().get(phase))
                          : ""));
      if (json) {
        ObjectNode line = new ObjectMapper().createObjectNode();
        line.put("tokensPerSecond", Math.round(10 * median) / 10.0);
        line.put("steps", steps);
        line.put("flopsPerToken", flops);
        if (!Double.isNaN(peak)) {
          line.put("mfu", median * flops / peak);
          line.put("peakFlops", peak);
        }
        ObjectNode phases = line.putObject("phaseMillis");
        result.phaseMillis().forEach(phases::put);
        ObjectNode host = line.putObject("hostMillis");
        result.hostMillis().forEach(host::put);
        out.println(line);
      }
    }
  }

  @Command(
      name = "corpus",
      mixinStandardHelpOptions = true,
      description =
          "Times reading, tokenizing and writing shards, as the corpus command does, on one thread.")
  static final class Corpus implements Callable<Integer> {
    @CommandLine.Spec private CommandLine.Model.CommandSpec spec;
    @Mixin private SourceOptions sources;
    @Mixin private TokenizerOptions tokenizerOptions;

    @Option(
        names = "--input",
        required = true,
        arity = "1..*",
        paramLabel = "SOURCE",
        description = SourceOptions.INPUTS)
    private List<String> inputs;

    @Option(names = "--vocabulary", required = true, paramLabel = "FILE", description = "vocab.txt")
    private Path vocabularyFile;

    @Option(names = "--runs", defaultValue = "5", description = "Default: ${DEFAULT-VALUE}.")
    private int runs;

    @Option(names = "--json", description = "End with one JSON line.")
    private boolean json;

    @Override
    public Integer call() throws IOException {
      if (runs < 1) {
        throw new IllegalArgumentException("--runs must be at least 1; --runs=" + runs);
      }
      Vocabulary vocabulary = Vocabulary.read(vocabularyFile);
      TokenizerConfig tokenizer = tokenizerOptions.config(TokenizerConfig.SHORTEST_MAXIMUM);
      CorpusBuilder builder =
          new CorpusBuilder(
              sources.open(inputs),
              new WordPieceEncoder(vocabulary, tokenizer),
              TokenizerHash.of(vocabulary, tokenizer),
              new CorpusSettings(
                  0.005, CorpusSettings.LARGEST_SHARD, CorpusSettings.Duplicates.DROP));
      double[] wall = new double[runs];
      double[] cpu = new double[runs];
      ThreadMXBean threads = ManagementFactory.getThreadMXBean();
      Path folder = Files.createTempDirectory("electra-bench");
      try {
        for (int run = 0; run < runs; run++) {
          Path shards = folder.resolve("shards");
          long cpuBefore = threads.getCurrentThreadCpuTime();
          CorpusReport report = builder.start(shards, soFar -> {});
          double cpuSeconds = (threads.getCurrentThreadCpuTime() - cpuBefore) / 1e9;
          wall[run] = report.bytesPerSecond() / 1e6;
          cpu[run] = report.bytes() / cpuSeconds / 1e6;
          Folders.deleteIfExists(shards);
        }
      } finally {
        Folders.deleteIfExists(folder);
      }
      Arrays.sort(wall);
      Arrays.sort(cpu);
      PrintWriter out = spec.commandLine().getOut();
      out.printf(
          Locale.ROOT,
          "%.1f MB/s (median of %d runs; %.1f to %.1f); in a second of the thread's CPU time %.1f MB (%.1f to %.1f)%n",
          wall[runs / 2],
          runs,
          wall[0],
          wall[runs - 1],
          cpu[runs / 2],
          cpu[0],
          cpu[runs - 1]);
      if (json) {
        out.printf(
            Locale.ROOT,
            "{\"megabytesPerSecond\": %.1f, \"megabytesPerCpuSecond\": %.1f, \"runs\": %d}%n",
            wall[runs / 2],
            cpu[runs / 2],
            runs);
      }
      return 0;
    }
  }
}
