package org.solrelectra.training.pretrain;

import org.solrelectra.training.network.ElectraConfig;

/**
 * The sizes of Clark et al. 2020 (google-research/electra, configure_pretraining.py L82-132) and
 * one small enough for a CPU.
 */
public enum PretrainingSize {
  TINY(128, 4, 128, 0.5, 128, 128, 5e-4, 0.15),
  SMALL(256, 12, 128, 0.25, 128, 128, 5e-4, 0.15),
  BASE(768, 12, 768, 0.33333, 512, 256, 2e-4, 0.15),
  /** 25 %: at 15 % its generator was too accurate (appendix A). */
  LARGE(1024, 24, 1024, 0.25, 512, 2048, 2e-4, 0.25);

  private static final int HEAD_SIZE = 64;
  private static final int MAX_POSITIONS = 512;
  private static final double DROPOUT = 0.1;

  private final int hiddenSize;
  private final int layers;
  private final int embeddingSize;
  private final double generatorFraction;
  private final int sequenceLength;
  private final int batchSize;
  private final double learningRate;
  private final double maskRate;

  PretrainingSize(
      int hiddenSize,
      int layers,
      int embeddingSize,
      double generatorFraction,
      int sequenceLength,
      int batchSize,
      double learningRate,
      double maskRate) {
    this.hiddenSize = hiddenSize;
    this.layers = layers;
    this.embeddingSize = embeddingSize;
    this.generatorFraction = generatorFraction;
    this.sequenceLength = sequenceLength;
    this.batchSize = batchSize;
    this.learningRate = learningRate;
    this.maskRate = maskRate;
  }

  /** Returns the network that is kept; its dropout is what fine-tuning uses. */
  public ElectraConfig discriminator(int vocabularySize) {
    return config(vocabularySize, hiddenSize);
  }

  /**
   * Returns the network that proposes replacements: as deep, but narrower (run_pretraining.py
   * L338-348).
   *
   * @param fraction its hidden size over the discriminator's
   */
  public ElectraConfig generator(int vocabularySize, double fraction) {
    return config(vocabularySize, (int) Math.round(hiddenSize * fraction));
  }

  private ElectraConfig config(int vocabularySize, int hidden) {
    return new ElectraConfig(
        vocabularySize,
        embeddingSize,
        hidden,
        layers,
        Math.max(1, hidden / HEAD_SIZE),
        4 * hidden,
        MAX_POSITIONS,
        2,
        1e-12,
        DROPOUT,
        DROPOUT);
  }

  public double generatorFraction() {
    return generatorFraction;
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
