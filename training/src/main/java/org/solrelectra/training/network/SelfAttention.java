package org.solrelectra.training.network;

import org.bytedeco.pytorch.DoubleOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;

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
  private final double dropout;
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
    this.dropout = config.attentionDropout();
    this.causal = attention == Attention.CAUSAL;
  }

  /**
   * @param hidden [batch, seq, hidden]
   * @param mask boolean [batch, 1, 1, seq], true where a key may be looked at; empty for all, as it
   *     has to be with causal attention
   * @return [batch, seq, hidden]
   */
  Tensor forward(Tensor hidden, TensorOptional mask, Mode mode) {
    long batch = hidden.size(0);
    long seq = hidden.size(1);
    Tensor packed =
        queryKeyValue
            .forward(hidden) // [batch, seq, 3 * hidden]
            .view(batch, seq, 3, heads, headSize)
            .permute(2, 0, 3, 1, 4); // [3, batch, heads, seq, headSize]
    Tensor context =
        torch
            .scaled_dot_product_attention(
                packed.select(0, 0),
                packed.select(0, 1),
                packed.select(0, 2),
                mask,
                mode.isTraining() ? dropout : 0,
                causal,
                new DoubleOptional(),
                false) // [batch, heads, seq, headSize]
            .transpose(1, 2)
            .reshape(batch, seq, (long) heads * headSize); // [batch, seq, hidden]
    return output.forward(context);
  }
}
