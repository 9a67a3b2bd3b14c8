package org.solrelectra.training.network;

import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;

/** One post-norm transformer layer: attention, then feed-forward with exact (erf) GELU. */
final class EncoderLayer {
  private final SelfAttention attention;
  private final LayerNorm attentionNorm;
  private final Linear intermediate;
  private final Linear output;
  private final LayerNorm outputNorm;
  private final Dropout dropout;

  EncoderLayer(ParameterSet parameters, String prefix, ElectraConfig config, Attention attended) {
    long hidden = config.hiddenSize();
    long wide = config.intermediateSize();
    double epsilon = config.layerNormEpsilon();
    this.attention = new SelfAttention(parameters, prefix, config, attended);
    this.attentionNorm =
        new LayerNorm(parameters, prefix + "attention.output.LayerNorm", hidden, epsilon);
    this.intermediate =
        new Linear(
            parameters,
            prefix + "intermediate.dense",
            Initialization.TRUNCATED_NORMAL,
            hidden,
            wide);
    this.output =
        new Linear(
            parameters, prefix + "output.dense", Initialization.TRUNCATED_NORMAL, wide, hidden);
    this.outputNorm = new LayerNorm(parameters, prefix + "output.LayerNorm", hidden, epsilon);
    this.dropout = new Dropout(config.hiddenDropout());
  }

  /** Maps [batch, seq, hidden] to [batch, seq, hidden], of the type that products have. */
  Tensor forward(Tensor hidden, TensorOptional mask, Mode mode) {
    Tensor attended = dropout.forward(attention.forward(hidden, mask, mode), mode);
    Tensor middle = attentionNorm.forward(attended.add(hidden.type_as(attended)));
    Tensor wide = torch.gelu(intermediate.forward(middle)); // [batch, seq, intermediate]
    Tensor narrow = dropout.forward(output.forward(wide), mode); // [batch, seq, hidden]
    return outputNorm.forward(narrow.add(middle));
  }
}
