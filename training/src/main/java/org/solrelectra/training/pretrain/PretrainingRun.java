package org.solrelectra.training.pretrain;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongSupplier;
import java.util.stream.Stream;
import org.solrelectra.lucene.analysis.WordPieceEncoder;
import org.solrelectra.lucene.model.InvalidModelException;
import org.solrelectra.lucene.model.TokenizerConfig;
import org.solrelectra.lucene.model.Vocabulary;
import org.solrelectra.training.checkpoint.Checkpoint;
import org.solrelectra.training.checkpoint.HuggingFaceDirectory;
import org.solrelectra.training.checkpoint.HuggingFaceDirectory.Head;
import org.solrelectra.training.checkpoint.HuggingFaceWeights;
import org.solrelectra.training.checkpoint.SafeTensors.DataType;
import org.solrelectra.training.corpus.CorpusReader;
import org.solrelectra.training.corpus.TokenCorpus;
import org.solrelectra.training.corpus.TokenizerHash;
import org.solrelectra.training.distributed.ProcessGroup;
import org.solrelectra.training.metrics.EventFiles;
import org.solrelectra.training.metrics.MetricsLine;
import org.solrelectra.training.metrics.PeakMemory;
import org.solrelectra.training.network.ElectraConfig;
import org.solrelectra.training.storage.Folders;

/**
 * A pretraining run and its folder: {@code run.json} (what it was started with), {@code corpus}
 * (token ids), {@code checkpoints}, {@code metrics.jsonl} and the same in {@code tensorboard}, and
 * as of the last checkpoint the networks as Hugging Face style directories: {@code discriminator}
 * and {@code generator}, or what a language model learns alone as {@code generator}.
 *
 * <p>Of several processes that train together the first alone writes; all read the folder, so they
 * share its file system, and all make the same calls.
 */
public final class PretrainingRun {
  private static final int CHECKPOINTS_KEPT = 2;

  /**
   * How fast steps were.
   *
   * @param utilisation model FLOPs utilisation: counted operations ({@link TrainingCost}) over what
   *     the device could have made; NaN where that is not known
   */
  public record Speed(double tokensPerSecond, double utilisation) {
    /** Before the first was measured. */
    public static final Speed NONE = new Speed(0, Double.NaN);
  }

  /** What a run was started with; a folder that lacks it holds no run. */
  static final String DESCRIPTION = "run.json";

  private static final String DISCRIMINATOR = "discriminator";
  private static final String GENERATOR = "generator";

  static final String INITIAL_RUN = "initial_run";

  /** Marks a folder whose run is being started, so that what a kill leaves can be deleted. */
  private static final String STARTING = ".starting";

  private static final String MODEL_MAX_LENGTH = "model_max_length";

  /** Of a corpus that is not the run's own, in {@link #DESCRIPTION}. */
  private static final String CORPUS_CHECKSUM = "corpus_checksum";

  private static final ObjectMapper JSON = new ObjectMapper();

  private final Path folder;
  private final Pretrainer pretrainer;
  private final Vocabulary vocabulary;
  private final TokenizerConfig tokenizer;
  private final TokenCorpus corpus;
  private final List<String> warnings = new ArrayList<>();
  private final LongSupplier nanoClock;
  private double secondsBefore;
  private long startNanos;
  private double learningRate;

  private PretrainingRun(
      Path folder,
      Path corpusFolder,
      PretrainingConfig config,
      Vocabulary vocabulary,
      TokenizerConfig tokenizer,
      ProcessGroup processes,
      LongSupplier nanoClock)
      throws IOException {
    this.folder = folder;
    this.nanoClock = nanoClock;
    this.startNanos = nanoClock.getAsLong();
    this.vocabulary = vocabulary;
    this.tokenizer = tokenizer;
    this.corpus = TokenCorpus.open(corpusFolder, TokenizerHash.of(vocabulary, tokenizer));
    this.pretrainer = new Pretrainer(config, vocabulary, corpus, processes);
    if (config.precision().isEmulatedOn(processes.device())) {
      warnings.add(
          "this CPU has no AVX-512, so that --precision bf16 is emulated and slower than fp32");
    }
    if (config.heldOutShare() > 0 && !pretrainer.canEvaluate()) {
      warnings.add(
          "too little text is held out to measure on: "
              + config.heldOutShare()
              + " of "
              + corpus.documents()
              + " documents; a blank line must stand between documents");
    }
    if (config.microBatches() % processes.worldSize() != 0) {
      warnings.add(
          "the processes wait for those that compute one micro-batch more: --micro-batches is no multiple of WORLD_SIZE="
              + processes.worldSize()
              + "; --micro-batches="
              + config.microBatches());
    }
  }

