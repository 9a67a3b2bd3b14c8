package org.solrelectra.training.pretrain;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.solrelectra.training.network.Precision;

class TrainingCostTest {
  /** By hand: three times the forward products, in millions a token, with BERT's vocabulary. */
  @ParameterizedTest
  @CsvSource({
    "TINY, RTD, 128, 10.8",
    "TINY, MLM, 128, 9.0",
    "SMALL, RTD, 128, 70.2",
    "SMALL, MLM, 128, 65.1",
    "BASE, RTD, 128, 611",
    "BASE, MLM, 128, 545",
    "BASE, RTD, 512, 668",
    "BASE, MLM, 512, 588",
    "LARGE, RTD, 512, 2169",
  })
  void productsAreCounted(
      PretrainingSize size, Objective objective, int sequenceLength, double millions) {
    PretrainingConfig config =
        PretrainingConfig.of(Recipe.RECOMMENDED, size, objective, 100)
            .withBatch(sequenceLength, 8, Precision.FP32);
    assertEquals(
        millions, TrainingCost.flopsPerToken(config, 30_522) / 1e6, 0.01 * millions, "MF a token");
  }

  /** A causal model predicts all positions but the last: most of its cost is the vocabulary. */
  @ParameterizedTest
  @CsvSource({"TINY, 28.86"})
  void aCausalModelPaysForEachPosition(PretrainingSize size, double millions) {
    PretrainingConfig config = PretrainingConfig.of(Recipe.RECOMMENDED, size, Objective.CLM, 100);
    assertEquals(millions, TrainingCost.flopsPerToken(config, 30_522) / 1e6, 0.1, "MF a token");
  }
}
