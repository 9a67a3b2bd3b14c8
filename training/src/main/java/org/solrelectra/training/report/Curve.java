package org.solrelectra.training.report;

import java.util.Arrays;
import java.util.function.DoubleUnaryOperator;
import java.util.stream.DoubleStream;

/** Points of a line, from left to right. Immutable; no array is shared with the outside. */
final class Curve {
  private final double[] x;
  private final double[] y;

  /** Takes as many {@code y} as {@code x}. */
  Curve(double[] x, double[] y) {
    if (x.length != y.length) {
      throw new IllegalArgumentException(
          "a point has an x and a y; x=" + x.length + ", y=" + y.length);
    }
    this.x = x.clone();
    this.y = y.clone();
  }

  int size() {
    return x.length;
  }

  boolean isEmpty() {
    return x.length == 0;
  }

  double x(int point) {
    return x[point];
  }

  double y(int point) {
    return y[point];
  }

  /** Returns the lowest and the highest value; nothing if there are no points. */
  DoubleStream extremes() {
    return isEmpty()
        ? DoubleStream.empty()
        : DoubleStream.of(
            Arrays.stream(y).min().getAsDouble(), Arrays.stream(y).max().getAsDouble());
  }

  /**
   * Returns the extremes without outliers, such as a run's first steps: as far from the middle nine
   * tenths of the values as these are long. Nothing of normally distributed noise is farther.
   */
  DoubleStream bulk() {
    double[] sorted = y.clone();
    Arrays.sort(sorted);
    int tail = sorted.length / 20;
    if (tail == 0 || sorted[tail] == sorted[sorted.length - 1 - tail]) {
      return extremes();
    }
    double low = sorted[tail];
    double high = sorted[sorted.length - 1 - tail];
    return DoubleStream.of(
        Math.max(sorted[0], low - (high - low)),
        Math.min(sorted[sorted.length - 1], high + (high - low)));
  }

  Curve map(DoubleUnaryOperator function) {
    return new Curve(x, Arrays.stream(y).map(function).toArray());
  }

  /**
   * Returns means of each point and {@code reach} points to its left and right; of fewer near the
   * ends, but always of as many left as right, so that a slope is not bent.
   */
  Curve smooth(int reach) {
    double[] sums = new double[y.length + 1];
    for (int i = 0; i < y.length; i++) {
      sums[i + 1] = sums[i] + y[i];
    }
    double[] means = new double[y.length];
    for (int i = 0; i < y.length; i++) {
      int near = Math.min(reach, Math.min(i, y.length - 1 - i));
      means[i] = (sums[i + near + 1] - sums[i - near]) / (2 * near + 1);
    }
    return new Curve(x, means);
  }

  /**
   * Returns at most {@code most} points in the same order: the first, the last, and of each of
   * equally many neighbours the lowest and the highest, so that no peak is lost.
   *
   * @param most at least 4
   */
  Curve thin(int most) {
    if (most < 4) {
      throw new IllegalArgumentException("most must be at least 4; most=" + most);
    }
    if (x.length <= most) {
      return this;
    }
    int buckets = (most - 2) / 2;
    int[] kept = new int[most];
    int count = 0;
    kept[count++] = 0;
    int inner = x.length - 2;
    for (int bucket = 0; bucket < buckets; bucket++) {
      int from = 1 + (int) ((long) inner * bucket / buckets);
      int to = 1 + (int) ((long) inner * (bucket + 1) / buckets);
      int lowest = from;
      int highest = from;
      for (int i = from + 1; i < to; i++) {
        lowest = y[i] < y[lowest] ? i : lowest;
        highest = y[i] > y[highest] ? i : highest;
      }
      kept[count++] = Math.min(lowest, highest);
      if (lowest != highest) {
        kept[count++] = Math.max(lowest, highest);
      }
    }
    kept[count++] = x.length - 1;
    int[] points = Arrays.copyOf(kept, count);
    return new Curve(
        Arrays.stream(points).mapToDouble(i -> x[i]).toArray(),
        Arrays.stream(points).mapToDouble(i -> y[i]).toArray());
  }
}