  /**
   * Starts a new run: tokenizes the corpus into the folder, which must be new or empty, or hold
   * what a start left that did not end.
   *
   * @param corpusFiles text, or one {@link TokenCorpus}, which is used where it is
   * @param initial the networks to start from; null to draw their weights
   * @param nanoClock what the run's seconds are read from, such as {@link System#nanoTime}
   * @throws IllegalArgumentException if the folder holds anything else, or {@code initial} does not
   *     fit
   */
  public static PretrainingRun start(
      Path folder,
      PretrainingConfig config,
      List<Path> corpusFiles,
      Vocabulary vocabulary,
      TokenizerConfig tokenizer,
      PretrainedNetworks initial,
      ProcessGroup processes,
      LongSupplier nanoClock)
      throws IOException {
    SharedStart.requireSameSettings(processes, config, TokenizerHash.of(vocabulary, tokenizer));
    if (initial != null) {
      initial.requireFit(config, vocabulary, tokenizer);
    }
    Path shards = TokenCorpus.among(corpusFiles);
    processes.onFirst(
        () -> {
          prepare(folder);
          if (shards == null) {
            tokenize(folder, config, corpusFiles, vocabulary, tokenizer);
          }
        });
    PretrainingRun run =
        new PretrainingRun(
            folder,
            corpusFolder(folder, shards),
            config,
            vocabulary,
            tokenizer,
            processes,
            nanoClock);
    if (initial != null) {
      initial.copyTo(run.pretrainer.parameters(), config);
    }
    SharedStart.requireSameState(processes, run.pretrainer, run.corpus);
    if (initial != null) {
      // A checkpoint before the first step, so that --resume never starts from drawn weights.
      run.save();
    }
    processes.onFirst(() -> run.describe(shards, initial));
    return run;
  }

  /**
   * Writes what makes the folder a run's.
   *
   * @param shards a corpus that is not the run's own; null without one
   * @param initial what the run starts from; null without one
   */
  private void describe(Path shards, PretrainedNetworks initial) throws IOException {
    ObjectNode description = JSON.createObjectNode();
    description.set("config", JSON.valueToTree(pretrainer.config()));
    description.put("tokenizer_hash", corpus.tokenizerHash());
    description.put(MODEL_MAX_LENGTH, tokenizer.modelMaxLength());
    if (shards != null) {
      description.put(CORPUS_CHECKSUM, corpus.checksum());
    }
    if (initial != null) {
      description.set(INITIAL_RUN, initial.history());
    }
    Path partial = folder.resolve(DESCRIPTION + ".partial");
    Files.writeString(partial, description.toPrettyString() + "\n");
    Files.move(partial, folder.resolve(DESCRIPTION));
    Files.delete(folder.resolve(STARTING));
  }

  private static void prepare(Path folder) throws IOException {
    if (Files.exists(folder.resolve(DESCRIPTION))) {
      throw new IllegalArgumentException(
          folder + " holds a run; say --resume to continue it, or name another --output");
    }
    Files.createDirectories(folder);
    Path starting = folder.resolve(STARTING);
    if (Files.exists(starting)) {
      for (String name : List.of("corpus", "checkpoints", DISCRIMINATOR, GENERATOR)) {
        Folders.deleteIfExists(folder.resolve(name));
      }
      return;
    }
    try (Stream<Path> files = Files.list(folder)) {
      if (files.findAny().isPresent()) {
        throw new IllegalArgumentException(
            folder + " holds files of something else; name a new or empty folder as --output");
      }
    }
    Files.createFile(starting);
  }

