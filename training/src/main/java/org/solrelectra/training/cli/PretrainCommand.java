package org.solrelectra.training.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.solrelectra.lucene.model.TokenizerConfig;
import org.solrelectra.lucene.model.Vocabulary;
import org.solrelectra.training.network.Libtorch;
import org.solrelectra.training.network.PositionInitialization;
import org.solrelectra.training.optimization.AdamW.BiasCorrection;
import org.solrelectra.training.pretrain.Measurements;
import org.solrelectra.training.pretrain.PretrainedNetworks;
import org.solrelectra.training.pretrain.Pretrainer;
import org.solrelectra.training.pretrain.PretrainingConfig;
import org.solrelectra.training.pretrain.PretrainingRun;
import org.solrelectra.training.pretrain.PretrainingSize;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
    name = "pretrain",
    mixinStandardHelpOptions = true,
    description =
        "Pretrains generator and discriminator by replaced token detection, or goes on with a run.")
final class PretrainCommand implements Callable<Integer> {
  @Mixin private TokenizerOptions tokenizerOptions;
  @CommandLine.Spec private CommandLine.Model.CommandSpec spec;

  @Option(
      names = "--corpus",
      required = true,
      arity = "1..*",
      paramLabel = "FILE",
      description = "Plain text, also .gz or .xz; a blank line ends a document.")
  private List<Path> corpus;

  @Option(names = "--vocabulary", required = true, paramLabel = "FILE", description = "vocab.txt")
  private Path vocabularyFile;

  @Option(
      names = "--size",
      required = true,
      description = "Of the network: ${COMPLETION-CANDIDATES}, in any case of letters.")
  private PretrainingSize size;

  @Option(
      names = "--steps",
      required = true,
      description = "Updates in all, those before --resume included.")
  private long steps;

  @Option(names = "--seed", description = "Default: 1.")
  private Long seed;

  @Option(
      names = "--output",
      required = true,
      paramLabel = "RUN",
      description = "The run's folder.")
  private Path output;

  @Option(
      names = "--resume",
      description =
          "Go on from the run's last checkpoint. What the run was started with need not be said again, but for --corpus,"
              + " --vocabulary, --size and --steps, and cannot be changed.")
  private boolean resume;

  @Option(
      names = "--init-from",
      paramLabel = "RUN",
      description =
          "A run of the same size and vocabulary whose networks to start from, with a fresh optimizer and a schedule of"
              + " its own; so a long run can see short sequences first, or the other way round. Not with --resume.")
  private Path initialRun;

  @Option(
      names = "--init-parts",
      description =
          "What to take from --init-from: ${COMPLETION-CANDIDATES}. With generator the embeddings come along, and the"
              + " discriminator starts anew against a generator that is worth learning from (Clark et al. 2020, section"
              + " 3.3, two stages). Default: both.")
  private PretrainedNetworks.Parts initialParts;

  @Option(
      names = "--schedule-steps",
      description =
          "The step at which the learning rate reaches 0, at least --steps. Larger than --steps to stop early and go on"
              + " later with --resume. Default: --steps.")
  private Long scheduleSteps;

  @Option(
      names = "--warmup-steps",
      description = "Default: the smaller of 10,000 and 6 %% of the schedule.")
  private Long warmupSteps;

  @Option(
      names = "--learning-rate",
      description = "Peak. Default: the size's (5e-4 for tiny and small, else 2e-4).")
  private Double learningRate;

  @Option(
      names = "--batch-size",
      description = "Sequences a step. Default: the size's (128; base 256, large 2048).")
  private Integer batchSize;

  @Option(
      names = "--sequence-length",
      description = "Tokens a sequence. Default: the size's (128; base and large 512).")
  private Integer sequenceLength;

  @Option(
      names = "--dropout",
      description =
          "While pretraining. The paper has 0.1; a pass or two over a corpus does not overfit, and without it a step is"
              + " faster (Geiping and Goldstein 2022). Default: 0.")
  private Double dropout;

  @Option(
      names = "--position-init",
      description =
          "How the trained position table starts: ${COMPLETION-CANDIDATES}. The paper has truncated_normal; with"
              + " sinusoidal a short run learns word order sooner. Default: sinusoidal.")
  private PositionInitialization positions;

  @Option(
      names = "--bias-correction",
      description =
          "Of Adam's moments: ${COMPLETION-CANDIDATES}. The paper has none, with 10,000 steps of warm-up; in a short run"
              + " that makes the first thousand updates up to three times as large, and a small discriminator collapses."
              + " Default: standard.")
  private BiasCorrection biasCorrection;

  @Option(
      names = "--held-out",
      paramLabel = "SHARE",
      description = "Share of documents to measure on instead of training on. Default: 0.005.")
  private Double heldOutShare;

  @Option(
      names = "--log-every",
      defaultValue = "50",
      description = "Steps between lines of metrics.jsonl. Default: ${DEFAULT-VALUE}.")
  private int logEvery;

  @Option(
      names = "--evaluate-every",
      defaultValue = "250",
      description = "Steps between measurements on held-out documents. Default: ${DEFAULT-VALUE}.")
  private int evaluateEvery;

  @Option(
      names = "--checkpoint-every",
      defaultValue = "500",
      description = "Steps between checkpoints. Default: ${DEFAULT-VALUE}.")
  private int checkpointEvery;

  @Mixin private ThreadOptions threads;

