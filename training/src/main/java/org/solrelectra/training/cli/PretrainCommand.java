package org.solrelectra.training.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.Writer;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.function.LongSupplier;
import java.util.stream.Collectors;
import org.solrelectra.lucene.model.TokenizerConfig;
import org.solrelectra.lucene.model.Vocabulary;
import org.solrelectra.training.corpus.TokenCorpus;
import org.solrelectra.training.distributed.ProcessGroup;
import org.solrelectra.training.distributed.RankEnvironment;
import org.solrelectra.training.network.Libtorch;
import org.solrelectra.training.network.PositionInitialization;
import org.solrelectra.training.network.Precision;
import org.solrelectra.training.optimization.Optimizer;
import org.solrelectra.training.optimization.Optimizer.BiasCorrection;
import org.solrelectra.training.pretrain.DiscriminatorLoss;
import org.solrelectra.training.pretrain.EmbeddingSharing;
import org.solrelectra.training.pretrain.Masking;
import org.solrelectra.training.pretrain.Objective;
import org.solrelectra.training.pretrain.Packing;
import org.solrelectra.training.pretrain.PretrainedNetworks;
import org.solrelectra.training.pretrain.PretrainingConfig;
import org.solrelectra.training.pretrain.PretrainingRun;
import org.solrelectra.training.pretrain.PretrainingRun.Speed;
import org.solrelectra.training.pretrain.PretrainingSize;
import org.solrelectra.training.pretrain.RateScaling;
import org.solrelectra.training.pretrain.Recipe;
import org.solrelectra.training.pretrain.ReplacedTokenDetection;
import org.solrelectra.training.pretrain.RunDescription;
import org.solrelectra.training.pretrain.RunInputs;
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
      description =
          "Plain text, also .gz or .xz, where a blank line ends a document; or one folder of shards that the corpus"
              + " command made.")
  private List<Path> corpus;

  @Option(names = "--vocabulary", required = true, paramLabel = "FILE", description = "vocab.txt")
  private Path vocabularyFile;

  @Option(
      names = "--size",
      required = true,
      description = "Of the network: ${COMPLETION-CANDIDATES}, in any case of letters.")
  private PretrainingSize size;

  @Mixin private LengthOptions length;

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
              + " --vocabulary and --size, and cannot be changed. Without --steps it goes on to where the learning rate is"
              + " 0.")
  private boolean resume;

  @Option(
      names = "--init-from",
      paramLabel = "DIR",
      description =
          "Networks of the same size and vocabulary to start from, with a fresh optimizer and a schedule of their own: a"
              + " run's folder, what import wrote, or a Hugging Face directory of an ELECTRA. Not with --resume.")
  private Path initialRun;

  @Option(
      names = "--init-parts",
      description =
          "What to take from --init-from: ${COMPLETION-CANDIDATES}. With generator the embeddings come along, and the"
              + " discriminator starts anew against a generator that is worth learning from; with body the discriminator"
              + " starts from the generator's layers (Clark et al. 2020, section 3.2, two stages). Default: both.")
  private PretrainedNetworks.Parts initialParts;

  @Option(
      names = "--objective",
      description =
          "What to learn: ${COMPLETION-CANDIDATES}. rtd is ELECTRA; mlm (BERT) and clm (GPT) train the same body alone, to"
              + " compare. Default: rtd.")
  private Objective objective;

  @Option(
      names = "--recipe",
      description =
          "${COMPLETION-CANDIDATES}. paper is Clark et al. 2020 to the letter of its code, but for ids that its code"
              + " averages. recommended deviates in what --dropout, --position-init, --bias-correction, --warmup-steps,"
              + " --packing and --mask-draw say. Default: recommended.")
  private Recipe recipe;

  @Option(
      names = "--learning-rate",
      description =
          "Peak. Default: the size's (5e-4 for tiny and small, else 2e-4), scaled as --rate-scaling says.")
  private Double learningRate;

  @Option(
      names = "--rate-scaling",
      description =
          "How the size's learning rate follows the tokens of a step: ${COMPLETION-CANDIDATES}. With sqrt a batch of four"
              + " times the size's has twice its rate (for Adam: Malladi et al. 2022); with linear four times. Not with"
              + " --learning-rate. Default: none.")
  private RateScaling rateScaling;

  @Option(
      names = "--batch-size",
      description = "Sequences a step. Default: the size's (128; base 256, large 2048).")
  private Integer batchSize;

  @Option(
      names = "--batch-tokens",
      paramLabel = "TOKENS",
      description = "Tokens a step, in place of --batch-size: a multiple of the sequence length.")
  private Integer batchTokens;

  @Option(
      names = "--sequence-length",
      description = "Tokens a sequence. Default: the size's (128; base and large 512).")
  private Integer sequenceLength;

  @Option(
      names = "--micro-batches",
      paramLabel = "K",
      description =
          "Cut a step's sequences into K parts, computed one after the other and added up: the same step in less memory."
              + " Several processes share the parts, so a run goes on with up to K of them. Default: the processes it is"
              + " started with.")
  private Integer microBatches;

  @Option(
      names = "--packing",
      description =
          "${COMPLETION-CANDIDATES}. The paper has padded: one document a sequence, what does not fit is thrown away. full"
              + " cuts the stream of documents into sequences without padding: nothing is lost, and no step computes"
              + " padding. block_diagonal is full, but documents in one sequence do not see each other; a pass leaves out a token or"
              + " two a document. Default: full.")
  private Packing packing;

  @Option(
      names = "--mask-rate",
      paramLabel = "SHARE",
      description = "Of positions to predict. Default: the size's (0.15; large 0.25).")
  private Double maskRate;

  @Option(
      names = "--mask-draw",
      description =
          "${COMPLETION-CANDIDATES}. The paper's code draws with replacement, so that 15 %% become 14.1 %%. Default:"
              + " distinct.")
  private Masking.Draw maskDraw;

  @Option(
      names = "--mask-shown",
      description =
          "What stands at selected positions: ${COMPLETION-CANDIDATES}. electra: 85 %% [MASK], 15 %% the original; bert: 80"
              + " %% [MASK], 10 %% a random token, 10 %% the original. Default: electra for rtd, bert for mlm.")
  private Masking.Shown maskShown;

  @Option(
      names = "--generator-size",
      paramLabel = "FRACTION",
      description =
          "The generator's hidden size over the discriminator's. Default: the size's (tiny 1/2; small, large 1/4; base"
              + " 1/3).")
  private Double generatorFraction;

  @Option(
      names = "--embeddings",
      description =
          "Of generator and discriminator: ${COMPLETION-CANDIDATES}. Clark et al. 2020, section 3.2, measured tied as 0.7"
              + " points better than untied. gdes: the discriminator's word and position tables are the generator's and a"
              + " difference, and only the generator's loss moves the generator's (DeBERTaV3, He et al. 2021). Default: tied.")
  private EmbeddingSharing embeddings;

  @Option(
      names = "--discriminator-loss",
      description =
          "Of Clark et al. 2020, section 3.4: ${COMPLETION-CANDIDATES}. all: ELECTRA; masked: at the masked positions alone"
              + " (\"ELECTRA 15%%\"); replace_mlm, all_tokens_mlm: predict the original token there, or everywhere."
              + " Default: all.")
  private DiscriminatorLoss discriminatorLoss;

  @Option(
      names = "--discriminator-weight",
      paramLabel = "LAMBDA",
      description =
          "What the discriminator's loss is multiplied by. Default: 50; 1 for a loss that predicts tokens.")
  private Double discriminatorWeight;

  @Option(
      names = "--dropout",
      description =
          "While pretraining. The paper has 0.1; a pass or two over a corpus does not overfit, and without it a step is"
              + " faster (Geiping and Goldstein 2022). Default: 0.")
  private Double dropout;

  @Option(
      names = "--generator-dropout",
      description =
          "The generator's alone. Without it what it samples is what it knows (AMOS, Meng et al. 2022). Default:"
              + " --dropout.")
  private Double generatorDropout;

  @Option(
      names = "--precision",
      description =
          "Of matrix products: ${COMPLETION-CANDIDATES}. bf16 is several times faster on GPUs and on CPUs with AVX-512;"
              + " weights, LayerNorm, softmax and losses stay float32. tf32 is for GPUs since Ampere. Default: fp32.")
  private Precision precision;

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
      names = "--matrix-optimizer",
      description =
          "Of the layers' weight matrices: ${COMPLETION-CANDIDATES}. muon orthogonalizes their momentum (Jordan et al."
              + " 2024), on a GPU in bfloat16; embeddings, norms, biases and heads stay with AdamW, at the same learning rate. Default: adamw.")
  private Optimizer.Matrices matrixOptimizer;

  @Option(
      names = "--vocabulary-multiple",
      paramLabel = "N",
      description =
          "Pad the trained word table to a multiple of N rows, which no token has, for matrix products that want it: 64 on"
              + " GPUs. Networks are written without them. Default: 1.")
  private Integer vocabularyMultiple;

  @Option(
      names = "--held-out",
      paramLabel = "SHARE",
      description =
          "Share of documents to measure on instead of training on; of shards it is what they were made with. Default:"
              + " 0.005.")
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

  @Mixin private LibtorchOptions libtorchOptions;
  @Mixin private PeakOption peakOption;

  private final LongSupplier nanoClock;

  /**
   * @param nanoClock what the run's seconds are read from
   */
  PretrainCommand(LongSupplier nanoClock) {
    this.nanoClock = nanoClock;
  }

  @Override
  public Integer call() throws IOException {
    if (resume && initialRun != null) {
      throw new IllegalArgumentException(
          "--init-from belongs to the start of a run: leave it out, or leave out --resume");
    }
    if (initialParts != null && initialRun == null) {
      throw new IllegalArgumentException(
          "--init-parts needs --init-from, the networks to take them from");
    }
    length.requireSense(resume);
    RankEnvironment environment = RankEnvironment.of(System.getenv());
    PretrainingConfig config = config(environment.worldSize());
    double end = length.end(config);
    peakOption.requireSense();
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
                ? RunDescription.read(output).maxLength()
                : Math.max(config.sequenceLength(), longest));
    RunInputs inputs = new RunInputs(config, corpus, vocabulary, tokenizer);
    Libtorch libtorch = libtorchOptions.start();
    if (environment.worldSize() > 1) {
      libtorch = libtorch.ofProcess(environment.localRank());
    }
    try (ProcessGroup processes =
        ProcessGroup.join(
            environment, libtorch.device(), lost -> TrainingCli.endAtOnce(lost, spec))) {
      requireSamePace(processes, end);
      PretrainingRun run =
          resume
              ? PretrainingRun.resume(output, inputs, processes, nanoClock)
              : PretrainingRun.start(output, inputs, initial, processes, nanoClock);
      train(run, end, libtorch);
      processes.finish();
    }
    return 0;
  }

  /** Processes that log or stop after different steps would wait for each other. */
  private void requireSamePace(ProcessGroup processes, double end) throws IOException {
    processes.requireSame(
        Map.of(
            "end of the run",
            Double.toString(end),
            "--log-every",
            Integer.toString(logEvery),
            "--evaluate-every",
            Integer.toString(evaluateEvery),
            "--checkpoint-every",
            Integer.toString(checkpointEvery)));
  }

  private void train(PretrainingRun run, double end, Libtorch libtorch) throws IOException {
    PrintWriter err = spec.commandLine().getErr();
    PrintWriter out = spec.commandLine().getOut();
    if (run.pretrainer().processes().isFirst()) {
      run.warnings().forEach(Warnings.to(spec));
    } else {
      out = new PrintWriter(Writer.nullWriter());
    }
    try (StopSignals signals = StopSignals.heed(err)) {
      out.printf(
          Locale.ROOT,
          "%,d documents, %,d tokens (%.3f %% [UNK]); %,d parameters%n",
          run.corpus().documents(),
          run.corpus().tokens(),
          100.0 * run.corpus().unknownTokens() / run.corpus().tokens(),
          run.pretrainer().parameters().count());
      out.flush();
      train(run, end, libtorch, signals, out);
    }
  }

  private void train(
      PretrainingRun run, double end, Libtorch libtorch, StopSignals signals, PrintWriter out)
      throws IOException {
    if (run.agreeOnProgress() >= end) {
      out.println("nothing to do: the run has " + run.pretrainer().stepsDone() + " steps");
      return;
    }
    PretrainingLoop loop =
        new PretrainingLoop(
            run,
            end,
            new PretrainingLoop.Intervals(logEvery, evaluateEvery, checkpointEvery),
            run.pretrainer()
                .processes()
                .total(peakOption.flopsPerSecondOfRun(run.pretrainer().config(), libtorch)),
            out);
    if (!loop.train(signals::received)) {
      out.println(
          "stopped at step " + run.pretrainer().stepsDone() + ", which is saved; to go on:");
      out.println(resumingCall());
      return;
    }
    if (loop.heldOut() != null) {
      out.println("held-out: " + PretrainingLoop.message(loop.heldOut(), Speed.NONE));
    }
    out.println(
        "written: "
            + run.networks().stream()
                .map(name -> output.resolve(name).toString())
                .collect(Collectors.joining(", ")));
  }

  private PretrainingConfig config(int worldSize) throws IOException {
    PretrainingConfig defaults = resume ? RunDescription.read(output).config() : recipeConfig();
    int usualMicroBatches =
        resume ? defaults.microBatches() : Math.max(defaults.microBatches(), worldSize);
    if (resume) {
      length.requireUnitOf(defaults, output);
    }
    int sequence = or(sequenceLength, defaults.sequenceLength());
    int batch = sequencesPerStep(sequence, defaults.batchSize());
    Masking masking = defaults.masking();
    ReplacedTokenDetection.Settings detection = defaults.detection();
    DiscriminatorLoss loss = or(discriminatorLoss, detection.loss());
    double usualWeight = loss == detection.loss() ? detection.weight() : loss.weight();
    return new PretrainingConfig(
        or(recipe, defaults.recipe()),
        size,
        or(objective, defaults.objective()),
        sequence,
        batch,
        or(microBatches, usualMicroBatches),
        or(packing, defaults.packing()),
        new Masking(
            or(maskRate, masking.rate()),
            or(maskDraw, masking.draw()),
            or(maskShown, masking.shown())),
        or(generatorFraction, defaults.generatorFraction()),
        new ReplacedTokenDetection.Settings(
            or(embeddings, detection.embeddings()), loss, or(discriminatorWeight, usualWeight)),
        learningRate((long) batch * sequence, defaults.learningRate()),
        or(length.warmupSteps(), defaults.warmupSteps()),
        or(length.scheduleSteps((long) batch * sequence), defaults.scheduleSteps()),
        or(length.budgetSeconds(), defaults.budgetSeconds()),
        or(dropout, defaults.dropout()),
        or(generatorDropout, or(dropout, defaults.generatorDropout())),
        or(precision, defaults.precision()),
        or(positions, defaults.positions()),
        or(biasCorrection, defaults.biasCorrection()),
        or(matrixOptimizer, defaults.matrixOptimizer()),
        or(vocabularyMultiple, defaults.vocabularyMultiple()),
        TokenCorpus.heldOutShare(corpus, heldOutShare, defaults.heldOutShare()),
        or(seed, defaults.seed()));
  }

  private double learningRate(long tokensPerStep, double otherwise) {
    if (rateScaling == null) {
      return or(learningRate, otherwise);
    }
    if (learningRate != null) {
      throw new IllegalArgumentException(
          "--rate-scaling scales the size's learning rate: leave out --learning-rate="
              + learningRate);
    }
    double usual = (double) size.batchSize() * size.sequenceLength();
    return size.learningRate() * rateScaling.factor(tokensPerStep / usual);
  }

  private int sequencesPerStep(int tokens, int otherwise) {
    if (batchTokens == null) {
      return or(batchSize, otherwise);
    }
    if (batchSize != null) {
      throw new IllegalArgumentException(
          "--batch-size and --batch-tokens say the same: leave one out; --batch-size="
              + batchSize
              + ", --batch-tokens="
              + batchTokens);
    }
    if (batchTokens < tokens || batchTokens % tokens != 0) {
      throw new IllegalArgumentException(
          "--batch-tokens must be a multiple of the sequence length of "
              + tokens
              + "; --batch-tokens="
              + batchTokens);
    }
    return batchTokens / tokens;
  }

  private PretrainingConfig recipeConfig() {
    Recipe from = or(recipe, Recipe.RECOMMENDED);
    Objective learnt = or(objective, Objective.RTD);
    if (length.budgetSeconds() != null) {
      return PretrainingConfig.ofTime(from, size, learnt, length.budgetSeconds());
    }
    int sequence = or(sequenceLength, size.sequenceLength());
    long tokensPerStep = (long) sequencesPerStep(sequence, size.batchSize()) * sequence;
    return PretrainingConfig.of(from, size, learnt, length.newScheduleSteps(tokensPerStep));
  }

  private static <T> T or(T option, T otherwise) {
    return option != null ? option : otherwise;
  }

  private static void requirePositive(String option, int value) {
    if (value < 1) {
      throw new IllegalArgumentException(option + " must be at least 1; " + option + "=" + value);
    }
  }

  /** Returns what goes on with this run: this call without what belongs to a start. */
  private String resumingCall() {
    return RepeatedCall.of(
        spec.commandLine().getParseResult(), Set.of("--init-from", "--init-parts"), "--resume");
  }
}