  /**
   * Continues a run from its newest sound checkpoint; from the start if it has none yet.
   *
   * @param corpusFiles what the run was started with; a {@link TokenCorpus} may have been moved
   * @param config what the run was started with
   * @param nanoClock what the seconds of this part are read from
   * @throws IllegalArgumentException if {@code config}, the tokenizer or the shards are others
   * @throws InvalidModelException if there are checkpoints, but none is sound
   */
  public static PretrainingRun resume(
      Path folder,
      PretrainingConfig config,
      List<Path> corpusFiles,
      Vocabulary vocabulary,
      TokenizerConfig tokenizer,
      ProcessGroup processes,
      LongSupplier nanoClock)
      throws IOException {
    String tokenizerHash = TokenizerHash.of(vocabulary, tokenizer);
    SharedStart.requireSameSettings(processes, config, tokenizerHash);
    requireSame(recorded(folder), config, tokenizerHash, folder);
    Path shards = TokenCorpus.among(corpusFiles);
    processes.onFirst(
        () -> {
          if (shards == null && !Files.exists(folder.resolve("corpus"))) {
            tokenize(folder, config, corpusFiles, vocabulary, tokenizer);
          }
        });
    requireSameShards(folder, shards);
    PretrainingRun run =
        new PretrainingRun(
            folder,
            corpusFolder(folder, shards),
            config,
            vocabulary,
            tokenizer,
            processes,
            nanoClock);
    boolean hasCheckpoint = run.loadNewestCheckpoint();
    SharedStart.requireSameState(processes, run.pretrainer, run.corpus);
    processes.onFirst(
        () -> {
          if (hasCheckpoint) {
            // A kill may have come between the checkpoint and these.
            run.writeNetworks();
          }
          run.cutMetrics();
          EventFiles.rewrite(folder);
          Files.deleteIfExists(folder.resolve(STARTING));
        });
    run.startNanos = nanoClock.getAsLong();
    return run;
  }

  private static Path corpusFolder(Path folder, Path shards) {
    return shards != null ? shards : folder.resolve("corpus");
  }

  private static void requireSameShards(Path folder, Path shards) throws IOException {
    String before = recorded(folder).path(CORPUS_CHECKSUM).asText("text files");
    String now = shards == null ? "text files" : TokenCorpus.checksum(shards);
    if (!now.equals(before)) {
      throw new IllegalArgumentException(
          folder + " was started with another corpus; expected " + before + "; found " + now);
    }
  }

  /** Says whether there was one. */
  private boolean loadNewestCheckpoint() throws IOException {
    Path checkpoints = folder.resolve("checkpoints");
    List<Path> newestFirst = Checkpoint.newestFirst(checkpoints);
    for (Path checkpoint : newestFirst) {
      try {
        JsonNode state = Checkpoint.state(checkpoint);
        requireSame(state, pretrainer.config(), corpus.tokenizerHash(), checkpoint);
        Checkpoint.load(checkpoint, pretrainer.parameters(), pretrainer.optimizer());
        pretrainer.resumeAt(state.get("step").asLong());
        secondsBefore = state.path("seconds").asDouble();
        return true;
      } catch (InvalidModelException e) {
        warnings.add(e.getMessage() + "; the one before is used");
      }
    }
    if (!newestFirst.isEmpty()) {
      throw new InvalidModelException(
          "no checkpoint in "
              + checkpoints
              + " is sound; delete them to start from step 0; found "
              + newestFirst.stream().map(Path::getFileName).toList());
    }
    return false;
  }

  /** Returns what a run was started with. */
  public static PretrainingConfig recordedConfig(Path folder) throws IOException {
    return JSON.treeToValue(recorded(folder).get("config"), PretrainingConfig.class);
  }

  /** Returns the longest sequence, in tokens, that a run's networks will have seen. */
  public static int recordedMaxLength(Path folder) throws IOException {
    return recorded(folder).path(MODEL_MAX_LENGTH).asInt(recordedConfig(folder).sequenceLength());
  }

  private static JsonNode recorded(Path folder) throws IOException {
    Path file = folder.resolve(DESCRIPTION);
    if (!Files.exists(file)) {
      throw new IllegalArgumentException(folder + " holds no run to resume");
    }
    return JSON.readTree(file.toFile());
  }

