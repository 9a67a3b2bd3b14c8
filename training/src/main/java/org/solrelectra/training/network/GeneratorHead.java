package org.solrelectra.training.network;

import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;

/** Masked language modelling: hidden to vocabulary logits through the shared word table. */
public final class GeneratorHead {
  /** So unlikely that a vocabulary's rows of padding get no gradient, in bfloat16 too. */
  private static final float IMPOSSIBLE = -1e4f;

  private final Linear dense;
  private final LayerNorm layerNorm;
  private final EmbeddingTable words;
  private final TensorOptional bias;

  /**
   * @param prefix as of {@link ElectraEncoder}
   * @param embeddings whose word table is the output matrix
   */
  public GeneratorHead(
      ParameterSet parameters, String prefix, ElectraConfig config, ElectraEmbeddings embeddings) {
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
    this.words = embeddings.words();
    this.bias =
        new TensorOptional(
            parameters.addVocabularyRows(
                prefix + "generator_lm_head.bias",
                Initialization.ZEROS,
                IMPOSSIBLE,
                config.vocabularySize()));
  }

  /**
   * Maps the hidden states of the positions that were masked, and only those.
   *
   * @param hidden [masked, hidden]
   * @return logits, [masked, rows]: of the vocabulary, then of its padding, which nothing makes
   *     likely
   */
  public Tensor forward(Tensor hidden) {
    Tensor narrow = layerNorm.forward(torch.gelu(dense.forward(hidden))); // [masked, embedding]
    return torch.linear(narrow, words.all(), bias); // [masked, rows]
  }
}
