package org.solrelectra.training.task;

import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/**
 * For each label alone the probability from which on a text has it, so that F1 is largest on a
 * development set.
 */
final class LabelThresholds {
  /** Of a label of which nothing is known. */
  static final double USUAL = 0.5;

  private LabelThresholds() {}

  /** Returns the probability of a label that stands alone. */
  static double probability(float logit, double temperature) {
    return 1 / (1 + Math.exp(-logit / temperature));
  }

  /**
   * Returns the best threshold of each label: {@link #USUAL} where it is as good as any or no
   * example has the label, else one in the middle between two examples.
   *
   * @param logits [examples][labels]
   * @param truth [examples][labels]
   */
  static double[] best(List<float[]> logits, List<boolean[]> truth) {
    double[] thresholds = new double[truth.get(0).length];
    for (int label = 0; label < thresholds.length; label++) {
      double[] probabilities = new double[logits.size()];
      boolean[] has = new boolean[logits.size()];
      for (int i = 0; i < probabilities.length; i++) {
        probabilities[i] = probability(logits.get(i)[label], 1);
        has[i] = truth.get(i)[label];
      }
      thresholds[label] = best(probabilities, has);
    }
    return thresholds;
  }

  /** Of equal thresholds the one that is nearest to {@link #USUAL} is taken. */
  private static double best(double[] probabilities, boolean[] has) {
    int[] order =
        IntStream.range(0, probabilities.length)
            .boxed()
            .sorted(Comparator.comparingDouble(i -> -probabilities[i]))
            .mapToInt(Integer::intValue)
            .toArray();
    long positives = IntStream.range(0, has.length).filter(i -> has[i]).count();
    if (positives == 0) {
      return USUAL;
    }
    double best = USUAL;
    double bestF1 = f1(probabilities, has, USUAL);
    long truePositives = 0;
    for (int predicted = 1; predicted <= order.length; predicted++) {
      double lowest = probabilities[order[predicted - 1]];
      truePositives += has[order[predicted - 1]] ? 1 : 0;
      double next = predicted < order.length ? probabilities[order[predicted]] : 0;
      if (next < lowest) {
        double f1 = 2.0 * truePositives / (predicted + positives);
        double threshold = between(next, lowest);
        boolean nearer = Math.abs(threshold - USUAL) < Math.abs(best - USUAL);
        if (f1 > bestF1 || (f1 == bestF1 && nearer)) {
          bestF1 = f1;
          best = threshold;
        }
      }
    }
    return best;
  }

  /** Returns a number above the lower one; at most the higher, where no other is between. */
  private static double between(double lower, double higher) {
    double middle = (lower + higher) / 2;
    return middle > lower ? middle : higher;
  }

  private static double f1(double[] probabilities, boolean[] has, double threshold) {
    long truePositives = 0;
    long errors = 0;
    for (int i = 0; i < has.length; i++) {
      boolean isPredicted = probabilities[i] >= threshold;
      if (isPredicted && has[i]) {
        truePositives++;
      } else if (isPredicted || has[i]) {
        errors++;
      }
    }
    return truePositives == 0 ? 0 : 2.0 * truePositives / (2.0 * truePositives + errors);
  }
}
