package org.solrelectra.training.task;

import java.util.List;

/**
 * Temperature scaling (Guo et al. 2017): the one number that, dividing all logits, makes the
 * likelihood of the development set largest. Changes no ranking of labels, only how sure they look.
 */
final class Temperature {
  private static final double LOWEST = 0.05;
  private static final double HIGHEST = 20;
  private static final int ITERATIONS = 60;

  private Temperature() {}

  static double fit(List<float[]> logits, int[] labels) {
    // Golden-section search over the logarithm: the loss has one minimum.
    double ratio = (Math.sqrt(5) - 1) / 2;
    double low = Math.log(LOWEST);
    double high = Math.log(HIGHEST);
    for (int i = 0; i < ITERATIONS; i++) {
      double a = high - ratio * (high - low);
      double b = low + ratio * (high - low);
      if (loss(logits, labels, Math.exp(a)) < loss(logits, labels, Math.exp(b))) {
        high = b;
      } else {
        low = a;
      }
    }
    return Math.exp((low + high) / 2);
  }

  /** Returns the mean negative log-likelihood of the labels, in nats. */
  static double loss(List<float[]> logits, int[] labels, double temperature) {
    double sum = 0;
    for (int i = 0; i < labels.length; i++) {
      float[] row = logits.get(i);
      double largest = Double.NEGATIVE_INFINITY;
      for (float logit : row) {
        largest = Math.max(largest, logit / temperature);
      }
      double normalizer = 0;
      for (float logit : row) {
        normalizer += Math.exp(logit / temperature - largest);
      }
      sum += Math.log(normalizer) + largest - row[labels[i]] / temperature;
    }
    return sum / labels.length;
  }
}
