package org.solrelectra.training.network;

import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * Hugging Face's two-layer head on [CLS]: dropout, dense, GELU, dropout, projection. With one label
 * it is the head of a ranker.
 */
public final class ClassificationHead {
  private final Linear dense;
  private final Linear projection;
  private final Dropout dropout;

  public ClassificationHead(ParameterSet parameters, ElectraConfig config, int labels) {
    long hidden = config.hiddenSize();
    this.dense =
        new Linear(parameters, "classifier.dense", Initialization.TRUNCATED_NORMAL, hidden, hidden);
    this.projection =
        new Linear(
            parameters, "classifier.out_proj", Initialization.TRUNCATED_NORMAL, hidden, labels);
    this.dropout = new Dropout(config.hiddenDropout());
  }

  /** Maps [batch, seq, hidden] to logits, [batch, labels]. */
  public Tensor forward(Tensor hidden, Mode mode) {
    Tensor first = dropout.forward(hidden.select(1, 0), mode); // [batch, hidden]
    Tensor dense2 = dropout.forward(torch.gelu(dense.forward(first)), mode); // [batch, hidden]
    return projection.forward(dense2); // [batch, labels]
  }
}
