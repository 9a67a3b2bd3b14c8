package org.solrelectra.config;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.solrelectra.config.LatencyReport.Load;

/** What is computed before and after questions are asked. */
class LatencyBenchmarkTest {
  private static Latencies millis(long... millis) {
    return new Latencies(LongStream.of(millis).map(each -> each * 1_000_000).toArray());
  }

  @Test
  void percentileIsTheLeastTimeThatSoManyStayedWithin() {
    Latencies hundred = millis(LongStream.rangeClosed(1, 100).map(i -> 101 - i).toArray());
    assertEquals(100, hundred.count());
    assertEquals(50, hundred.percentileMillis(50));
    assertEquals(99, hundred.percentileMillis(99));
    assertEquals(100, hundred.percentileMillis(99.5));
    assertEquals(100, hundred.percentileMillis(100));
    assertEquals(1, hundred.percentileMillis(0.1));
    assertEquals(7, millis(7).percentileMillis(50));
    assertEquals(2, millis(3, 2, 1).percentileMillis(50));
  }

  @Test
  void percentileNeedsLatenciesAndAPercentage() {
    assertEquals(
        "there must be at least one latency; latencies=0",
        assertThrows(IllegalArgumentException.class, () -> millis()).getMessage());
    assertEquals(
        "percent must be above 0 and at most 100; percent=0.0",
        assertThrows(IllegalArgumentException.class, () -> millis(1).percentileMillis(0))
            .getMessage());
  }

  @Test
  void arrivalsComeAsOftenAsAskedAndKnowNothingOfEachOther() {
    long[] arrivals = PoissonArrivals.nanos(100, 1_000, 3);
    assertArrayEquals(arrivals, PoissonArrivals.nanos(100, 1_000, 3));
    assertArrayEquals(Arrays.stream(arrivals).sorted().toArray(), arrivals);
    assertTrue(arrivals[0] >= 0 && arrivals[arrivals.length - 1] < 1e12);
    // Five standard deviations of a Poisson number of 100,000.
    assertEquals(100_000, arrivals.length, 5 * Math.sqrt(100_000));
    double[] gaps = new double[arrivals.length - 1];
    for (int i = 0; i < gaps.length; i++) {
      gaps[i] = (arrivals[i + 1] - arrivals[i]) / 1e7;
    }
    double mean = Arrays.stream(gaps).average().orElseThrow();
    // Exponential gaps deviate by their mean, and 1/e of them are longer.
    double variance = Arrays.stream(gaps).map(gap -> (gap - mean) * (gap - mean)).sum();
    assertEquals(1, Math.sqrt(variance / gaps.length), 0.02);
    assertEquals(
        Math.exp(-1),
        (double) Arrays.stream(gaps).filter(gap -> gap > 1).count() / gaps.length,
        0.01);
  }

  @Test
  void noQuestionComesTwice() {
    MixedQuestions questions =
        new MixedQuestions(List.of("how do i close it", " where is  my card ", "why"), 5);
    Set<String> asked = new HashSet<>();
    for (int i = 0; i < 9; i++) {
      assertTrue(asked.add(questions.next()), asked.toString());
    }
    assertTrue(asked.contains("how do my card"), asked.toString());
    assertTrue(asked.contains("where is i close it"), asked.toString());
    assertEquals(
        "there are no more questions that differ; questions=9",
        assertThrows(IllegalStateException.class, questions::next).getMessage());
  }

  @Test
  void capacityIsThatOfTwoWindowsThatDifferLittle() {
    assertFalse(LatencyBenchmark.isSteady(List.of(10.0)));
    assertFalse(LatencyBenchmark.isSteady(List.of(10.0, 20.0)));
    assertTrue(LatencyBenchmark.isSteady(List.of(10.0, 20.0, 20.5)));
    assertEquals(20.25, LatencyReport.capacity(List.of(10.0, 20.0, 20.5)));
    assertEquals(10, LatencyReport.capacity(List.of(10.0)));
  }

  @Test
  void loadThatNothingWasAnsweredAtIsAnError() {
    assertEquals(
        "no question was answered at 50 % of the capacity: none came; measure for longer",
        assertThrows(IOException.class, () -> Load.of(50, 0.1, new long[0], 0, null)).getMessage());
    assertEquals(
        "no question was answered at 80 % of the capacity: too late",
        assertThrows(IOException.class, () -> Load.of(80, 9, new long[0], 3, "too late"))
            .getMessage());
  }

  @Test
  void reportIsMarkdown() {
    LatencyReport report =
        new LatencyReport(
            60,
            2,
            List.of(8.0, 10.0, 10.2),
            List.of(
                new Load(50, 5.05, millis(90, 110, 250), 0, null),
                new Load(80, 8.08, millis(100, 400), 1, "too late")),
            3,
            1_000,
            millis(100, 100, 120),
            millis(8, 9, 9),
            millis(2, 3, 4));
    assertEquals(
        """
        Capacity: 10.1 questions a second from 2 clients (8.0, 10.0, 10.2).
        Poisson arrivals for 60 s each, latency from the arrival; the cache of scores knew 3 of 1000 pairs.

        | load | a second | questions | errors | p50 ms | p95 ms | p99 ms | most ms |
        |---|---:|---:|---:|---:|---:|---:|---:|
        | 50 % | 5.1 | 3 | 0 | 110.0 | 250.0 | 250.0 | 250.0 |
        | 80 % | 8.1 | 3 | 1 | 100.0 | 400.0 | 400.0 | 400.0 |

        At 80 %: too late

        | one client, 3 questions | p50 ms | p95 ms | p99 ms |
        |---|---:|---:|---:|
        | reranked | 100.0 | 120.0 | 120.0 |
        | the same again: all but the model's runs | 9.0 | 9.0 | 9.0 |
        | the same without reranking | 3.0 | 4.0 | 4.0 |

        Not the model's runs: 9.0 % of a request.
        """,
        report.text());
  }
}
