package org.solrelectra.training.network;

import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * Word + token type + position embedding, then LayerNorm, then dropout. Generator and discriminator
 * share all of it, the LayerNorm included (google-research/electra, modeling.py L187-218).
 */
public final class ElectraEmbeddings {
  private final Tensor words;
  private final Tensor positions;
  private final Tensor tokenTypes;
  private final LayerNorm layerNorm;

  /**
   * Adds a block to {@code parameters}.
   *
   * @param owner what the names start with: empty, or {@code generator.} for a generator that
   *     shares nothing
   */
  public ElectraEmbeddings(ParameterSet parameters, String owner, ElectraConfig config) {
    String prefix = owner + "electra.embeddings.";
    long width = config.embeddingSize();
    this.words =
        table(parameters, prefix + "word_embeddings.weight", config.vocabularySize(), width);
    this.positions =
        table(parameters, prefix + "position_embeddings.weight", config.maxPositions(), width);
    this.tokenTypes =
        table(parameters, prefix + "token_type_embeddings.weight", config.tokenTypes(), width);
    this.layerNorm =
        new LayerNorm(parameters, prefix + "LayerNorm", width, config.layerNormEpsilon());
  }

  private static Tensor table(ParameterSet parameters, String name, long rows, long width) {
    return parameters.add(name, Initialization.TRUNCATED_NORMAL, rows, width);
  }

  /** Returns the word table, [vocab, embedding]: the generator's output matrix too. */
  public Tensor words() {
    return words;
  }

  /**
   * Returns embeddings after LayerNorm, before dropout.
   *
   * @param inputIds int64 [batch, seq]
   * @param tokenTypeIds int64 [batch, seq]
   * @return [batch, seq, embedding]
   */
  public Tensor forward(Tensor inputIds, Tensor tokenTypeIds) {
    long seq = inputIds.size(1);
    Tensor embedded =
        torch
            .embedding(words, inputIds)
            .add(torch.embedding(tokenTypes, tokenTypeIds))
            .add(positions.narrow(0, 0, seq)); // [batch, seq, embedding]
    return layerNorm.forward(embedded);
  }
}
