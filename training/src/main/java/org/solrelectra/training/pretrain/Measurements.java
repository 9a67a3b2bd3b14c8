package org.solrelectra.training.pretrain;

import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.solrelectra.training.network.Tensors;

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

  /** What a forward pass returns, in this order. */
  private enum Sum {
    TOTAL_LOSS,
    MLM_LOSS,
    MLM_RIGHT,
    RTD_LOSS,
    RTD_RIGHT,
    JUDGED,
    SAID_REPLACED,
    FOUND,
    REPLACED,
    SELECTIONS
  }

  /** How many sums a forward pass returns. */
  static final int COUNT = Sum.values().length;

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
    values.push_back(torch.full_like(values.get(0), new Scalar(selections)));
    return torch.stack(values);
  }

  /** The same for a language model alone. */
  static Tensor ofLanguageModel(Tensor loss, Tensor right, double selections) {
    Tensor none = torch.zeros_like(loss);
    return of(loss, loss, right, none, none, none, none, none, none, selections);
  }

  /**
   * Sums up forward passes on the device, so that nothing waits for it before {@link #result}. A
   * pass whose loss is not finite is left out. Lives as long as the program trains.
   */
  static final class Accumulator {
    /** float64 [COUNT + 1]: the sums, and how many steps they are of. */
    private final Tensor sums;

    Accumulator(Device device) {
      this.sums = torch.zeros(COUNT + 1L).to(device, ScalarType.Double);
    }

    /**
     * Adds one forward pass whose losses are parts of a step's means.
     *
     * @param measurements float64 [COUNT], on the device
     * @param shareOfStep 1 over the passes of a step
     */
    void add(Tensor measurements, double shareOfStep) {
      try (PointerScope scope = new PointerScope();
          NoGradGuard noGradient = new NoGradGuard()) {
        TensorVector both = new TensorVector();
        both.push_back(measurements);
        both.push_back(torch.full_like(measurements.narrow(0, 0, 1), new Scalar(shareOfStep)));
        Tensor finite = measurements.narrow(0, Sum.TOTAL_LOSS.ordinal(), 1).isfinite(); // [1]
        sums.add_(torch.where(finite, torch.cat(both), new Scalar(0.0)));
      }
    }

    /** Returns the means since the start or the last call, over at least one step; then waits. */
    Measurements result() {
      double[] sum = Tensors.doubles(sums);
      try (NoGradGuard noGradient = new NoGradGuard()) {
        sums.zero_();
      }
      double steps = sum[COUNT];
      double judged = sum[Sum.JUDGED.ordinal()];
      double found = sum[Sum.FOUND.ordinal()];
      double replaced = sum[Sum.REPLACED.ordinal()];
      boolean detects = judged > 0;
      return new Measurements(
          sum[Sum.TOTAL_LOSS.ordinal()] / steps,
          sum[Sum.MLM_LOSS.ordinal()] / steps,
          sum[Sum.MLM_RIGHT.ordinal()] / sum[Sum.SELECTIONS.ordinal()],
          detects ? sum[Sum.RTD_LOSS.ordinal()] / steps : Double.NaN,
          detects ? sum[Sum.RTD_RIGHT.ordinal()] / judged : Double.NaN,
          detects ? share(found, sum[Sum.SAID_REPLACED.ordinal()]) : Double.NaN,
          detects ? share(found, replaced) : Double.NaN,
          detects ? replaced / judged : Double.NaN);
    }

    private static double share(double part, double whole) {
      return whole == 0 ? 0 : part / whole;
    }
  }
}
