package org.solrelectra.training.pretrain;

/** How a learning rate follows the size of the batch. */
public enum RateScaling {
  /** Not at all. */
  NONE,
  /** With its root: the rate's part of the rule for Adam (Malladi et al. 2022). */
  SQRT,
  /** In proportion: the rule for plain gradient descent (Goyal et al. 2017). */
  LINEAR;

  /**
   * Returns what the rate is multiplied by.
   *
   * @param batches how many times as large the batch is
   */
  public double factor(double batches) {
    return switch (this) {
      case NONE -> 1;
      case SQRT -> Math.sqrt(batches);
      case LINEAR -> batches;
    };
  }
}
