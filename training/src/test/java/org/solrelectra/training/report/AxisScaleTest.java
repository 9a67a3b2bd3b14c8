package org.solrelectra.training.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.solrelectra.training.random.KeyedRandom;
import org.solrelectra.training.random.KeyedRandom.Purpose;

class AxisScaleTest {
  private static List<String> labels(AxisScale axis) {
    return Arrays.stream(axis.ticks()).mapToObj(axis::label).toList();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "4.13  | 10.4   | 4, 6, 8, 10, 12",
        "0.842 | 0.861  | 0.840, 0.845, 0.850, 0.855, 0.860, 0.865",
        "0     | 1      | 0, 0.2, 0.4, 0.6, 0.8, 1.0",
        "-0.3  | 0.3    | -0.3, -0.2, -0.1, 0, 0.1, 0.2, 0.3",
        "0     | 0.0005 | 0, 1e-4, 2e-4, 3e-4, 4e-4, 5e-4",
        "0     | 0.002  | 0, 0.5e-3, 1.0e-3, 1.5e-3, 2.0e-3",
        "16500 | 19400  | 16.5k, 17.0k, 17.5k, 18.0k, 18.5k, 19.0k, 19.5k",
        "2     | 2      | 1.8, 1.9, 2.0, 2.1, 2.2",
        "0     | 0      | -1.0, -0.5, 0, 0.5, 1.0",
      })
  void ticksAreRound(double lowest, double highest, String labels) {
    assertEquals(labels, String.join(", ", labels(AxisScale.around(lowest, highest, 6))));
  }

  @Test
  void anAxisFromNoughtEndsWhereTheRunsEnd() {
    AxisScale tokens = AxisScale.upTo(65_536_000, 6);
    assertEquals(List.of("0", "20M", "40M", "60M"), labels(tokens));
    assertEquals(0.5, tokens.position(32_768_000));
    assertEquals(1, tokens.position(65_536_000));
    assertEquals(List.of("0", "20", "40", "60", "80", "100"), labels(AxisScale.upTo(100, 6)));
    assertEquals(1, AxisScale.upTo(0, 6).high());
  }

  @Test
  void everyAxisShowsItsValuesWithFewTicksThatDiffer() {
    long seed = System.nanoTime();
    for (int trial = 0; trial < 500; trial++) {
      KeyedRandom random = new KeyedRandom(seed, Purpose.SHUFFLE, trial);
      double size = Math.pow(10, random.nextInt(14) - 6);
      double lowest = (random.nextInt(2001) - 1000) * size;
      double highest = lowest + random.nextInt(2000) * size;
      AxisScale axis = AxisScale.around(lowest, highest, 6);
      String text = "seed " + seed + ", trial " + trial + ": " + axis;
      assertTrue(axis.position(lowest) >= -1e-6 && axis.position(highest) <= 1 + 1e-6, text);
      List<String> labels = labels(axis);
      assertTrue(labels.size() >= 3 && labels.size() <= 9, text + labels);
      assertEquals(labels.size(), new HashSet<>(labels).size(), text + labels);
    }
  }

  @Test
  void anAxisGoesUp() {
    assertEquals(
        "an axis must go up; low=1.0, high=1.0, tick=1.0",
        assertThrows(IllegalArgumentException.class, () -> new AxisScale(1, 1, 1)).getMessage());
  }
}
