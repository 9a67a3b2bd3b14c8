package org.solrelectra.training.cli;

import java.io.PrintWriter;
import java.util.Arrays;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.solrelectra.training.network.Libtorch;
import org.solrelectra.training.pretrain.Objective;
import org.solrelectra.training.pretrain.PretrainingBenchmark;
import org.solrelectra.training.pretrain.PretrainingConfig;
import org.solrelectra.training.pretrain.PretrainingSize;
import org.solrelectra.training.pretrain.Recipe;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
    name = "bench",
    mixinStandardHelpOptions = true,
    subcommands = BenchCommand.Pretrain.class,
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
    @Mixin private ThreadOptions threads;

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

    @Option(names = "--dropout", defaultValue = "0", description = "Default: ${DEFAULT-VALUE}.")
    private double dropout;

    @Option(names = "--json", description = "End with one JSON line.")
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
      Libtorch libtorch = Libtorch.start(threads.count);
      PretrainingConfig config =
          PretrainingConfig.of(Recipe.RECOMMENDED, size, objective, steps)
              .withBatch(sequenceLength, batchSize, dropout);
      double[] seconds = PretrainingBenchmark.run(config, vocabularySize, steps, libtorch);
      Arrays.sort(seconds);
      double tokens = (double) batchSize * sequenceLength;
      double median = tokens / seconds[steps / 2];
      PrintWriter out = spec.commandLine().getOut();
      out.printf(
          Locale.ROOT,
          "%s, %d x %d tokens, dropout %s, %d threads: %.0f tokens/s (median of %d steps; %.0f to %.0f)%n",
          size,
          batchSize,
          sequenceLength,
          dropout,
          threads.count,
          median,
          steps,
          tokens / seconds[steps - 1],
          tokens / seconds[0]);
      if (json) {
        out.printf(Locale.ROOT, "{\"tokensPerSecond\": %.1f, \"steps\": %d}%n", median, steps);
      }
      return 0;
    }
  }
}
