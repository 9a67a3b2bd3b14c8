package org.solrelectra.training.pretrain;

import org.solrelectra.training.network.ElectraConfig;

/**
 * The sizes of Clark et al. 2020 (google-research/electra, configure_pretraining.py L82-132) and
 * one small enough for a CPU.
 */
public enum PretrainingSize {
  TINY(128, 4, 2, 128, 64, 1, 128, 128, 5e-4, 0.15),
  SMALL(256, 12, 4, 128, 64, 1, 128, 128, 5e-4, 0.15),
  BASE(768, 12, 12, 768, 256, 4, 512, 256, 2e-4, 0.15),
  /** 25 %: at 15 % its generator was too accurate (appendix A). */
  LARGE(1024, 24, 16, 1024, 256, 4, 512, 2048, 2e-4, 0.25);

  private static final int MAX_POSITIONS = 512;
  private static final double DROPOUT = 0.1;

  private final int hiddenSize;
  private final int layers;
  private final int heads;
  private final int embeddingSize;
  private final int generatorHiddenSize;
  private final int generatorHeads;
  private final int sequenceLength;
  private final int batchSize;
  private final double learningRate;
  private final double maskRate;

  PretrainingSize(
      int hiddenSize,
      int layers,
      int heads,
      int embeddingSize,
      int generatorHiddenSize,
      int generatorHeads,
      int sequenceLength,
      int batchSize,
      double learningRate,
      double maskRate) {
    this.hiddenSize = hiddenSize;
    this.layers = layers;
    this.heads = heads;
    this.embeddingSize = embeddingSize;
    this.generatorHiddenSize = generatorHiddenSize;
    this.generatorHeads = generatorHeads;
    this.sequenceLength = sequenceLength;
    this.batchSize = batchSize;
    this.learningRate = learningRate;
    this.maskRate = maskRate;
  }

  /** Returns the network that is kept; its dropout is what fine-tuning uses. */
  public ElectraConfig discriminator(int vocabularySize) {
    return config(vocabularySize, hiddenSize, heads);
  }

  /** Returns the network that proposes replacements: as deep, but narrower. */
  public ElectraConfig generator(int vocabularySize) {
    return config(vocabularySize, generatorHiddenSize, generatorHeads);
  }

  private ElectraConfig config(int vocabularySize, int hidden, int headCount) {
    return new ElectraConfig(
        vocabularySize,
        embeddingSize,
        hidden,
        layers,
        headCount,
        4 * hidden,
        MAX_POSITIONS,
        2,
        1e-12,
        DROPOUT,
        DROPOUT);
  }

  public int sequenceLength() {
    return sequenceLength;
  }

  public int batchSize() {
    return batchSize;
  }

  public double learningRate() {
    return learningRate;
  }

  public double maskRate() {
    return maskRate;
  }
}
