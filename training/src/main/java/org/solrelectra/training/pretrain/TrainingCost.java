package org.solrelectra.training.pretrain;

import org.solrelectra.training.network.ElectraConfig;

/**
 * What a token costs to train on, counted and not measured: multiplications and additions of matrix
 * products forward and twice that backward, embeddings looked up, heads where they are computed.
 * Unlike google-research/electra's flops_computation.py, which counts a backward pass as one
 * forward pass and a lookup as a product. For comparing objectives at equal cost.
 */
public final class TrainingCost {
  private static final double FORWARD_AND_BACKWARD = 3;
  private static final double MULTIPLY_AND_ADD = 2;

  private TrainingCost() {}

  /** Returns the floating-point operations of one token of a step. */
  public static double flopsPerToken(PretrainingConfig config, int vocabularySize) {
    ElectraConfig large = config.discriminator(vocabularySize);
    double seq = config.sequenceLength();
    double masked = config.masking().rate();
    double forward = body(large, seq);
    switch (config.objective()) {
      case MLM -> forward += masked * languageModelHead(large);
      case CLM -> forward += (seq - 1) / seq * languageModelHead(large);
      case RTD -> {
        ElectraConfig small = config.generator(vocabularySize);
        forward += body(small, seq) + masked * languageModelHead(small);
        forward +=
            switch (config.detection().loss()) {
              case ALL, MASKED -> discriminatorHead(large);
              case REPLACE_MLM -> masked * languageModelHead(large);
              case ALL_TOKENS_MLM -> languageModelHead(large);
            };
      }
    }
    return FORWARD_AND_BACKWARD * forward;
  }

  private static double body(ElectraConfig config, double seq) {
    double hidden = config.hiddenSize();
    double weights = 4 * hidden * hidden + 2 * hidden * config.intermediateSize();
    double attention = 2 * seq * hidden;
    double projection = config.projectsEmbeddings() ? config.embeddingSize() * hidden : 0;
    return MULTIPLY_AND_ADD * (config.layers() * (weights + attention) + projection);
  }

  private static double discriminatorHead(ElectraConfig config) {
    double hidden = config.hiddenSize();
    return MULTIPLY_AND_ADD * (hidden * hidden + hidden);
  }

  private static double languageModelHead(ElectraConfig config) {
    double embedding = config.embeddingSize();
    return MULTIPLY_AND_ADD
        * (config.hiddenSize() * embedding + embedding * config.vocabularySize());
  }
}
