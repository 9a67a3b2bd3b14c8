package org.solrelectra.training.evaluation;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;

class RegressionMetricsTest {
  private static final double ROUNDING = 1e-12;

  /** The values are those of scipy.stats.pearsonr and spearmanr. */
  @Test
  void correlationsAreThoseOfScipy() {
    RegressionMetrics metrics =
        RegressionMetrics.of(new double[] {1, 2, 2, 4, 5.5}, new double[] {0.5, 2.5, 1, 1, 7});
    assertEquals(0.7809364142056731, metrics.pearson(), ROUNDING);
    assertEquals(0.7631578947368421, metrics.spearman(), ROUNDING);
    assertEquals(1.5968719422671311, metrics.rootMeanSquaredError(), ROUNDING);
  }

  @Test
  void equalPredictionsCorrelateWithNothing() {
    RegressionMetrics metrics = RegressionMetrics.of(new double[] {1, 3}, new double[] {2, 2});
    assertEquals(new RegressionMetrics(0, 0, 1), metrics);
  }

  @Test
  void nothingToCompareIsRefused() {
    assertEquals(
        "truth and predicted must be of one length above 0; truth=1, predicted=0",
        assertThrows(
                IllegalArgumentException.class,
                () -> RegressionMetrics.of(new double[1], new double[0]))
            .getMessage());
  }
}
