package org.solrelectra.training.evaluation;

import java.util.Arrays;
import java.util.Comparator;
import java.util.stream.IntStream;

/**
 * How well numbers are predicted.
 *
 * @param pearson correlation, as scipy computes it; 0 if all predictions are the same
 * @param spearman correlation of the ranks; equal numbers share the mean of theirs
 * @param rootMeanSquaredError in units of the numbers
 */
public record RegressionMetrics(double pearson, double spearman, double rootMeanSquaredError) {

  /**
   * Compares predictions with the truth.
   *
   * @throws IllegalArgumentException if the lists differ in length or are empty
   */
  public static RegressionMetrics of(double[] truth, double[] predicted) {
    if (truth.length != predicted.length || truth.length == 0) {
      throw new IllegalArgumentException(
          "truth and predicted must be of one length above 0; truth="
              + truth.length
              + ", predicted="
              + predicted.length);
    }
    double squares = 0;
    for (int i = 0; i < truth.length; i++) {
      squares += (truth[i] - predicted[i]) * (truth[i] - predicted[i]);
    }
    return new RegressionMetrics(
        correlation(truth, predicted),
        correlation(ranks(truth), ranks(predicted)),
        Math.sqrt(squares / truth.length));
  }

  private static double correlation(double[] a, double[] b) {
    double meanOfA = Arrays.stream(a).average().orElseThrow();
    double meanOfB = Arrays.stream(b).average().orElseThrow();
    double covariance = 0;
    double varianceOfA = 0;
    double varianceOfB = 0;
    for (int i = 0; i < a.length; i++) {
      covariance += (a[i] - meanOfA) * (b[i] - meanOfB);
      varianceOfA += (a[i] - meanOfA) * (a[i] - meanOfA);
      varianceOfB += (b[i] - meanOfB) * (b[i] - meanOfB);
    }
    return varianceOfA == 0 || varianceOfB == 0
        ? 0
        : covariance / Math.sqrt(varianceOfA) / Math.sqrt(varianceOfB);
  }

  private static double[] ranks(double[] values) {
    int[] order =
        IntStream.range(0, values.length)
            .boxed()
            .sorted(Comparator.comparingDouble(i -> values[i]))
            .mapToInt(Integer::intValue)
            .toArray();
    double[] ranks = new double[values.length];
    int from = 0;
    while (from < order.length) {
      int to = from;
      while (to < order.length && values[order[to]] == values[order[from]]) {
        to++;
      }
      for (int i = from; i < to; i++) {
        ranks[order[i]] = (from + to - 1) / 2.0;
      }
      from = to;
    }
    return ranks;
  }
}
