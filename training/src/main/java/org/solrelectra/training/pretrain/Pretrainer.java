package org.solrelectra.training.pretrain;

import java.io.IOException;
import java.util.List;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.global.torch;
import org.solrelectra.lucene.model.Vocabulary;
import org.solrelectra.training.corpus.BlockPacker;
import org.solrelectra.training.corpus.InvalidCorpusException;
import org.solrelectra.training.corpus.PaddedExamples;
import org.solrelectra.training.corpus.SampleSource;
import org.solrelectra.training.corpus.SequencePacker;
import org.solrelectra.training.corpus.TokenCorpus;
import org.solrelectra.training.corpus.TokenShard;
import org.solrelectra.training.distributed.ProcessGroup;
import org.solrelectra.training.network.Attention;
import org.solrelectra.training.network.ElectraConfig;
import org.solrelectra.training.network.Mode;
import org.solrelectra.training.network.ParameterSet;
import org.solrelectra.training.optimization.Optimizer;
import org.solrelectra.training.pretrain.PretrainingStep.Watch;
import org.solrelectra.training.pretrain.PretrainingTask.Denominators;
import org.solrelectra.training.pretrain.PretrainingTask.NoiseSeeding;
import org.solrelectra.training.pretrain.PretrainingTask.Outcome;
import org.solrelectra.training.random.KeyedRandom;
import org.solrelectra.training.random.KeyedRandom.Purpose;

/**
 * Pretrains an ELECTRA step by step. A step depends on the seed, its number, its learning rate and
 * the parameters alone, so a run that was saved and resumed gives the same parameters, bit for bit,
 * on a CPU.
 *
 * <p>Holds native memory as long as the program runs; one per JVM, since the noise comes from
 * libtorch's one default generator; not thread-safe.
 */
public final class Pretrainer {
  private static final int HELD_OUT_BATCHES = 32;
  private static final int MOST_LEFT_OUT_IN_A_ROW = 20;

  private final PretrainingConfig config;
  private final ProcessGroup processes;
  private final PretrainingTask task;
  private final PretrainingStep pretrainingStep;
  private final Optimizer optimizer;
  private final BatchSource batches;
  private final BatchSource heldOutBatches;
  private final long heldOutCount;
  private long step;

  /** Whether a step was begun that did not end. */
  private boolean incomplete;

  private final Measurements.Accumulator measured;
  private final Measurements.Accumulator measuredHeldOut;
  private final double flopsPerStep;

  public Pretrainer(
      PretrainingConfig config, Vocabulary vocabulary, TokenCorpus corpus, ProcessGroup processes)
      throws IOException {
    this(config, vocabulary, corpus, processes, Watch.NONE);
  }

  Pretrainer(
      PretrainingConfig config,
      Vocabulary vocabulary,
      TokenCorpus corpus,
      ProcessGroup processes,
      Watch watch)
      throws IOException {
    this.config = config;
    this.processes = processes;
    this.flopsPerStep = tokensPerStep() * TrainingCost.flopsPerToken(config, vocabulary.size());
    this.task = task(config, vocabulary.size(), parameters(config, processes.device()));
    config.positions().apply(task.parameters());
    this.optimizer = new Optimizer(task.parameters(), config.optimizerSettings(), name -> 1);
    this.measured = new Measurements.Accumulator(processes.device());
    this.measuredHeldOut = new Measurements.Accumulator(processes.device());
    this.pretrainingStep =
        new PretrainingStep(task, optimizer, config.microBatches(), processes, watch);
    this.batches =
        new BatchSource(
            samples(corpus.training(), vocabulary),
            masker(vocabulary),
            config.batchSize(),
            config.sequenceLength(),
            vocabulary.padId());
    long heldOutTokens = corpus.heldOut().stream().mapToLong(shard -> shard.tokens()).sum();
    if (heldOutTokens >= 2L * config.sequenceLength()) {
      SampleSource heldOut = samples(corpus.heldOut(), vocabulary);
      int rows = (int) Math.min(config.batchSize(), heldOut.sequencesPerPass());
      this.heldOutBatches =
          new BatchSource(
              heldOut, masker(vocabulary), rows, config.sequenceLength(), vocabulary.padId());
      this.heldOutCount = Math.min(HELD_OUT_BATCHES, heldOut.sequencesPerPass() / rows);
    } else {
      this.heldOutBatches = null;
      this.heldOutCount = 0;
    }
  }

  /** Returns an empty set for the networks of a run. */
  static ParameterSet parameters(PretrainingConfig config, Device device) {
    return new ParameterSet(config.seed(), device, config.vocabularyMultiple());
  }

  /** Makes the networks of an objective. */
  static PretrainingTask task(
      PretrainingConfig config, int vocabularySize, ParameterSet parameters) {
    ElectraConfig sizes = config.discriminator(vocabularySize);
    return new TaskInPrecision(task(config, sizes, parameters, vocabularySize), config.precision());
  }

