package org.solrelectra.training.report;

import java.util.Locale;

/**
 * An axis with ticks at round numbers.
 *
 * @param low the value at its start
 * @param high the value at its end
 * @param tick between labelled values: 1, 2 or 5 times a power of ten
 */
record AxisScale(double low, double high, double tick) {
  /** Of floating point, when a tick falls on an end. */
  private static final double TOLERANCE = 1e-9;

  AxisScale {
    if (!(low < high) || !(tick > 0)) {
      throw new IllegalArgumentException(
          "an axis must go up; low=" + low + ", high=" + high + ", tick=" + tick);
    }
  }

  /** Returns an axis that begins and ends with a tick and shows both values. */
  static AxisScale around(double lowest, double highest, int mostTicks) {
    double spread = highest - lowest;
    // A line without a slope is drawn in the middle.
    double margin = spread > 0 ? 0 : lowest == 0 ? 1 : Math.abs(lowest) / 10;
    double from = lowest - margin;
    double to = highest + margin;
    double tick = tick(to - from, mostTicks);
    return new AxisScale(
        Math.floor(from / tick + TOLERANCE) * tick, Math.ceil(to / tick - TOLERANCE) * tick, tick);
  }

  /** Returns an axis from 0 to a value, tick or not. */
  static AxisScale upTo(double highest, int mostTicks) {
    double end = highest > 0 ? highest : 1;
    return new AxisScale(0, end, tick(end, mostTicks));
  }

  private static double tick(double length, int mostTicks) {
    double rough = length / mostTicks;
    double power = Math.pow(10, Math.floor(Math.log10(rough)));
    for (int factor : new int[] {1, 2, 5}) {
      if (factor * power >= rough * (1 - TOLERANCE)) {
        return factor * power;
      }
    }
    return 10 * power;
  }

  /** Returns the labelled values, ascending. */
  double[] ticks() {
    long first = (long) Math.ceil(low / tick - TOLERANCE);
    long last = (long) Math.floor(high / tick + TOLERANCE);
    double[] ticks = new double[(int) (last - first + 1)];
    for (int i = 0; i < ticks.length; i++) {
      ticks[i] = (first + i) * tick;
    }
    return ticks;
  }

  /** Returns how far along the axis a value is: 0 at its start, 1 at its end. */
  double position(double value) {
    return (value - low) / (high - low);
  }

  /** Returns a tick's text, as short as tells it from its neighbours. */
  String label(double value) {
    if (Math.abs(value) < tick / 2) {
      return "0";
    }
    int digit = (int) Math.floor(Math.log10(tick) + TOLERANCE);
    if (digit < -3) {
      int exponent = (int) Math.floor(Math.log10(Math.max(-low, high)) + TOLERANCE);
      return decimals(value / Math.pow(10, exponent), exponent - digit) + "e" + exponent;
    }
    if (high >= 1e6) {
      return decimals(value / 1e6, 6 - digit) + "M";
    }
    if (high >= 1e4) {
      return decimals(value / 1e3, 3 - digit) + "k";
    }
    return decimals(value, -digit);
  }

  private static String decimals(double value, int decimals) {
    return String.format(Locale.ROOT, "%." + Math.max(0, decimals) + "f", value);
  }
}
