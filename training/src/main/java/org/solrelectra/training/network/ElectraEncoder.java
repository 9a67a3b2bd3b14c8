package org.solrelectra.training.network;

import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;

/**
 * Ids to hidden states: the embedding block, which two networks may share, a projection where the
 * widths differ, and the layers. What Hugging Face calls {@code ElectraModel}.
 */
public final class ElectraEncoder {
  private final ElectraConfig config;
  private final ElectraEmbeddings embeddings;
  private final Attention attention;
  private final Linear projection;
  private final Dropout dropout;
  private final List<EncoderLayer> layers = new ArrayList<>();

  /**
   * Adds the parameters of a network to {@code parameters}.
   *
   * @param prefix what the names start with: empty, or {@code generator.} beside a discriminator
   * @param embeddings the block to start from; its parameters are not added again
   * @param attention which positions a position looks at
   */
  public ElectraEncoder(
      ParameterSet parameters,
      String prefix,
      ElectraConfig config,
      ElectraEmbeddings embeddings,
      Attention attention) {
    this.config = config;
    this.embeddings = embeddings;
    this.attention = attention;
    this.dropout = new Dropout(config.hiddenDropout());
    this.projection =
        config.projectsEmbeddings()
            ? new Linear(
                parameters,
                prefix + "electra.embeddings_project",
                Initialization.GLOROT_UNIFORM,
                config.embeddingSize(),
                config.hiddenSize())
            : null;
    for (int layer = 0; layer < config.layers(); layer++) {
      layers.add(
          new EncoderLayer(
              parameters, prefix + "electra.encoder.layer." + layer + ".", config, attention));
    }
  }

  public ElectraConfig config() {
    return config;
  }

  /**
   * Returns the last hidden state.
   *
   * @param inputIds int64 [batch, seq]
   * @param tokenTypeIds int64 [batch, seq]
   * @param attentionMask [batch, seq], 0 at padding; null if there is none, which is faster, and
   *     which causal attention needs
   * @return [batch, seq, hidden]; undefined use at padded positions
   */
  public Tensor forward(Tensor inputIds, Tensor tokenTypeIds, Tensor attentionMask, Mode mode) {
    return last(forwardAll(inputIds, tokenTypeIds, attentionMask, mode));
  }

  /**
   * The same for rows that may hold several blocks, none of which sees another: where a position is
   * 0, a block starts. Padding is a block of its own then, which nothing else sees either.
   *
   * @param positionIds int64 [batch, seq], counted from the start of each block; null if each row
   *     is one block
   * @param attentionMask as above; not heeded with {@code positionIds}
   */
  public Tensor forward(
      Tensor inputIds, Tensor tokenTypeIds, Tensor positionIds, Tensor attentionMask, Mode mode) {
    if (positionIds == null) {
      return forward(inputIds, tokenTypeIds, attentionMask, mode);
    }
    Tensor block = positionIds.eq(new Scalar(0L)).cumsum(1); // [batch, seq]
    Tensor seen = block.unsqueeze(2).eq(block.unsqueeze(1)).unsqueeze(1); // [batch, 1, seq, seq]
    if (attention == Attention.CAUSAL) {
      seen = seen.tril();
    }
    Tensor state = embeddings.forward(inputIds, tokenTypeIds, positionIds);
    return last(forwardAll(state, new TensorOptional(seen), mode));
  }

  private static Tensor last(List<Tensor> states) {
    return states.get(states.size() - 1);
  }

  /**
   * Returns the state before the first layer and after each: layers + 1 of [batch, seq, hidden].
   */
  public List<Tensor> forwardAll(
      Tensor inputIds, Tensor tokenTypeIds, Tensor attentionMask, Mode mode) {
    TensorOptional mask =
        attentionMask == null
            ? new TensorOptional()
            : new TensorOptional(
                attentionMask.ne(new Scalar(0L)).unsqueeze(1).unsqueeze(1)); // [batch, 1, 1, seq]
    return forwardAll(embeddings.forward(inputIds, tokenTypeIds, null), mask, mode);
  }

  private List<Tensor> forwardAll(Tensor embedded, TensorOptional mask, Mode mode) {
    Tensor state = dropout.forward(embedded, mode); // [batch, seq, embedding]
    if (projection != null) {
      state = projection.forward(state); // [batch, seq, hidden]
    }
    List<Tensor> states = new ArrayList<>(layers.size() + 1);
    states.add(state);
    for (EncoderLayer layer : layers) {
      state = layer.forward(state, mask, mode);
      states.add(state);
    }
    return states;
  }
}
