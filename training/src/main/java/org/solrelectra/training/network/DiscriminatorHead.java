package org.solrelectra.training.network;

import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/** Replaced token detection: one logit a token, positive for "replaced". */
public final class DiscriminatorHead {
  private static final String PREDICTION = "discriminator_predictions.dense_prediction";

  /** The name of the one bias of the prediction. */
  public static final String BIAS = PREDICTION + ".bias";

  private final Linear dense;
  private final Linear prediction;

  public DiscriminatorHead(ParameterSet parameters, ElectraConfig config) {
    long hidden = config.hiddenSize();
    this.dense =
        new Linear(
            parameters,
            "discriminator_predictions.dense",
            Initialization.TRUNCATED_NORMAL,
            hidden,
            hidden);
    this.prediction = new Linear(parameters, PREDICTION, Initialization.GLOROT_UNIFORM, hidden, 1);
  }

  /** Maps [batch, seq, hidden] to logits, [batch, seq]. */
  public Tensor forward(Tensor hidden) {
    return prediction.forward(torch.gelu(dense.forward(hidden))).squeeze(-1);
  }
}
