package org.solrelectra.training.task;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.solrelectra.training.random.KeyedRandom;
import org.solrelectra.training.random.KeyedRandom.Purpose;

class TemperatureTest {
  /** Right three times out of four: honest logits are ln 3 apart. */
  @Test
  void overconfidenceIsTakenBack() {
    List<float[]> logits = new ArrayList<>();
    int[] labels = new int[100];
    for (int i = 0; i < labels.length; i++) {
      logits.add(new float[] {10, 0});
      labels[i] = i % 4 == 0 ? 1 : 0;
    }
    assertEquals(10 / Math.log(3), Temperature.fit(logits, labels), 1e-4);
  }

  @Test
  void labelsDrawnFromTheLogitsNeedNone() {
    KeyedRandom random = new KeyedRandom(1, Purpose.SHUFFLE, 0);
    List<float[]> logits = new ArrayList<>();
    int[] labels = new int[20_000];
    for (int i = 0; i < labels.length; i++) {
      float a = (float) random.nextGaussian();
      float b = (float) random.nextGaussian();
      logits.add(new float[] {a, b});
      labels[i] = random.nextDouble() < 1 / (1 + Math.exp(b - a)) ? 0 : 1;
    }
    assertEquals(1, Temperature.fit(logits, labels), 0.06);
  }

  @Test
  void noTemperatureIsBetterThanTheOneFound() {
    KeyedRandom random = new KeyedRandom(2, Purpose.SHUFFLE, 0);
    List<float[]> logits = new ArrayList<>();
    int[] labels = new int[200];
    for (int i = 0; i < labels.length; i++) {
      logits.add(
          new float[] {
            (float) (3 * random.nextGaussian()), (float) random.nextGaussian(), random.nextInt(3)
          });
      labels[i] = random.nextInt(3);
    }
    double found = Temperature.fit(logits, labels);
    double loss = Temperature.loss(logits, labels, found);
    for (double t = 0.05; t <= 20; t *= 1.1) {
      assertTrue(loss <= Temperature.loss(logits, labels, t) + 1e-9, "temperature " + t);
    }
  }

  @Test
  void theLossIsTheMeanNegativeLogLikelihood() {
    List<float[]> logits = List.of(new float[] {0, 0, 0}, new float[] {1000, 0, 0});
    assertEquals(Math.log(3) / 2, Temperature.loss(logits, new int[] {2, 0}, 1), 1e-12);
  }
}
