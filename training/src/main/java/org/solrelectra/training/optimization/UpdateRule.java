package org.solrelectra.training.optimization;

import org.bytedeco.pytorch.Tensor;

/** How one group of parameters follows its gradient. */
@FunctionalInterface
interface UpdateRule {

  /**
   * Updates parameters and moments in place, without waiting for the device.
   *
   * @param divisor float32 scalar: what the gradient is divided by, to clip it
   * @param leftOut float32 scalar: 1 to leave everything as it is, since the gradient is not
   *     finite; else 0
   */
  void update(double learningRate, Tensor divisor, Tensor leftOut);
}
