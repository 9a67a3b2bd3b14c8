package org.solrelectra.training.network;

import org.bytedeco.pytorch.Tensor;

/**
 * An encoder with a classification head: Hugging Face's {@code ElectraForSequenceClassification}.
 * With one label it is a cross-encoder for ranking.
 */
public final class SequenceClassificationNetwork {
  private final ParameterSet parameters;
  private final ElectraEncoder encoder;
  private final ClassificationHead head;

  /** Adds the network to {@code parameters}. */
  public SequenceClassificationNetwork(ParameterSet parameters, ElectraConfig config, int labels) {
    this.parameters = parameters;
    this.encoder =
        new ElectraEncoder(
            parameters,
            "",
            config,
            new ElectraEmbeddings(parameters, "", config),
            Attention.BIDIRECTIONAL);
    this.head = new ClassificationHead(parameters, config, labels);
  }

  public ParameterSet parameters() {
    return parameters;
  }

  /**
   * Returns logits, [batch, labels].
   *
   * @param inputIds int64 [batch, seq]
   * @param tokenTypeIds int64 [batch, seq]
   * @param attentionMask [batch, seq], 0 at padding, or null
   */
  public Tensor forward(Tensor inputIds, Tensor tokenTypeIds, Tensor attentionMask, Mode mode) {
    return head.forward(encoder.forward(inputIds, tokenTypeIds, attentionMask, mode), mode);
  }
}
