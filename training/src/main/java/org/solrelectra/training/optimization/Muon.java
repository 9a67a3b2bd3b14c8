package org.solrelectra.training.optimization;

import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * Momentum whose matrices are made nearly orthogonal before they are applied (Jordan et al. 2024,
 * "Muon"), scaled so that an entry moves as far as with AdamW, whose learning rate and weight decay
 * it therefore shares (Liu et al. 2025, arXiv 2502.16982, section 2.2).
 */
final class Muon implements UpdateRule {
  private static final double MOMENTUM = 0.95;

  /** The root of the mean square of AdamW's updates, as Liu et al. measured it. */
  private static final double UPDATE_SCALE = 0.2;

  private static final int ITERATIONS = 5;

  /** Of the quintic whose iteration takes singular values into about 0.7..1.2 (Jordan et al.). */
  private static final double A = 3.4445;

  private static final double B = -4.7750;
  private static final double C = 2.0315;
  private static final double NORM_EPSILON = 1e-7;

  private final Tensor values;
  private final Tensor gradients;
  private final Tensor momentum;
  private final double weightDecay;
  private final double scale;

  /**
   * @param values float32 [..., rows, columns], matrices of one shape, as the gradients and the
   *     momentum
   */
  Muon(Tensor values, Tensor gradients, Tensor momentum, double weightDecay) {
    this.values = values;
    this.gradients = gradients;
    this.momentum = momentum;
    this.weightDecay = weightDecay;
    this.scale = UPDATE_SCALE * Math.sqrt(Math.max(values.size(-2), values.size(-1)));
  }

  @Override
  public void update(double learningRate, Tensor divisor, Tensor leftOut) {
    Tensor made = leftOut.neg().add(new Scalar(1.0)); // scalar: 1, or 0 to change nothing
    // What is not finite is left out below, by a factor of 0: it has to be a number.
    Tensor gradient = gradients.div(divisor).nan_to_num_(); // [..., rows, columns]
    momentum.lerp_(gradient, made.mul(new Scalar(1 - MOMENTUM)));
    Tensor ahead = gradient.lerp(momentum, new Scalar(MOMENTUM)); // Nesterov's
    Tensor direction = orthogonalize(ahead);
    values.mul_(made.mul(new Scalar(-learningRate * weightDecay)).add(new Scalar(1.0)));
    values.sub_(direction.mul(made.mul(new Scalar(learningRate * scale))));
  }

  /**
   * Returns matrices with the singular vectors of these and singular values near 1, by
   * Newton-Schulz iteration; zeros stay zeros. On a GPU in bfloat16, as Jordan et al. do.
   *
   * @param matrices float32 [..., rows, columns]
   */
  static Tensor orthogonalize(Tensor matrices) {
    boolean tall = matrices.size(-2) > matrices.size(-1);
    Tensor x = tall ? matrices.transpose(-2, -1) : matrices; // [..., short, long]
    Tensor norm =
        torch
            .linalg_vector_norm(
                x, new Scalar(2.0), new long[] {-2, -1}, true, new ScalarTypeOptional())
            .add(new Scalar(NORM_EPSILON)); // [..., 1, 1]
    x = x.div(norm);
    if (x.is_cuda()) {
      x = x.to(ScalarType.BFloat16);
    }
    for (int i = 0; i < ITERATIONS; i++) {
      Tensor product = x.matmul(x.transpose(-2, -1)); // [..., short, short]
      Tensor polynomial =
          product.mul(new Scalar(B)).add_(product.matmul(product).mul_(new Scalar(C)));
      x = polynomial.matmul(x).add_(x.mul(new Scalar(A)));
    }
    return (tall ? x.transpose(-2, -1) : x).to(ScalarType.Float);
  }
}
