package org.solrelectra.training.pretrain;

import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * What was seen in one or several batches. What a task does not have is NaN.
 *
 * @param totalLoss what was minimised
 * @param mlmLoss mean cross-entropy where tokens are predicted, in nats
 * @param mlmAccuracy share of predicted positions whose likeliest token is the original
 * @param rtdLoss mean loss of the discriminator, in nats, before its weight
 * @param rtdAccuracy share of tokens that the discriminator judges rightly
 * @param rtdPrecision share of what it calls replaced that is; 0 if it calls nothing so
 * @param rtdRecall share of what is replaced that it finds; 0 if nothing is
 * @param replacedFraction share of the judged tokens that are replaced
 */
public record Measurements(
    double totalLoss,
    double mlmLoss,
    double mlmAccuracy,
    double rtdLoss,
    double rtdAccuracy,
    double rtdPrecision,
    double rtdRecall,
    double replacedFraction) {

  /** How many sums a forward pass returns. */
  static final int COUNT = 10;

  /** Says whether there is a discriminator. */
  public boolean hasDiscriminator() {
    return !Double.isNaN(rtdLoss);
  }

  /** Puts the sums of a forward pass into one tensor, so that one copy brings them to the host. */
  static Tensor of(
      Tensor total,
      Tensor mlmLoss,
      Tensor mlmRight,
      Tensor rtdLoss,
      Tensor rtdRight,
      Tensor judged,
      Tensor said,
      Tensor hits,
      Tensor replaced,
      double selections) {
    TensorVector values = new TensorVector();
    for (Tensor value :
        new Tensor[] {total, mlmLoss, mlmRight, rtdLoss, rtdRight, judged, said, hits, replaced}) {
      values.push_back(value.detach().to(ScalarType.Double));
    }
    values.push_back(torch.full_like(values.get(0), new org.bytedeco.pytorch.Scalar(selections)));
    return torch.stack(values);
  }

  /** The same for a language model alone. */
  static Tensor ofLanguageModel(Tensor loss, Tensor right, double selections) {
    Tensor none = torch.zeros_like(loss);
    return of(loss, loss, right, none, none, none, none, none, none, selections);
  }

  /** Sums up forward passes. */
  static final class Accumulator {
    private final double[] sums = new double[COUNT];
    private int steps;

    /** Adds one forward pass whose losses are parts of a step's means. */
    void add(float[] measurements) {
      for (int i = 0; i < COUNT; i++) {
        sums[i] += measurements[i];
      }
    }

    /** Says that the passes added since the last call were one step. */
    void endStep() {
      steps++;
    }

    boolean isEmpty() {
      return steps == 0;
    }

    Measurements result() {
      boolean detects = sums[5] > 0;
      return new Measurements(
          sums[0] / steps,
          sums[1] / steps,
          sums[2] / sums[9],
          detects ? sums[3] / steps : Double.NaN,
          detects ? sums[4] / sums[5] : Double.NaN,
          detects ? share(sums[7], sums[6]) : Double.NaN,
          detects ? share(sums[7], sums[8]) : Double.NaN,
          detects ? sums[8] / sums[5] : Double.NaN);
    }

    private static double share(double part, double whole) {
      return whole == 0 ? 0 : part / whole;
    }
  }
}
