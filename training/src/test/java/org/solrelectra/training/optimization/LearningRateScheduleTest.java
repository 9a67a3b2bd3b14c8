package org.solrelectra.training.optimization;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.solrelectra.training.optimization.LearningRateSchedule.Shape;

class LearningRateScheduleTest {
  private static final double ROUNDING = 1e-15;

  /** By hand: peak .1, 10 steps, 4 of warm-up. */
  @ParameterizedTest
  @CsvSource({
    "0, 0, 0",
    "1, 0.0225, 0.025",
    "2, 0.04, 0.05",
    "4, 0.06, 0.1",
    "7, 0.03, 0.05",
    "10, 0, 0",
    "11, 0, 0"
  })
  void ratesAreTheFormulas(long step, double original, double separate) {
    assertEquals(original, rate(Shape.ORIGINAL_LINEAR, step), ROUNDING);
    assertEquals(separate, rate(Shape.SEPARATE_LINEAR, step), ROUNDING);
  }

  private static double rate(Shape shape, long step) {
    return new LearningRateSchedule(shape, 0.1, 10, 4).rate(step);
  }

  /** So a schedule can be one of seconds, of which any fraction may have passed. */
  @ParameterizedTest
  @EnumSource(Shape.class)
  void theUnitDoesNotMatter(Shape shape) {
    LearningRateSchedule steps = new LearningRateSchedule(shape, 0.1, 1000, 60);
    LearningRateSchedule seconds = new LearningRateSchedule(shape, 0.1, 7.5, 0.45);
    for (int step = 0; step <= 1100; step++) {
      assertEquals(steps.rate(step), seconds.rate(step * 0.0075), ROUNDING, "step " + step);
    }
  }

  @ParameterizedTest
  @EnumSource(Shape.class)
  void withoutWarmupTheFirstRateIsThePeak(Shape shape) {
    assertEquals(0.1, new LearningRateSchedule(shape, 0.1, 10, 0).rate(0));
  }

  @Test
  void settingsAreChecked() {
    assertError("peak must be at least 0; peak=-1.0", -1, 10, 4);
    assertError("peak must be at least 0; peak=NaN", Double.NaN, 10, 4);
    assertError("length must be above 0; length=0.0", 1, 0, 0);
    assertError("length must be above 0; length=Infinity", 1, Double.POSITIVE_INFINITY, 0);
    assertError("warmup must be in 0..length=10.0; warmup=11.0", 1, 10, 11);
  }

  private static void assertError(String message, double peak, double length, double warmup) {
    assertEquals(
        message,
        assertThrows(
                IllegalArgumentException.class,
                () -> new LearningRateSchedule(Shape.ORIGINAL_LINEAR, peak, length, warmup))
            .getMessage());
  }
}
