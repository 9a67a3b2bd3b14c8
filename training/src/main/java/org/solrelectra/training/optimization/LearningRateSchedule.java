package org.solrelectra.training.optimization;

/**
 * The learning rate by how far training is. Lengths are in one unit, which the caller chooses:
 * steps, or seconds where the schedule is a budget of time.
 *
 * @param peak the rate that warm-up leads to
 * @param length where the rate is 0 from
 * @param warmup how long the rate grows; may be fractional, as 10 % of 103 steps is
 */
public record LearningRateSchedule(Shape shape, double peak, double length, double warmup) {

  /** How warm-up and decay meet. */
  public enum Shape {
    /**
     * Decay starts at once and warm-up multiplies it (google-research/electra, optimization.py
     * L36-45).
     */
    ORIGINAL_LINEAR,
    /** Warm-up to the peak, then decay: Hugging Face's {@code get_linear_schedule_with_warmup}. */
    SEPARATE_LINEAR
  }

  public LearningRateSchedule {
    if (!(peak >= 0 && Double.isFinite(peak))) {
      throw new IllegalArgumentException("peak must be at least 0; peak=" + peak);
    }
    if (!(length > 0 && Double.isFinite(length))) {
      throw new IllegalArgumentException("length must be above 0; length=" + length);
    }
    if (!(warmup >= 0 && warmup <= length)) {
      throw new IllegalArgumentException(
          "warmup must be in 0..length=" + length + "; warmup=" + warmup);
    }
  }

  /**
   * Returns the rate of the next step.
   *
   * @param done how far training is: of steps, how many were made before
   */
  public double rate(double done) {
    return switch (shape) {
      case ORIGINAL_LINEAR ->
          peak
              * (1 - Math.min(done, length) / length)
              * (warmup > 0 ? Math.min(1, done / warmup) : 1);
      case SEPARATE_LINEAR -> {
        if (done < warmup) {
          yield peak * done / warmup;
        }
        double left = Math.max(0, length - done);
        yield left == 0 ? 0 : peak * left / (length - warmup);
      }
    };
  }
}
