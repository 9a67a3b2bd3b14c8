package org.solrelectra.training.network;

import org.bytedeco.pytorch.Tensor;

/** An encoder with the head of replaced token detection: {@code ElectraForPreTraining}. */
public final class DiscriminatorNetwork {
  private final ParameterSet parameters;
  private final ElectraEncoder encoder;
  private final DiscriminatorHead head;

  /** Adds the network to {@code parameters}. */
  public DiscriminatorNetwork(ParameterSet parameters, ElectraConfig config) {
    this.parameters = parameters;
    this.encoder =
        new ElectraEncoder(
            parameters,
            "",
            config,
            new ElectraEmbeddings(parameters, "", config),
            Attention.BIDIRECTIONAL);
    this.head = new DiscriminatorHead(parameters, config);
  }

  public ParameterSet parameters() {
    return parameters;
  }

  /**
   * Returns logits, [batch, seq], positive for "replaced"; parameters as of {@link ElectraEncoder}.
   */
  public Tensor forward(Tensor inputIds, Tensor tokenTypeIds, Tensor attentionMask, Mode mode) {
    return head.forward(encoder.forward(inputIds, tokenTypeIds, attentionMask, mode));
  }
}
