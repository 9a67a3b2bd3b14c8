package org.solrelectra.training.network;

import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/** Masked language modelling: hidden to vocabulary logits through the shared word table. */
public final class GeneratorHead {
  private final Linear dense;
  private final LayerNorm layerNorm;
  private final Tensor words;
  private final Tensor bias;

  /**
   * @param prefix as of {@link ElectraEncoder}
   * @param words the word table, [vocab, embedding], of the shared embedding block
   */
  public GeneratorHead(ParameterSet parameters, String prefix, ElectraConfig config, Tensor words) {
    this.dense =
        new Linear(
            parameters,
            prefix + "generator_predictions.dense",
            Initialization.TRUNCATED_NORMAL,
            config.hiddenSize(),
            config.embeddingSize());
    this.layerNorm =
        new LayerNorm(
            parameters,
            prefix + "generator_predictions.LayerNorm",
            config.embeddingSize(),
            config.layerNormEpsilon());
    this.words = words;
    this.bias =
        parameters.add(
            prefix + "generator_lm_head.bias", Initialization.ZEROS, config.vocabularySize());
  }

  /**
   * Maps the hidden states of the positions that were masked, and only those.
   *
   * @param hidden [masked, hidden]
   * @return logits, [masked, vocab]
   */
  public Tensor forward(Tensor hidden) {
    Tensor narrow = layerNorm.forward(torch.gelu(dense.forward(hidden))); // [masked, embedding]
    return torch.linear(narrow, words, bias); // [masked, vocab]
  }
}