  private static void requireSame(
      JsonNode recorded, PretrainingConfig config, String tokenizerHash, Path folder) {
    if (!recorded.path("tokenizer_hash").asText().equals(tokenizerHash)) {
      throw new IllegalArgumentException(
          folder
              + " was started with another vocabulary or casing; give the one it was started with");
    }
    requireSame(recorded.get("config"), JSON.valueToTree(config), folder);
  }

  private static void requireSame(JsonNode before, JsonNode now, Path folder) {
    for (java.util.Map.Entry<String, JsonNode> entry : now.properties()) {
      JsonNode old = before.path(entry.getKey());
      if (entry.getValue().isObject()) {
        requireSame(old, entry.getValue(), folder);
      } else if (!entry.getValue().asText().equals(old.asText())) {
        throw new IllegalArgumentException(
            folder
                + " was started with "
                + entry.getKey()
                + "="
                + old.asText()
                + "; "
                + entry.getKey()
                + "="
                + entry.getValue().asText());
      }
    }
  }

  private static void tokenize(
      Path folder,
      PretrainingConfig config,
      List<Path> corpusFiles,
      Vocabulary vocabulary,
      TokenizerConfig tokenizer)
      throws IOException {
    TokenCorpus.write(
        new CorpusReader(corpusFiles),
        new WordPieceEncoder(vocabulary, tokenizer),
        TokenizerHash.of(vocabulary, tokenizer),
        config.heldOutShare(),
        folder.resolve("corpus"));
  }

  public Pretrainer pretrainer() {
    return pretrainer;
  }

  public TokenCorpus corpus() {
    return corpus;
  }

  /** Returns what the user should know, such as what went wrong and was mended while resuming. */
  public List<String> warnings() {
    return List.copyOf(warnings);
  }

  /** Returns the seconds that the run has taken, earlier parts included. */
  public double seconds() {
    return secondsBefore + (nanoClock.getAsLong() - startNanos) / 1e9;
  }

  /** Returns how far the run is, in its schedule's unit: steps made, or rank 0's seconds. */
  public double progress() {
    return pretrainer.config().isTimed()
        ? pretrainer.processes().ofFirst(seconds())
        : pretrainer.stepsDone();
  }

  /**
   * Makes one step at the rate that the schedule says, unless the run is at {@code end} already.
   *
   * @param end in the unit of {@link #progress}
   * @return whether a step was made
   */
  public boolean step(double end) {
    // One look at the clock: between two, the rate could become 0.
    double progress = progress();
    if (progress >= end) {
      return false;
    }
    learningRate = pretrainer.config().schedule().rate(progress);
    pretrainer.step(learningRate);
    return true;
  }

  /**
   * Writes a checkpoint, then the Hugging Face directories.
   *
   * @throws ArithmeticException as {@link #record}; the last checkpoint stays
   */
  public void save() throws IOException {
    pretrainer.requireFiniteUpdates();
    if (!pretrainer.processes().isFirst()) {
      return;
    }
    ObjectNode state = JSON.createObjectNode();
    state.put("seconds", seconds());
    state.put("tokenizer_hash", corpus.tokenizerHash());
    state.set("config", JSON.valueToTree(pretrainer.config()));
    Checkpoint.save(
        folder.resolve("checkpoints"),
        pretrainer.stepsDone(),
        pretrainer.parameters(),
        pretrainer.optimizer(),
        state,
        CHECKPOINTS_KEPT);
    writeNetworks();
  }

  /** Returns the folders of the networks that the run writes. */
  public List<String> networks() {
    return pretrainer.config().objective() == Objective.RTD
        ? List.of(DISCRIMINATOR, GENERATOR)
        : List.of(GENERATOR);
  }

  /** Dropout in config.json is what fine-tuning uses, not what pretraining did. */
  private void writeNetworks() throws IOException {
    PretrainingConfig config = pretrainer.config();
    ElectraConfig large = config.size().discriminator(vocabulary.size());
    switch (config.objective()) {
      case RTD -> {
        boolean detects = config.detection().loss().detects();
        ElectraConfig small =
            config.size().generator(vocabulary.size(), config.generatorFraction());
        write(DISCRIMINATOR, large, detects ? Head.discriminator() : Head.generator(), "");
        write(GENERATOR, small, Head.generator(), HuggingFaceWeights.GENERATOR);
      }
      case MLM -> write(GENERATOR, large, Head.generator(), "");
      case CLM -> write(GENERATOR, large, Head.causal(), "");
    }
  }

