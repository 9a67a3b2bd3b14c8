package org.solrelectra.training.pretrain;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongSupplier;
import java.util.stream.Stream;
import org.solrelectra.lucene.model.InvalidModelException;
import org.solrelectra.lucene.model.TokenizerConfig;
import org.solrelectra.training.checkpoint.Checkpoint;
import org.solrelectra.training.corpus.TokenCorpus;
import org.solrelectra.training.corpus.UnknownShare;
import org.solrelectra.training.distributed.ProcessGroup;
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

  /** Marks a folder whose run is being started, so that what a kill leaves can be deleted. */
  private static final String STARTING = ".starting";

  private static final ObjectMapper JSON = new ObjectMapper();

  private final Path folder;
  private final Pretrainer pretrainer;
  private final TokenizerConfig tokenizer;
  private final RunNetworks networks;
  private final RunMetrics metrics;
  private final TokenCorpus corpus;
  private final List<String> warnings = new ArrayList<>();
  private final LongSupplier nanoClock;
  private double secondsBefore;
  private long startNanos;
  private double learningRate;

  private PretrainingRun(
      Path folder, RunInputs inputs, ProcessGroup processes, LongSupplier nanoClock)
      throws IOException {
    PretrainingConfig config = inputs.config();
    Path shards = inputs.shards();
    this.folder = folder;
    this.nanoClock = nanoClock;
    this.startNanos = nanoClock.getAsLong();
    this.tokenizer = inputs.tokenizer();
    this.networks = new RunNetworks(folder, config, inputs.vocabulary(), tokenizer);
    this.metrics = new RunMetrics(folder, config);
    this.corpus =
        TokenCorpus.open(shards != null ? shards : ownCorpus(folder), inputs.tokenizerHash());
    this.pretrainer = new Pretrainer(config, inputs.vocabulary(), corpus, processes);
    // Of each document the last token is [SEP].
    UnknownShare.warning(corpus.unknownTokens(), corpus.tokens() - corpus.documents(), "tokens")
        .ifPresent(warnings::add);
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
   * @param initial the networks to start from; null to draw their weights
   * @param nanoClock what the run's seconds are read from, such as {@link System#nanoTime}
   * @throws IllegalArgumentException if the folder holds anything else, or {@code initial} does not
   *     fit
   */
  public static PretrainingRun start(
      Path folder,
      RunInputs inputs,
      PretrainedNetworks initial,
      ProcessGroup processes,
      LongSupplier nanoClock)
      throws IOException {
    SharedStart.requireSameSettings(processes, inputs.config(), inputs.tokenizerHash());
    if (initial != null) {
      initial.requireFit(inputs.config(), inputs.vocabulary(), inputs.tokenizer());
    }
    Path shards = inputs.shards();
    processes.onFirst(
        () -> {
          prepare(folder);
          if (shards == null) {
            inputs.tokenize(ownCorpus(folder));
          }
        });
    PretrainingRun run = new PretrainingRun(folder, inputs, processes, nanoClock);
    if (initial != null) {
      initial.copyTo(run.pretrainer.parameters(), inputs.config());
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
    RunDescription.write(
        folder,
        pretrainer.config(),
        corpus.tokenizerHash(),
        tokenizer.modelMaxLength(),
        shards == null ? null : corpus.checksum(),
        initial == null ? null : initial.history());
    Files.delete(folder.resolve(STARTING));
  }

  private static void prepare(Path folder) throws IOException {
    if (Files.exists(folder.resolve(RunDescription.FILE))) {
      throw new IllegalArgumentException(
          folder + " holds a run; say --resume to continue it, or name another --output");
    }
    Files.createDirectories(folder);
    Path starting = folder.resolve(STARTING);
    if (Files.exists(starting)) {
      Folders.deleteIfExists(ownCorpus(folder));
      Folders.deleteIfExists(folder.resolve("checkpoints"));
      for (String name : RunNetworks.ALL) {
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
   * @param inputs what the run was started with; a {@link TokenCorpus} may have been moved
   * @param nanoClock what the seconds of this part are read from
   * @throws IllegalArgumentException if configuration, tokenizer or shards are others
   * @throws InvalidModelException if there are checkpoints, but none is sound
   */
  public static PretrainingRun resume(
      Path folder, RunInputs inputs, ProcessGroup processes, LongSupplier nanoClock)
      throws IOException {
    SharedStart.requireSameSettings(processes, inputs.config(), inputs.tokenizerHash());
    RunDescription description = RunDescription.read(folder);
    description.requireSame(inputs.config(), inputs.tokenizerHash());
    Path shards = inputs.shards();
    processes.onFirst(
        () -> {
          if (shards == null && !Files.exists(ownCorpus(folder))) {
            inputs.tokenize(ownCorpus(folder));
          }
        });
    description.requireSameCorpus(shards);
    PretrainingRun run = new PretrainingRun(folder, inputs, processes, nanoClock);
    boolean hasCheckpoint = run.loadNewestCheckpoint();
    SharedStart.requireSameState(processes, run.pretrainer, run.corpus);
    processes.onFirst(
        () -> {
          if (hasCheckpoint) {
            // A kill may have come between the checkpoint and these.
            run.networks.write(run.pretrainer.parameters());
          }
          run.metrics.cutAfter(run.pretrainer.stepsDone());
          Files.deleteIfExists(folder.resolve(STARTING));
        });
    run.startNanos = nanoClock.getAsLong();
    return run;
  }

  private static Path ownCorpus(Path folder) {
    return folder.resolve("corpus");
  }

  /** Says whether there was one. */
  private boolean loadNewestCheckpoint() throws IOException {
    Path checkpoints = folder.resolve("checkpoints");
    List<Path> newestFirst = Checkpoint.newestFirst(checkpoints);
    for (Path checkpoint : newestFirst) {
      try {
        JsonNode state = Checkpoint.state(checkpoint);
        RunDescription.requireSame(state, pretrainer.config(), corpus.tokenizerHash(), checkpoint);
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

  /**
   * Agrees with the other processes on how far the run is, in its schedule's unit: steps made, or
   * rank 0's seconds. A timed run exchanges a number here, so that all processes must make this
   * call together.
   */
  public double agreeOnProgress() {
    return pretrainer.config().isTimed()
        ? pretrainer.processes().ofFirst(seconds())
        : pretrainer.stepsDone();
  }

  /**
   * Makes one step at the rate that the schedule says, unless the run is at {@code end} already.
   *
   * @param end in the unit of {@link #agreeOnProgress}
   * @return whether a step was made
   */
  public boolean step(double end) {
    // One look at the clock: between two, the rate could become 0.
    double progress = agreeOnProgress();
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
   * @throws IllegalStateException if the last step failed; the last checkpoint stays
   */
  public void save() throws IOException {
    pretrainer.requireCompleteStep();
    pretrainer.requireFiniteUpdates();
    if (!pretrainer.processes().isFirst()) {
      return;
    }
    ObjectNode state = JSON.createObjectNode();
    state.put("seconds", seconds());
    RunDescription.putSettings(state, pretrainer.config(), corpus.tokenizerHash());
    Checkpoint.save(
        folder.resolve("checkpoints"),
        pretrainer.stepsDone(),
        pretrainer.parameters(),
        pretrainer.optimizer(),
        state,
        CHECKPOINTS_KEPT);
    networks.write(pretrainer.parameters());
  }

  /** Returns the names of the networks below the run's folder. */
  public List<String> networks() {
    return RunNetworks.names(pretrainer.config().objective());
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
    ObjectNode line =
        metrics.line(
            split,
            step,
            step * pretrainer.tokensPerStep(),
            step * pretrainer.flopsPerStep(),
            seconds(),
            measurements);
    if (split.equals("training")) {
      metrics.putTraining(line, pretrainer.gradientNorm(), stepsLeftOut, learningRate, speed);
    }
    metrics.append(line);
  }
}