  private static PretrainingTask task(
      PretrainingConfig config, ElectraConfig sizes, ParameterSet parameters, int vocabularySize) {
    return switch (config.objective()) {
      case RTD ->
          new ReplacedTokenDetection(
              parameters, sizes, config.generator(vocabularySize), config.detection());
      case MLM -> new LanguageModeling(parameters, sizes, Attention.BIDIRECTIONAL);
      case CLM -> new LanguageModeling(parameters, sizes, Attention.CAUSAL);
    };
  }

  private SampleSource samples(List<TokenShard> shards, Vocabulary vocabulary)
      throws InvalidCorpusException {
    return switch (config.packing()) {
      case FULL -> new SequencePacker(shards, vocabulary, config.sequenceLength(), config.seed());
      case BLOCK_DIAGONAL ->
          new BlockPacker(shards, vocabulary, config.sequenceLength(), config.seed());
      case PADDED -> new PaddedExamples(shards, vocabulary, config.sequenceLength(), config.seed());
    };
  }

  private TokenMasker masker(Vocabulary vocabulary) {
    return config.objective() == Objective.CLM
        ? null
        : new TokenMasker(vocabulary, config.masking(), config.seed());
  }

  /**
   * Makes one update, or leaves it out if the gradient is not finite; goes on either way.
   *
   * @throws NotEnoughMemoryException if the step needs more memory than there is; the parameters
   *     may be changed in part then, and this trainer makes no further step
   */
  public void step(double learningRate) {
    requireCompleteStep();
    incomplete = true;
    NotEnoughMemoryException.guard(
        config,
        () ->
            pretrainingStep.run(batches.batch(step), step, this::seeding, learningRate, measured));
    incomplete = false;
    step++;
  }

  /**
   * Checks that parameters and moments are as whole steps left them: what may be saved.
   *
   * @throws IllegalStateException if the last step failed
   */
  void requireCompleteStep() {
    if (incomplete) {
      throw new IllegalStateException(
          "step "
              + (step + 1)
              + " failed and may have changed parameters in part; go on from the last checkpoint");
    }
  }

  /**
   * Returns how many steps made no update, because their gradient was not finite.
   *
   * @throws ArithmeticException if they were many in a row: the parameters, not a batch, are bad
   */
  public long requireFiniteUpdates() {
    long inARow = optimizer.mostLeftOutInARow();
    if (inARow >= MOST_LEFT_OUT_IN_A_ROW) {
      throw new ArithmeticException(
          "the gradient was not finite in "
              + inARow
              + " steps in a row; at most "
              + (MOST_LEFT_OUT_IN_A_ROW - 1)
              + " are left out; a lower --learning-rate or a longer --warmup-steps may help; step="
              + step);
    }
    return step - optimizer.updates();
  }

  private NoiseSeeding seeding(long index) {
    return new NoiseSeeding() {
      @Override
      public void beforeGenerator() {
        torch.manual_seed(KeyedRandom.key(config.seed(), Purpose.GENERATOR_NOISE, index));
      }

      @Override
      public void beforeSampling() {
        torch.manual_seed(KeyedRandom.key(config.seed(), Purpose.SAMPLING_NOISE, index));
      }

      @Override
      public void beforeDiscriminator() {
        torch.manual_seed(KeyedRandom.key(config.seed(), Purpose.DISCRIMINATOR_NOISE, index));
      }
    };
  }

  /** Says whether documents were held out, and enough of them to measure on. */
  public boolean canEvaluate() {
    return heldOutCount > 0;
  }

  /** Measures the networks on held-out documents: the same masks each time, dropout off. */
  public Measurements evaluate() {
    ProcessGroup.Share share = processes.share(Math.toIntExact(heldOutCount));
    for (long i = share.from(); i < share.to(); i++) {
      try (PointerScope scope = new PointerScope();
          NoGradGuard noGradient = new NoGradGuard()) {
        MaskedBatch batch = heldOutBatches.batch(i);
        // Held-out noise takes indexes that no training step has.
        Outcome outcome =
            task.forward(batch, Denominators.of(batch), seeding(-1 - i), Mode.EVALUATION);
        measuredHeldOut.add(outcome.measurements(), 1);
      }
    }
    measuredHeldOut.sumOver(processes);
    return measuredHeldOut.result();
  }

  /** Returns the means since the last call, over at least one step. */
  public Measurements takeMeasurements() {
    measured.sumOver(processes);
    return measured.result();
  }

  /** Returns the global norm of the last step's gradient, before clipping. */
  public double gradientNorm() {
    return optimizer.norm();
  }

  /** Returns how many steps were made. */
  public long stepsDone() {
    return step;
  }

  /** Returns the tokens that the networks see in a step, padding included. */
  public long tokensPerStep() {
    return (long) config.batchSize() * config.sequenceLength();
  }

  /** Returns what a step costs, as {@link TrainingCost} counts it. */
  public double flopsPerStep() {
    return flopsPerStep;
  }

  public PretrainingConfig config() {
    return config;
  }

  /** Returns who trains together; all of them make the same calls. */
  public ProcessGroup processes() {
    return processes;
  }

  public ParameterSet parameters() {
    return task.parameters();
  }

  public Optimizer optimizer() {
    return optimizer;
  }

  /** Goes on after {@code steps} steps; the caller has set parameters and optimizer. */
  public void resumeAt(long steps) {
    this.step = steps;
  }
}