  private void write(String name, ElectraConfig sizes, Head head, String prefix)
      throws IOException {
    HuggingFaceDirectory.write(
        folder.resolve(name),
        sizes,
        head,
        HuggingFaceWeights.of(pretrainer.parameters(), prefix),
        DataType.F32,
        vocabulary,
        tokenizer);
  }

  /**
   * Appends a line to {@code metrics.jsonl}, and the same to TensorBoard's event files.
   *
   * @throws ArithmeticException as {@link Pretrainer#requireFiniteUpdates}
   */
  public void record(String split, Measurements measurements, Speed speed) throws IOException {
    long stepsLeftOut = pretrainer.requireFiniteUpdates();
    if (!pretrainer.processes().isFirst()) {
      return;
    }
    long step = pretrainer.stepsDone();
    ObjectNode line = JSON.createObjectNode();
    line.put("step", step);
    line.put("split", split);
    line.put("tokens", step * pretrainer.tokensPerStep());
    line.put("flops", step * pretrainer.flopsPerStep());
    line.put("seconds", seconds());
    putMeasurements(line, measurements);
    if (split.equals("training")) {
      putFinite(line, "gradient_norm", pretrainer.gradientNorm());
      line.put("steps_left_out", stepsLeftOut);
      line.put("learning_rate", learningRate);
      line.put("tokens_per_second", speed.tokensPerSecond());
      putFinite(line, "mfu", speed.utilisation());
      PeakMemory.bytes().ifPresent(bytes -> line.put("peak_rss_bytes", bytes));
    }
    Files.writeString(
        metrics(),
        line + "\n",
        StandardCharsets.UTF_8,
        StandardOpenOption.CREATE,
        StandardOpenOption.APPEND);
    EventFiles.append(folder, MetricsLine.of(line));
  }

  private void putMeasurements(ObjectNode line, Measurements measurements) {
    PretrainingConfig config = pretrainer.config();
    String predicts = config.objective() == Objective.CLM ? "clm" : "mlm";
    putFinite(line, predicts + "_loss", measurements.mlmLoss());
    putFinite(line, "total_loss", measurements.totalLoss());
    putFinite(line, predicts + "_accuracy", measurements.mlmAccuracy());
    if (!measurements.hasDiscriminator()) {
      return;
    }
    if (config.detection().loss().detects()) {
      putFinite(line, "rtd_loss", measurements.rtdLoss());
      putFinite(line, "rtd_accuracy", measurements.rtdAccuracy());
      putFinite(line, "rtd_precision", measurements.rtdPrecision());
      putFinite(line, "rtd_recall", measurements.rtdRecall());
    } else {
      putFinite(line, "discriminator_loss", measurements.rtdLoss());
      putFinite(line, "discriminator_accuracy", measurements.rtdAccuracy());
    }
    putFinite(line, "replaced_fraction", measurements.replacedFraction());
  }

  /** JSON has no NaN; a mean over steps that were all left out is one. */
  private static void putFinite(ObjectNode line, String key, double value) {
    if (Double.isFinite(value)) {
      line.put(key, value);
    }
  }

  private Path metrics() {
    return folder.resolve("metrics.jsonl");
  }

  /** Drops the lines of steps that will be made again. */
  private void cutMetrics() throws IOException {
    if (!Files.exists(metrics())) {
      return;
    }
    List<String> kept = new ArrayList<>();
    for (String line : Files.readAllLines(metrics())) {
      // The last line of a killed run may be cut short.
      if (line.endsWith("}")
          && JSON.readTree(line).path("step").asLong() <= pretrainer.stepsDone()) {
        kept.add(line);
      }
    }
    Path partial = folder.resolve("metrics.jsonl.partial");
    Files.write(partial, kept);
    Files.move(partial, metrics(), StandardCopyOption.REPLACE_EXISTING);
  }
}
