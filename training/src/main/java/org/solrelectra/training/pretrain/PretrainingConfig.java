package org.solrelectra.training.pretrain;

import com.fasterxml.jackson.annotation.JsonIgnore;
import java.util.Objects;
import org.solrelectra.training.network.ElectraConfig;
import org.solrelectra.training.network.PositionInitialization;
import org.solrelectra.training.optimization.AdamW.BiasCorrection;
import org.solrelectra.training.optimization.LearningRateSchedule;

/**
 * What decides the outcome of a pretraining run, apart from its data.
 *
 * @param sequenceLength tokens a sequence, special tokens included
 * @param batchSize sequences a step
 * @param maskRate share of positions that the generator predicts
 * @param learningRate peak of the schedule
 * @param warmupSteps steps over which the rate grows
 * @param scheduleSteps the step at which the rate reaches 0
 * @param dropout on hidden states and attention probabilities of both networks while pretraining
 * @param positions how the position table starts
 * @param biasCorrection of the optimizer's moments
 * @param heldOutShare share of documents that is not trained on
 */
public record PretrainingConfig(
    PretrainingSize size,
    int sequenceLength,
    int batchSize,
    double maskRate,
    double learningRate,
    long warmupSteps,
    long scheduleSteps,
    double dropout,
    PositionInitialization positions,
    BiasCorrection biasCorrection,
    double heldOutShare,
    long seed) {

  private static final int SHORTEST_SEQUENCE = 8;
  private static final long LONGEST_WARMUP = 10_000;

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
    Objects.requireNonNull(positions);
    Objects.requireNonNull(biasCorrection);
    if (batchSize < 1) {
      throw new IllegalArgumentException("batchSize must be at least 1; batchSize=" + batchSize);
    }
    if (!(maskRate > 0 && maskRate < 1)) {
      throw new IllegalArgumentException("maskRate must be in (0, 1); maskRate=" + maskRate);
    }
    if (!(heldOutShare >= 0 && heldOutShare < 1)) {
      throw new IllegalArgumentException(
          "heldOutShare must be in [0, 1); heldOutShare=" + heldOutShare);
    }
    if (!(dropout >= 0 && dropout < 1)) {
      throw new IllegalArgumentException("dropout must be in [0, 1); dropout=" + dropout);
    }
    schedule(learningRate, scheduleSteps, warmupSteps);
  }

  /**
   * Returns what is recommended for a size, with {@code seed} 1: dropout 0, distinct positions that
   * start as sines, corrected moments, and a warm-up of 6 % of the schedule but at most the paper's
   * 10,000 steps.
   */
  public static PretrainingConfig recommended(PretrainingSize size, long scheduleSteps) {
    return new PretrainingConfig(
        size,
        size.sequenceLength(),
        size.batchSize(),
        size.maskRate(),
        size.learningRate(),
        Math.min(LONGEST_WARMUP, Math.round(0.06 * scheduleSteps)),
        scheduleSteps,
        0,
        PositionInitialization.SINUSOIDAL,
        BiasCorrection.STANDARD,
        0.005,
        1);
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
    return size.generator(vocabularySize).withDropout(dropout, dropout);
  }
}
