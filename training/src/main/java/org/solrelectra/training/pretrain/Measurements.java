package org.solrelectra.training.pretrain;

/**
 * What was seen in one or several batches.
 *
 * @param mlmLoss mean cross-entropy of the generator at the masked positions, in nats
 * @param rtdLoss mean binary cross-entropy of the discriminator, in nats, before its weight
 * @param mlmAccuracy share of masked positions whose likeliest token is the original
 * @param rtdAccuracy share of tokens that the discriminator judges rightly
 * @param rtdPrecision share of what it calls replaced that is; 0 if it calls nothing so
 * @param rtdRecall share of what is replaced that it finds; 0 if nothing is
 * @param replacedFraction share of tokens that are replaced
 */
public record Measurements(
    double mlmLoss,
    double rtdLoss,
    double mlmAccuracy,
    double rtdAccuracy,
    double rtdPrecision,
    double rtdRecall,
    double replacedFraction) {

  /** How many sums a forward pass returns. */
  static final int COUNT = 7;

  /** Returns the loss that was minimised. */
  public double totalLoss() {
    return mlmLoss + ReplacedTokenDetection.DISCRIMINATOR_WEIGHT * rtdLoss;
  }

  /** Sums up forward passes; counts are added as they come. */
  static final class Accumulator {
    private final double[] sums = new double[COUNT];
    private long maskedPositions;
    private long tokens;
    private int steps;

    /** Adds one forward pass whose losses are parts of a step's means. */
    void add(float[] measurements, MaskedBatch batch) {
      for (int i = 0; i < COUNT; i++) {
        sums[i] += measurements[i];
      }
      maskedPositions += batch.positions().length;
      tokens += batch.tokens();
    }

    /** Says that the passes added since the last call were one step. */
    void endStep() {
      steps++;
    }

    boolean isEmpty() {
      return steps == 0;
    }

    Measurements result() {
      return new Measurements(
          sums[0] / steps,
          sums[1] / steps,
          sums[2] / maskedPositions,
          sums[3] / tokens,
          sums[4] == 0 ? 0 : sums[5] / sums[4],
          sums[6] == 0 ? 0 : sums[5] / sums[6],
          sums[6] / tokens);
    }
  }
}
