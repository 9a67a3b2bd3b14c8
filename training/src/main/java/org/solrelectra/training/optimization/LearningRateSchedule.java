package org.solrelectra.training.optimization;

/**
 * The learning rate of each step.
 *
 * @param peak the rate that warm-up leads to
 * @param totalSteps the step from which on the rate is 0
 * @param warmupSteps how long the rate grows; may be fractional, as 10 % of 103 steps is
 */
public record LearningRateSchedule(Shape shape, double peak, long totalSteps, double warmupSteps) {

  /** How warm-up and decay meet. */
  public enum Shape {
    /**
     * Decay starts at step 0 and warm-up multiplies it (google-research/electra, optimization.py
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
    if (totalSteps < 1) {
      throw new IllegalArgumentException("totalSteps must be at least 1; totalSteps=" + totalSteps);
    }
    if (!(warmupSteps >= 0 && warmupSteps <= totalSteps)) {
      throw new IllegalArgumentException(
          "warmupSteps must be in 0..totalSteps=" + totalSteps + "; warmupSteps=" + warmupSteps);
    }
  }

  /** Returns the rate of a step, counted from 0. */
  public double rate(long step) {
    return switch (shape) {
      case ORIGINAL_LINEAR ->
          peak
              * (1 - (double) Math.min(step, totalSteps) / totalSteps)
              * (warmupSteps > 0 ? Math.min(1, step / warmupSteps) : 1);
      case SEPARATE_LINEAR -> {
        if (step < warmupSteps) {
          yield peak * step / warmupSteps;
        }
        double left = Math.max(0, totalSteps - step);
        yield left == 0 ? 0 : peak * left / (totalSteps - warmupSteps);
      }
    };
  }
}
