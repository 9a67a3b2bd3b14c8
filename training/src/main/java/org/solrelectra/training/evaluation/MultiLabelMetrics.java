package org.solrelectra.training.evaluation;

import java.util.Arrays;
import java.util.List;

/**
 * Measures of texts that have any number of labels, as scikit-learn computes them from indicator
 * matrices; an F1 of 0/0 is 0.
 *
 * @param microF1 F1 over all decisions of all labels
 * @param macroF1 mean of the labels' F1
 * @param exactMatch share of texts whose labels are all right
 */
public record MultiLabelMetrics(double microF1, double macroF1, double exactMatch) {

  /**
   * Compares predictions with the truth, each [texts][labels].
   *
   * @throws IllegalArgumentException if the lists differ in length or are empty
   */
  public static MultiLabelMetrics of(List<boolean[]> truth, List<boolean[]> predicted) {
    if (truth.size() != predicted.size() || truth.isEmpty()) {
      throw new IllegalArgumentException(
          "truth and predicted must be of one length above 0; truth="
              + truth.size()
              + ", predicted="
              + predicted.size());
    }
    int labels = truth.get(0).length;
    long[] hits = new long[labels];
    long[] wrong = new long[labels];
    int exact = 0;
    for (int i = 0; i < truth.size(); i++) {
      boolean[] is = truth.get(i);
      boolean[] said = predicted.get(i);
      for (int label = 0; label < labels; label++) {
        if (is[label] && said[label]) {
          hits[label]++;
        } else if (is[label] || said[label]) {
          wrong[label]++;
        }
      }
      exact += Arrays.equals(is, said) ? 1 : 0;
    }
    double sum = 0;
    for (int label = 0; label < labels; label++) {
      sum += f1(hits[label], wrong[label]);
    }
    return new MultiLabelMetrics(
        f1(Arrays.stream(hits).sum(), Arrays.stream(wrong).sum()),
        sum / labels,
        (double) exact / truth.size());
  }

  private static double f1(long hits, long wrong) {
    return hits == 0 ? 0 : 2.0 * hits / (2.0 * hits + wrong);
  }
}
