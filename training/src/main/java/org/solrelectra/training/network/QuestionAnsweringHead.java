package org.solrelectra.training.network;

import org.bytedeco.pytorch.Tensor;

/** Where an answer starts and ends: two logits a token (Hugging Face's {@code qa_outputs}). */
public final class QuestionAnsweringHead {
  private final Linear outputs;

  public QuestionAnsweringHead(ParameterSet parameters, ElectraConfig config) {
    this.outputs =
        new Linear(
            parameters, "qa_outputs", Initialization.TRUNCATED_NORMAL, config.hiddenSize(), 2);
  }

  /** Maps [batch, seq, hidden] to logits, [batch, seq, 2]: start, end. */
  public Tensor forward(Tensor hidden) {
    return outputs.forward(hidden);
  }
}
