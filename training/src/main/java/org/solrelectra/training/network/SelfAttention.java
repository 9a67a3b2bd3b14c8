package org.solrelectra.training.network;

import org.bytedeco.pytorch.DoubleOptional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * Multi-head attention of a sequence to itself, with its output projection. Query, key and value
 * are one matrix product; the weights keep Hugging Face's order query, key, value along the rows.
 */
final class SelfAttention {
  /** The name of the packed projections; a checkpoint in Hugging Face's form has three. */
  static final String PACKED = "attention.self.query_key_value";

  private final Linear queryKeyValue;
  private final Linear output;
  private final int heads;
  private final int headSize;
  private final Dropout dropout;
  private final boolean causal;

  SelfAttention(ParameterSet parameters, String prefix, ElectraConfig config, Attention attention) {
    long hidden = config.hiddenSize();
    this.queryKeyValue =
        new Linear(
            parameters, prefix + PACKED, Initialization.TRUNCATED_NORMAL, hidden, 3 * hidden);
    this.output =
        new Linear(
            parameters,
            prefix + "attention.output.dense",
            Initialization.TRUNCATED_NORMAL,
            hidden,
            hidden);
    this.heads = config.heads();
    this.headSize = config.headSize();
    this.dropout = new Dropout(config.attentionDropout());
    this.causal = attention == Attention.CAUSAL;
  }

  /**
   * @param hidden [batch, seq, hidden]
   * @param mask boolean [batch, 1, 1, seq] or [batch, 1, seq, seq], true where a key may be looked
   *     at; empty for all that the kind of attention allows, which a mask says itself
   * @return [batch, seq, hidden]
   */
  Tensor forward(Tensor hidden, TensorOptional mask, Mode mode) {
    long batch = hidden.size(0);
    long seq = hidden.size(1);
    // One operator takes them apart, so one puts their gradients together: selecting each, libtorch
    // fills three tensors of this size with zeros, copies into them and adds them up.
    TensorVector parts =
        queryKeyValue
            .forward(hidden) // [batch, seq, 3 * hidden]
            .view(batch, seq, 3, heads, headSize)
            .unbind(2); // 3 of [batch, seq, heads, headSize]
    Tensor context =
        attend(heads(parts, 0), heads(parts, 1), heads(parts, 2), mask, mode)
            .transpose(1, 2)
            .reshape(batch, seq, (long) heads * headSize); // [batch, seq, hidden]
    return output.forward(context);
  }

  /** Returns one part as [batch, heads, seq, headSize]. */
  private static Tensor heads(TensorVector parts, long part) {
    return parts.get(part).transpose(1, 2);
  }

  /** Maps three of [batch, heads, seq, headSize] to one. */
  private Tensor attend(Tensor query, Tensor key, Tensor value, TensorOptional mask, Mode mode) {
    // libtorch's attention on a CPU falls back to these operators when it drops, with slow noise.
    if (dropout.isOn(mode) && query.is_cpu()) {
      return dropout.forward(probabilities(query, key, mask), mode).matmul(value);
    }
    return torch.scaled_dot_product_attention(
        query,
        key,
        value,
        mask,
        dropout.isOn(mode) ? dropout.probability() : 0,
        causal && !mask.has_value(),
        new DoubleOptional(),
        false);
  }

  /** Returns how much each position looks at which, [batch, heads, seq, seq]. */
  private Tensor probabilities(Tensor query, Tensor key, TensorOptional mask) {
    Scalar scale = new Scalar(1 / Math.sqrt(headSize));
    Scalar nothing = new Scalar(Double.NEGATIVE_INFINITY);
    Tensor scores = query.mul(scale).matmul(key.transpose(-2, -1)); // [batch, heads, seq, seq]
    if (mask.has_value()) {
      scores = scores.masked_fill(mask.get().logical_not(), nothing);
    } else if (causal) {
      long seq = query.size(2);
      Tensor later = torch.ones(seq, seq).triu(1).to(ScalarType.Bool); // [seq, seq]
      scores = scores.masked_fill(later, nothing);
    }
    return torch.softmax(scores, -1, new ScalarTypeOptional(ScalarType.Float));
  }
}
