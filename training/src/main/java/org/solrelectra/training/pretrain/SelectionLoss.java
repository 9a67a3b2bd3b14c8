package org.solrelectra.training.pretrain;

import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.solrelectra.training.network.Tensors;

/** Cross-entropy at the selected positions, one that was drawn twice counting twice. */
final class SelectionLoss {
  /** The id that cross-entropy leaves out; no token has it. */
  private static final long NOTHING_IGNORED = -100;

  private SelectionLoss() {}

  /**
   * Returns the batch's part of a step's mean, in nats.
   *
   * @param logits float32 [masked, vocab]
   * @param targets int64 [masked]
   */
  static Tensor of(
      Tensor logits, Tensor targets, MaskedBatch batch, PretrainingTask.Denominators denominators) {
    if (batch.counts() == null) {
      Tensor mean = torch.cross_entropy_loss(logits, targets);
      double share = (double) batch.positions().length / denominators.selections();
      return share == 1 ? mean : mean.mul(new Scalar(share));
    }
    Tensor each =
        torch.cross_entropy_loss(
            logits,
            targets,
            new TensorOptional(),
            torch.Reduction.None.value,
            NOTHING_IGNORED,
            0); // [masked]
    return each.mul(counts(batch, logits.device()))
        .sum()
        .div(new Scalar((double) denominators.selections()));
  }

  /** Says where the likeliest token is the target: bool [masked]. */
  static Tensor isRight(Tensor logits, Tensor targets) {
    return logits.argmax(new LongOptional(-1), false).eq(targets);
  }

  /** Returns how many selections a condition, [masked], holds for. */
  static Tensor count(Tensor condition, MaskedBatch batch, Device device) {
    return batch.counts() == null
        ? condition.sum()
        : condition.to(ScalarType.Float).mul(counts(batch, device)).sum();
  }

  private static Tensor counts(MaskedBatch batch, Device device) {
    return Tensors.ofFloats(batch.counts(), device, batch.counts().length);
  }
}
