package org.solrelectra.training.report;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.solrelectra.training.random.KeyedRandom;
import org.solrelectra.training.random.KeyedRandom.Purpose;

class CurveTest {
  private static Curve curve(double... y) {
    return new Curve(IntStream.range(0, y.length).asDoubleStream().toArray(), y);
  }

  private static double[] values(Curve curve) {
    return IntStream.range(0, curve.size()).mapToDouble(curve::y).toArray();
  }

  private static String text(Curve curve) {
    return Arrays.toString(values(curve));
  }

  @Test
  void thinningKeepsEndsExtremesAndOrder() {
    long seed = System.nanoTime();
    for (int trial = 0; trial < 200; trial++) {
      KeyedRandom random = new KeyedRandom(seed, Purpose.SHUFFLE, trial);
      double[] y = new double[1 + random.nextInt(3000)];
      for (int i = 0; i < y.length; i++) {
        y[i] = random.nextInt(1 + random.nextInt(100_000));
      }
      int most = 4 + random.nextInt(500);
      Curve whole = curve(y);
      Curve thin = whole.thin(most);
      String trialText = "seed " + seed + ", trial " + trial;
      assertTrue(thin.size() <= most, trialText);
      assertArrayEquals(whole.extremes().toArray(), thin.extremes().toArray(), trialText);
      assertEquals(0, thin.x(0), trialText);
      assertEquals(y.length - 1, thin.x(thin.size() - 1), trialText);
      for (int i = 0; i < thin.size(); i++) {
        assertEquals(y[(int) thin.x(i)], thin.y(i), trialText);
        assertTrue(i == 0 || thin.x(i) > thin.x(i - 1), trialText);
      }
      if (y.length >= most) {
        assertTrue(thin.size() >= Math.min(y.length, most / 2), trialText);
      }
    }
  }

  @Test
  void eachPartKeepsItsPeak() {
    double[] y = new double[10_000];
    y[2500] = 7;
    y[7500] = -3;
    Curve thin = curve(y).thin(100);
    assertEquals(2, Arrays.stream(values(thin)).filter(value -> value != 0).count());
  }

  @Test
  void smoothingTakesAsManyLeftAsRight() {
    assertEquals("[1.0, 3.0, 4.0, 7.0, 14.0]", text(curve(1, 5, 3, 4, 14).smooth(1)));
    assertEquals("[1.0, 3.0, 5.4, 7.0, 14.0]", text(curve(1, 5, 3, 4, 14).smooth(9)));
    double[] slope = IntStream.range(0, 50).asDoubleStream().toArray();
    assertEquals(text(curve(slope)), text(curve(slope).smooth(7)), "a slope is not bent");
  }

  @Test
  void theBulkLeavesOutOutliersOnly() {
    double[] y = IntStream.range(0, 100).mapToDouble(i -> i % 11).toArray();
    assertArrayEquals(new double[] {0, 10}, curve(y).bulk().toArray());
    y[0] = -500;
    y[1] = 12;
    y[2] = 900;
    // The middle nine tenths go from 0 to 10.
    assertArrayEquals(new double[] {-10, 20}, curve(y).bulk().toArray());
    assertArrayEquals(new double[] {-500, 900}, curve(y).extremes().toArray());
    double[] flat = new double[100];
    flat[99] = 1;
    assertArrayEquals(new double[] {0, 1}, curve(flat).bulk().toArray(), "nothing to judge by");
    assertEquals(0, curve().bulk().count());
  }

  @Test
  void errors() {
    assertEquals(
        "most must be at least 4; most=3",
        assertThrows(IllegalArgumentException.class, () -> curve(1).thin(3)).getMessage());
    assertEquals(
        "a point has an x and a y; x=1, y=2",
        assertThrows(IllegalArgumentException.class, () -> new Curve(new double[1], new double[2]))
            .getMessage());
  }
}