  @Override
  public Integer call() throws IOException {
    if (resume && initialRun != null) {
      throw new IllegalArgumentException(
          "--init-from belongs to the start of a run: leave it out, or leave out --resume");
    }
    if (initialParts != null && initialRun == null) {
      throw new IllegalArgumentException(
          "--init-parts needs --init-from, the run to take them from");
    }
    PretrainingConfig config = config();
    if (steps < 1 || steps > config.scheduleSteps()) {
      throw new IllegalArgumentException(
          "--steps must be in 1..--schedule-steps="
              + config.scheduleSteps()
              + ", for the learning rate is 0 from there on; --steps="
              + steps);
    }
    requirePositive("--log-every", logEvery);
    requirePositive("--evaluate-every", evaluateEvery);
    requirePositive("--checkpoint-every", checkpointEvery);
    Vocabulary vocabulary = Vocabulary.read(vocabularyFile);
    PretrainedNetworks initial =
        initialRun == null
            ? null
            : PretrainedNetworks.read(
                initialRun, initialParts != null ? initialParts : PretrainedNetworks.Parts.BOTH);
    int longest = initial == null ? 0 : initial.longestSequence();
    TokenizerConfig tokenizer =
        tokenizerOptions.config(
            resume
                ? PretrainingRun.recordedMaxLength(output)
                : Math.max(config.sequenceLength(), longest));
    Libtorch libtorch = Libtorch.start(threads.count);
    PrintWriter out = spec.commandLine().getOut();
    PretrainingRun run =
        resume
            ? PretrainingRun.resume(output, config, corpus, vocabulary, tokenizer, libtorch)
            : PretrainingRun.start(
                output, config, corpus, vocabulary, tokenizer, initial, libtorch);
    run.warnings().forEach(warning -> spec.commandLine().getErr().println("warning: " + warning));
    out.printf(
        Locale.ROOT,
        "%,d documents, %,d tokens (%.3f %% [UNK]); %,d parameters%n",
        run.corpus().documents(),
        run.corpus().tokens(),
        100.0 * run.corpus().unknownTokens() / run.corpus().tokens(),
        run.pretrainer().parameters().count());
    out.flush();
    train(run, out);
    return 0;
  }

  private PretrainingConfig config() throws IOException {
    PretrainingConfig defaults =
        resume
            ? PretrainingRun.recordedConfig(output)
            : PretrainingConfig.recommended(size, Math.max(1, steps));
    long total = or(scheduleSteps, defaults.scheduleSteps());
    long warmup =
        resume ? defaults.warmupSteps() : PretrainingConfig.recommended(size, total).warmupSteps();
    return new PretrainingConfig(
        size,
        or(sequenceLength, defaults.sequenceLength()),
        or(batchSize, defaults.batchSize()),
        defaults.maskRate(),
        or(learningRate, defaults.learningRate()),
        or(warmupSteps, warmup),
        total,
        or(dropout, defaults.dropout()),
        or(positions, defaults.positions()),
        or(biasCorrection, defaults.biasCorrection()),
        or(heldOutShare, defaults.heldOutShare()),
        or(seed, defaults.seed()));
  }

  private static <T> T or(T option, T otherwise) {
    return option != null ? option : otherwise;
  }

  private static void requirePositive(String option, int value) {
    if (value < 1) {
      throw new IllegalArgumentException(option + " must be at least 1; " + option + "=" + value);
    }
  }

  private void train(PretrainingRun run, PrintWriter out) throws IOException {
    Pretrainer pretrainer = run.pretrainer();
    if (pretrainer.stepsDone() >= steps) {
      out.println("nothing to do: the run has " + pretrainer.stepsDone() + " steps");
      return;
    }
    Measurements last = null;
    long logged = pretrainer.stepsDone();
    long loggedNanos = System.nanoTime();
    double rate = 0;
    try (ProgressDisplay progress = new ProgressDisplay("pretrain", logged, steps, out)) {
      while (pretrainer.stepsDone() < steps) {
        pretrainer.step();
        long done = pretrainer.stepsDone();
        boolean end = done == steps;
        if (done % logEvery == 0 || end) {
          long now = System.nanoTime();
          rate = (done - logged) * pretrainer.tokensPerStep() / ((now - loggedNanos) / 1e9);
          last = pretrainer.takeMeasurements();
          run.record("training", last, rate);
          logged = done;
          loggedNanos = now;
        }
        if (pretrainer.canEvaluate() && (done % evaluateEvery == 0 || end)) {
          run.record("held-out", pretrainer.evaluate(), rate);
          loggedNanos = System.nanoTime();
          logged = done;
        }
        if (done % checkpointEvery == 0 || end) {
          run.save();
        }
        progress.update(done, message(last, rate));
      }
    }
    if (pretrainer.canEvaluate()) {
      out.println("held-out: " + message(pretrainer.evaluate(), 0));
    }
    out.println("written: " + output.resolve("discriminator") + ", " + output.resolve("generator"));
  }

  private static String message(Measurements m, double tokensPerSecond) {
    if (m == null) {
      return "";
    }
    String speed =
        tokensPerSecond > 0 ? String.format(Locale.ROOT, "  %.0f tokens/s", tokensPerSecond) : "";
    return String.format(
            Locale.ROOT,
            "loss %.3f  MLM loss %.3f accuracy %.4f  RTD accuracy %.4f recall %.4f",
            m.totalLoss(),
            m.mlmLoss(),
            m.mlmAccuracy(),
            m.rtdAccuracy(),
            m.rtdRecall())
        + speed;
  }
}
