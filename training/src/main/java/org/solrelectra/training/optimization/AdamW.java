package org.solrelectra.training.optimization;

import java.util.List;
import org.bytedeco.pytorch.IValue;
import org.bytedeco.pytorch.Tensor;

/**
 * Adam with decoupled weight decay by libtorch's fused kernel: betas .9 and .999, epsilon 1e-6
 * outside the root.
 */
final class AdamW implements UpdateRule {
  private static final double BETA1 = 0.9;
  private static final double BETA2 = 0.999;
  private static final double EPSILON = 1e-6;

  private final Tensor values;
  private final Tensor gradients;
  private final Tensor moments1;
  private final Tensor moments2;
  private final double weightDecay;
  private final Tensor correctionStep;
  private final BoxedOperator update = new BoxedOperator("aten::_fused_adamw_", "");

  /**
   * @param values float32 [count], as the gradients and moments
   * @param correctionStep float32 scalar: what step the moments are corrected for
   */
  AdamW(
      Tensor values,
      Tensor gradients,
      Tensor moments1,
      Tensor moments2,
      double weightDecay,
      Tensor correctionStep) {
    this.values = values;
    this.gradients = gradients;
    this.moments1 = moments1;
    this.moments2 = moments2;
    this.weightDecay = weightDecay;
    this.correctionStep = correctionStep;
  }

  @Override
  public void update(double learningRate, Tensor divisor, Tensor leftOut) {
    update.call(
        BoxedOperator.list(List.of(values)),
        BoxedOperator.list(List.of(gradients)),
        BoxedOperator.list(List.of(moments1)),
        BoxedOperator.list(List.of(moments2)),
        BoxedOperator.list(List.of()),
        BoxedOperator.list(List.of(correctionStep)),
        new IValue(learningRate),
        new IValue(BETA1),
        new IValue(BETA2),
        new IValue(weightDecay),
        new IValue(EPSILON),
        new IValue(false),
        new IValue(false),
        new IValue(divisor),
        new IValue(leftOut));
  }
}
