package org.solrelectra.training.pretrain;

import com.fasterxml.jackson.annotation.JsonIgnore;
import java.util.Objects;
import org.solrelectra.training.network.ElectraConfig;
import org.solrelectra.training.network.PositionInitialization;
import org.solrelectra.training.network.Precision;
import org.solrelectra.training.optimization.AdamW.BiasCorrection;
import org.solrelectra.training.optimization.LearningRateSchedule;

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
 * @param warmupSteps steps over which the rate grows
 * @param scheduleSteps the step at which the rate reaches 0
 * @param dropout on hidden states and attention probabilities while pretraining
 * @param generatorDropout the same in the generator, with {@link Objective#RTD}
 * @param precision of matrix products
 * @param positions how the position table starts
 * @param biasCorrection of the optimizer's moments
 * @param heldOutShare share of documents that is not trained on
 */
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
    long warmupSteps,
    long scheduleSteps,
    double dropout,
    double generatorDropout,
    Precision precision,
    PositionInitialization positions,
    BiasCorrection biasCorrection,
    double heldOutShare,
    long seed) {

  private static final int SHORTEST_SEQUENCE = 8;
  private static final long PAPER_WARMUP = 10_000;
  private static final double PAPER_DROPOUT = 0.1;
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
    schedule(learningRate, scheduleSteps, warmupSteps);
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
        Math.min(
            PAPER_WARMUP,
            paper ? scheduleSteps : Math.round(RECOMMENDED_WARMUP_SHARE * scheduleSteps)),
        scheduleSteps,
        paper ? PAPER_DROPOUT : 0,
        paper ? PAPER_DROPOUT : 0,
        Precision.FP32,
        paper ? PositionInitialization.TRUNCATED_NORMAL : PositionInitialization.SINUSOIDAL,
        paper ? BiasCorrection.NONE : BiasCorrection.STANDARD,
        HELD_OUT_SHARE,
        1);
  }

  /** Returns the same with other batches and precision. */
  public PretrainingConfig withBatch(
      int newSequenceLength, int newBatchSize, Precision newPrecision) {
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
        dropout,
        generatorDropout,
        newPrecision,
        positions,
        biasCorrection,
        heldOutShare,
        seed);
  }

  /** Returns the rate of each step. */
  @JsonIgnore
  public LearningRateSchedule schedule() {
    return schedule(learningRate, scheduleSteps, warmupSteps);
  }

  private static LearningRateSchedule schedule(double peak, long total, long warmup) {
    return new LearningRateSchedule(
        LearningRateSchedule.Shape.ORIGINAL_LINEAR, peak, total, warmup);
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
