package org.solrelectra.training.network;

import org.bytedeco.pytorch.Tensor;

/**
 * Word + token type + position embedding, then LayerNorm, then dropout. In the paper generator and
 * discriminator share all of it, the LayerNorm included (google-research/electra, modeling.py
 * L187-218).
 */
public final class ElectraEmbeddings {
  private static final String WORDS = "word_embeddings.weight";
  private static final String POSITIONS = "position_embeddings.weight";

  private final String prefix;
  private final EmbeddingTable words;
  private final EmbeddingTable positions;
  private final EmbeddingTable tokenTypes;
  private final LayerNorm layerNorm;

  /**
   * Adds a block to {@code parameters}.
   *
   * @param owner what the names start with: empty, or {@code generator.} for a generator that does
   *     not share the discriminator's
   */
  public ElectraEmbeddings(ParameterSet parameters, String owner, ElectraConfig config) {
    this.prefix = prefix(owner);
    long width = config.embeddingSize();
    // Rows of padding are never looked up, and no gradient moves them from 0.
    this.words =
        new EmbeddingTable(
            parameters.addVocabularyRows(
                prefix + WORDS, Initialization.TRUNCATED_NORMAL, 0, config.vocabularySize(), width),
            null);
    this.positions = table(parameters, prefix + POSITIONS, config.maxPositions(), width);
    this.tokenTypes = tokenTypes(parameters, prefix, config);
    this.layerNorm = layerNorm(parameters, prefix, config);
  }

  private ElectraEmbeddings(
      ParameterSet parameters, String owner, ElectraConfig config, ElectraEmbeddings base) {
    this.prefix = prefix(owner);
    this.words =
        new EmbeddingTable(parameters.addDelta(prefix + WORDS, base.prefix + WORDS), base.words);
    this.positions =
        new EmbeddingTable(
            parameters.addDelta(prefix + POSITIONS, base.prefix + POSITIONS), base.positions);
    this.tokenTypes = tokenTypes(parameters, prefix, config);
    this.layerNorm = layerNorm(parameters, prefix, config);
  }

  /**
   * Adds a block whose word and position tables are trained differences to {@code base}, which gets
   * no gradient from here: gradient-disentangled embedding sharing (He et al. 2021, DeBERTaV3,
   * section 3.2).
   */
  public static ElectraEmbeddings disentangled(
      ParameterSet parameters, String owner, ElectraConfig config, ElectraEmbeddings base) {
    return new ElectraEmbeddings(parameters, owner, config, base);
  }

  private static String prefix(String owner) {
    return owner + "electra.embeddings.";
  }

  private static EmbeddingTable tokenTypes(
      ParameterSet parameters, String prefix, ElectraConfig config) {
    return table(
        parameters,
        prefix + "token_type_embeddings.weight",
        config.tokenTypes(),
        config.embeddingSize());
  }

  private static LayerNorm layerNorm(ParameterSet parameters, String prefix, ElectraConfig config) {
    return new LayerNorm(
        parameters, prefix + "LayerNorm", config.embeddingSize(), config.layerNormEpsilon());
  }

  private static EmbeddingTable table(ParameterSet parameters, String name, long rows, long width) {
    return new EmbeddingTable(
        parameters.add(name, Initialization.TRUNCATED_NORMAL, rows, width), null);
  }

  EmbeddingTable words() {
    return words;
  }

  /**
   * Returns embeddings after LayerNorm, before dropout.
   *
   * @param inputIds int64 [batch, seq]
   * @param tokenTypeIds int64 [batch, seq]
   * @param positionIds int64 [batch, seq]; null for 0, 1, 2 … in each row
   * @return [batch, seq, embedding]
   */
  public Tensor forward(Tensor inputIds, Tensor tokenTypeIds, Tensor positionIds) {
    Tensor places =
        positionIds == null
            ? positions.first(inputIds.size(1)) // [seq, embedding]
            : positions.lookUp(positionIds); // [batch, seq, embedding]
    Tensor embedded =
        words
            .lookUp(inputIds)
            .add(tokenTypes.lookUp(tokenTypeIds))
            .add(places); // [batch, seq, embedding]
    return layerNorm.forward(embedded);
  }
}
