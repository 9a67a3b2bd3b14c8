package org.solrelectra.training.pretrain;

import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.StringViewOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;

/** Draws one token for each masked position from the generator's distribution. */
@FunctionalInterface
public interface ReplacementSampler {

  /**
   * Samples ids; no gradient flows through it.
   *
   * @param logits float32 [masked, vocab]
   * @return int64 [masked]
   */
  Tensor sample(Tensor logits);

  /**
   * Returns a sampler by inversion of the cumulative distribution: one uniform number a position
   * instead of one a logit. The same distribution as Gumbel noise, 5 to 8 times faster on a CPU,
   * where libtorch draws noise on one thread (158 ms for 304 x 30,522 exponentials).
   */
  static ReplacementSampler cumulative() {
    return logits -> {
      Tensor uniform = torch.rand_like(logits.narrow(1, 0, 1)); // [masked, 1], on the device
      return byCumulation(logits, uniform);
    };
  }

  /** Inverts the cumulative distribution at {@code uniform}, [masked, 1] in [0, 1). */
  static Tensor byCumulation(Tensor logits, Tensor uniform) {
    Tensor cumulative =
        torch.softmax(logits, -1, new ScalarTypeOptional()).cumsum(-1); // [masked, vocab]
    long last = logits.size(1) - 1;
    // The sum differs from 1 by rounding; scaling by it keeps every draw inside the table.
    Tensor target = uniform.mul(cumulative.narrow(1, last, 1)); // [masked, 1]
    return torch
        .searchsorted(
            cumulative, target, false, true, new StringViewOptional(), new TensorOptional())
        .squeeze(-1)
        .clamp_max(new Scalar(last));
  }

  /**
   * Adds Gumbel noise and takes the largest, as the original does (pretrain_helpers.py L222-229).
   *
   * @param uniform [masked, vocab] in [0, 1)
   */
  static Tensor byGumbel(Tensor logits, Tensor uniform, double temperature) {
    Scalar tiny = new Scalar(1e-9);
    Tensor noise = uniform.add(tiny).log().neg().add(tiny).log().neg();
    return logits
        .div(new Scalar(temperature))
        .add(noise)
        .argmax(new org.bytedeco.pytorch.LongOptional(-1), false);
  }
}
