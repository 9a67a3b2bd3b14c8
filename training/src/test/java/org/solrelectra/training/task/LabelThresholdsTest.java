package org.solrelectra.training.task;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.solrelectra.training.random.KeyedRandom;
import org.solrelectra.training.random.KeyedRandom.Purpose;

class LabelThresholdsTest {
  private static final double EXACT = 0;

  private static double f1(List<float[]> logits, List<boolean[]> truth, int label, double from) {
    int hits = 0;
    int said = 0;
    int is = 0;
    for (int i = 0; i < logits.size(); i++) {
      boolean taken = LabelThresholds.probability(logits.get(i)[label], 1) >= from;
      hits += taken && truth.get(i)[label] ? 1 : 0;
      said += taken ? 1 : 0;
      is += truth.get(i)[label] ? 1 : 0;
    }
    return said + is == 0 ? 0 : 2.0 * hits / (said + is);
  }

  /** Logits of few values, so that many are equal; of the labels some are rare. */
  @Test
  void noThresholdHasABetterF1() {
    int labels = 4;
    for (int round = 0; round < 200; round++) {
      KeyedRandom random = new KeyedRandom(1, Purpose.SHUFFLE, round);
      List<float[]> logits = new ArrayList<>();
      List<boolean[]> truth = new ArrayList<>();
      for (int i = 0; i < 1 + random.nextInt(12); i++) {
        float[] row = new float[labels];
        boolean[] has = new boolean[labels];
        for (int label = 0; label < labels; label++) {
          row[label] = random.nextInt(9) - 6;
          has[label] = random.nextInt(2 + 2 * label) == 0;
        }
        logits.add(row);
        truth.add(has);
      }
      double[] thresholds = LabelThresholds.best(logits, truth);
      for (int label = 0; label < labels; label++) {
        double best = f1(logits, truth, label, LabelThresholds.USUAL);
        for (float[] row : logits) {
          double from = LabelThresholds.probability(row[label], 1);
          best = Math.max(best, f1(logits, truth, label, from));
        }
        String what = "round " + round + ", label " + label + ", threshold " + thresholds[label];
        assertEquals(best, f1(logits, truth, label, thresholds[label]), EXACT, what);
      }
    }
  }

  /** A half where it does; the middle between two examples where not; a half where none is. */
  @Test
  void thresholdsAreNoLowerThanNeeded() {
    List<float[]> logits =
        List.of(
            new float[] {2, -1, 1}, //
            new float[] {-2, -3, 2});
    List<boolean[]> truth =
        List.of(
            new boolean[] {true, true, false}, //
            new boolean[] {false, false, false});
    double middle = (LabelThresholds.probability(-1, 1) + LabelThresholds.probability(-3, 1)) / 2;
    assertArrayEquals(new double[] {0.5, middle, 0.5}, LabelThresholds.best(logits, truth), EXACT);
  }
}
