package org.solrelectra.training.pretrain;

import com.fasterxml.jackson.annotation.JsonIgnore;
import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.Objects;
import org.solrelectra.training.network.ElectraConfig;
import org.solrelectra.training.network.PositionInitialization;
import org.solrelectra.training.network.Precision;
import org.solrelectra.training.optimization.LearningRateSchedule;
import org.solrelectra.training.optimization.Optimizer;
import org.solrelectra.training.optimization.Optimizer.BiasCorrection;

/**
 * What decides the outcome of a pretraining run, apart from its data.
 *
 * @param recipe where the settings came from that were not given one by one
 * @param sequenceLength tokens a sequence, special tokens included
 * @param batchSize sequences a step
 * @param microBatches parts that a step's sequences are cut into, to need less memory
 * @param packing how sequences are cut from documents
 * @param masking which positions are predicted, and what stands there; not with {@link
 *     Objective#CLM}
 * @param generatorFraction the generator's hidden size over the discriminator's
 * @param detection what the networks share and the discriminator learns, with {@link Objective#RTD}
 * @param learningRate peak of the schedule
 * @param warmupSteps steps over which the rate grows; null with {@code budgetSeconds}, of which
 *     warm-up is a fixed share
 * @param scheduleSteps the step at which the rate reaches 0; null with {@code budgetSeconds}
 * @param budgetSeconds the seconds of training after which the rate reaches 0; null with {@code
 *     scheduleSteps}
 * @param dropout on hidden states and attention probabilities while pretraining
 * @param generatorDropout the same in the generator, with {@link Objective#RTD}
 * @param precision of matrix products
 * @param positions how the position table starts
 * @param biasCorrection of the optimizer's moments
 * @param matrixOptimizer what updates the hidden matrices
 * @param vocabularyMultiple what the trained rows of the word table are padded to a multiple of;
 *     exported networks have none of the padding
 * @param heldOutShare share of documents that is not trained on
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record PretrainingConfig(
    Recipe recipe,
    PretrainingSize size,
    Objective objective,
    int sequenceLength,
    int batchSize,
    int microBatches,
    Packing packing,
    Masking masking,
    double generatorFraction,
    ReplacedTokenDetection.Settings detection,
    double learningRate,
    Long warmupSteps,
    Long scheduleSteps,
    Long budgetSeconds,
    double dropout,
    double generatorDropout,
    Precision precision,
    PositionInitialization positions,
    BiasCorrection biasCorrection,
    Optimizer.Matrices matrixOptimizer,
    int vocabularyMultiple,
    double heldOutShare,
    long seed) {

  private static final int SHORTEST_SEQUENCE = 8;
  private static final int LARGEST_VOCABULARY_MULTIPLE = 1024;
  private static final long PAPER_WARMUP = 10_000;
  private static final double PAPER_DROPOUT = 0.1;

  /** {@link #PAPER_WARMUP} of the 1 M steps that the paper's small model has. */
  private static final double PAPER_WARMUP_SHARE = 0.01;

  private static final double RECOMMENDED_WARMUP_SHARE = 0.06;
  private static final double HELD_OUT_SHARE = 0.005;

  public PretrainingConfig {
    int longest = size.discriminator(1).maxPositions();
    if (sequenceLength < SHORTEST_SEQUENCE || sequenceLength > longest) {
      throw new IllegalArgumentException(
          "sequenceLength must be in "
              + SHORTEST_SEQUENCE
              + ".."
              + longest
              + "; sequenceLength="
              + sequenceLength);
    }
    Objects.requireNonNull(recipe);
    Objects.requireNonNull(objective);
    Objects.requireNonNull(packing);
    Objects.requireNonNull(masking);
    Objects.requireNonNull(detection);
    Objects.requireNonNull(precision);
    Objects.requireNonNull(positions);
    Objects.requireNonNull(biasCorrection);
    Objects.requireNonNull(matrixOptimizer);
    if (vocabularyMultiple < 1 || vocabularyMultiple > LARGEST_VOCABULARY_MULTIPLE) {
      throw new IllegalArgumentException(
          "vocabularyMultiple must be in 1.."
              + LARGEST_VOCABULARY_MULTIPLE
              + "; vocabularyMultiple="
              + vocabularyMultiple);
    }
    if (batchSize < 1) {
      throw new IllegalArgumentException("batchSize must be at least 1; batchSize=" + batchSize);
    }
    if (microBatches < 1 || microBatches > batchSize) {
      throw new IllegalArgumentException(
          "microBatches must be in 1..batchSize=" + batchSize + "; microBatches=" + microBatches);
    }
    if (!(generatorFraction > 0 && generatorFraction <= 1)) {
      throw new IllegalArgumentException(
          "generatorFraction must be in (0, 1]; generatorFraction=" + generatorFraction);
    }
    if (!(heldOutShare >= 0 && heldOutShare < 1)) {
      throw new IllegalArgumentException(
          "heldOutShare must be in [0, 1); heldOutShare=" + heldOutShare);
    }
    requireShare("dropout", dropout);
    requireShare("generatorDropout", generatorDropout);
    size.generator(1, generatorFraction);
    if (!(learningRate >= 0 && Double.isFinite(learningRate))) {
      throw new IllegalArgumentException(
          "learningRate must be at least 0; learningRate=" + learningRate);
    }
    requireOneLength(warmupSteps, scheduleSteps, budgetSeconds);
  }

  private static void requireOneLength(Long warmupSteps, Long scheduleSteps, Long budgetSeconds) {
    if (budgetSeconds != null) {
      if (scheduleSteps != null || warmupSteps != null) {
        throw new IllegalArgumentException(
            "scheduleSteps and warmupSteps must be null with budgetSeconds="
                + budgetSeconds
                + "; scheduleSteps="
                + scheduleSteps
                + ", warmupSteps="
                + warmupSteps);
      }
      if (budgetSeconds < 1) {
        throw new IllegalArgumentException(
            "budgetSeconds must be at least 1; budgetSeconds=" + budgetSeconds);
      }
      return;
    }
    if (scheduleSteps == null || scheduleSteps < 1) {
      throw new IllegalArgumentException(
          "scheduleSteps must be at least 1; scheduleSteps=" + scheduleSteps);
    }
    if (warmupSteps == null || warmupSteps < 0 || warmupSteps > scheduleSteps) {
      throw new IllegalArgumentException(
          "warmupSteps must be in 0..scheduleSteps="
              + scheduleSteps
              + "; warmupSteps="
              + warmupSteps);
    }
  }

  private static void requireShare(String name, double share) {
    if (!(share >= 0 && share < 1)) {
      throw new IllegalArgumentException(name + " must be in [0, 1); " + name + "=" + share);
    }
  }

  /**
   * Returns a recipe's settings for a size and an objective, with {@code seed} 1.
   *
   * @param scheduleSteps the step at which the rate reaches 0
   */
  public static PretrainingConfig of(
      Recipe recipe, PretrainingSize size, Objective objective, long scheduleSteps) {
    long warmupSteps =
        Math.min(
            PAPER_WARMUP,
            recipe == Recipe.PAPER
                ? scheduleSteps
                : Math.round(RECOMMENDED_WARMUP_SHARE * scheduleSteps));
    return of(recipe, size, objective, warmupSteps, scheduleSteps, null);
  }

  /** The same for a schedule that is {@code budgetSeconds} of training. */
  public static PretrainingConfig ofTime(
      Recipe recipe, PretrainingSize size, Objective objective, long budgetSeconds) {
    return of(recipe, size, objective, null, null, budgetSeconds);
  }

  private static PretrainingConfig of(
      Recipe recipe,
      PretrainingSize size,
      Objective objective,
      Long warmupSteps,
      Long scheduleSteps,
      Long budgetSeconds) {
    boolean paper = recipe == Recipe.PAPER;
    return new PretrainingConfig(
        recipe,
        size,
        objective,
        size.sequenceLength(),
        size.batchSize(),
        1,
        paper ? Packing.PADDED : Packing.FULL,
        new Masking(
            size.maskRate(),
            paper ? Masking.Draw.WITH_REPLACEMENT : Masking.Draw.DISTINCT,
            objective == Objective.MLM ? Masking.Shown.BERT : Masking.Shown.ELECTRA),
        size.generatorFraction(),
        ReplacedTokenDetection.Settings.electra(),
        size.learningRate(),
        warmupSteps,
        scheduleSteps,
        budgetSeconds,
        paper ? PAPER_DROPOUT : 0,
        paper ? PAPER_DROPOUT : 0,
        Precision.FP32,
        paper ? PositionInitialization.TRUNCATED_NORMAL : PositionInitialization.SINUSOIDAL,
        paper ? BiasCorrection.NONE : BiasCorrection.STANDARD,
        Optimizer.Matrices.ADAMW,
        1,
        HELD_OUT_SHARE,
        1);
  }

  /** Returns the same with other batches and precision. */
  public PretrainingConfig withBatch(
      int newSequenceLength, int newBatchSize, Precision newPrecision) {
    return with(newSequenceLength, newBatchSize, newPrecision, matrixOptimizer, vocabularyMultiple);
  }

  /**
   * Returns the same with another update of hidden matrices and other padding of the word table.
   */
  public PretrainingConfig withUpdate(
      Optimizer.Matrices newMatrixOptimizer, int newVocabularyMultiple) {
    return with(sequenceLength, batchSize, precision, newMatrixOptimizer, newVocabularyMultiple);
  }

  private PretrainingConfig with(
      int newSequenceLength,
      int newBatchSize,
      Precision newPrecision,
      Optimizer.Matrices newMatrixOptimizer,
      int newVocabularyMultiple) {
    return new PretrainingConfig(
        recipe,
        size,
        objective,
        newSequenceLength,
        newBatchSize,
        microBatches,
        packing,
        masking,
        generatorFraction,
        detection,
        learningRate,
        warmupSteps,
        scheduleSteps,
        budgetSeconds,
        dropout,
        generatorDropout,
        newPrecision,
        positions,
        biasCorrection,
        newMatrixOptimizer,
        newVocabularyMultiple,
        heldOutShare,
        seed);
  }

  /** Returns what the optimizer is made with. */
  @JsonIgnore
  public Optimizer.Settings optimizerSettings() {
    return Optimizer.Settings.electra(biasCorrection, matrixOptimizer);
  }

  /** Says whether the schedule's unit is the second; else it is the step. */
  @JsonIgnore
  public boolean isTimed() {
    return budgetSeconds != null;
  }

  /** Returns the rate of each step, in the unit that {@link #isTimed} says. */
  @JsonIgnore
  public LearningRateSchedule schedule() {
    double warmupShare = recipe == Recipe.PAPER ? PAPER_WARMUP_SHARE : RECOMMENDED_WARMUP_SHARE;
    return new LearningRateSchedule(
        LearningRateSchedule.Shape.ORIGINAL_LINEAR,
        learningRate,
        isTimed() ? budgetSeconds : scheduleSteps,
        isTimed() ? warmupShare * budgetSeconds : warmupSteps);
  }

  /** Returns the discriminator's sizes with the dropout of pretraining. */
  public ElectraConfig discriminator(int vocabularySize) {
    return size.discriminator(vocabularySize).withDropout(dropout, dropout);
  }

  /** Returns the generator's sizes with the dropout of pretraining. */
  public ElectraConfig generator(int vocabularySize) {
    return size.generator(vocabularySize, generatorFraction)
        .withDropout(generatorDropout, generatorDropout);
  }
}
