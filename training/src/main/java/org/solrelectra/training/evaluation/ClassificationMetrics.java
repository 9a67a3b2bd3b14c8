package org.solrelectra.training.evaluation;

import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * Measures of single-label classification, as scikit-learn computes them.
 *
 * @param accuracy share of right predictions
 * @param macroF1 mean of the labels' F1 over all labels that are true or predicted somewhere; an F1
 *     of 0/0 is 0
 */
public record ClassificationMetrics(double accuracy, double macroF1) {

  /**
   * Compares predictions with the truth.
   *
   * @throws IllegalArgumentException if the lists differ in length or are empty
   */
  public static ClassificationMetrics of(List<String> truth, List<String> predicted) {
    if (truth.size() != predicted.size() || truth.isEmpty()) {
      throw new IllegalArgumentException(
          "truth and predicted must be of one length above 0; truth="
              + truth.size()
              + ", predicted="
              + predicted.size());
    }
    Set<String> labels = new TreeSet<>(truth);
    labels.addAll(predicted);
    int right = 0;
    for (int i = 0; i < truth.size(); i++) {
      if (truth.get(i).equals(predicted.get(i))) {
        right++;
      }
    }
    double sum = 0;
    for (String label : labels) {
      sum += f1(label, truth, predicted);
    }
    return new ClassificationMetrics((double) right / truth.size(), sum / labels.size());
  }

  private static double f1(String label, List<String> truth, List<String> predicted) {
    int hits = 0;
    int wrong = 0;
    for (int i = 0; i < truth.size(); i++) {
      boolean is = truth.get(i).equals(label);
      boolean said = predicted.get(i).equals(label);
      if (is && said) {
        hits++;
      } else if (is || said) {
        wrong++;
      }
    }
    return hits == 0 ? 0 : 2.0 * hits / (2.0 * hits + wrong);
  }
}
