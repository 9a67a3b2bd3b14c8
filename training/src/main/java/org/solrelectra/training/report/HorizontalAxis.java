package org.solrelectra.training.report;

import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;

/**
 * The x axis that all charts of a report share.
 *
 * @param key of what it shows, in a line of metrics
 * @param unit how much of it is one on the axis
 * @param title what it shows, with its unit
 */
record HorizontalAxis(String key, double unit, String title, AxisScale scale) {
  private static final int MOST_TICKS = 6;

  /**
   * Returns an axis that is long enough for all runs.
   *
   * @throws IllegalArgumentException if no run has measured anything
   */
  static HorizontalAxis of(XAxis axis, List<ReportedRun> runs) {
    String key = axis == XAxis.STEPS ? "step" : axis.name().toLowerCase(Locale.ROOT);
    OptionalDouble end = runs.stream().flatMapToDouble(run -> run.greatest(key).stream()).max();
    if (end.isEmpty()) {
      throw new IllegalArgumentException("no run has measured anything yet");
    }
    double highest = end.getAsDouble();
    double unit = 1;
    String title =
        axis == XAxis.FLOPS ? "floating-point operations" : key + (axis == XAxis.STEPS ? "s" : "");
    if (axis == XAxis.SECONDS && highest >= 2 * 3600) {
      unit = 3600;
      title = "hours";
    } else if (axis == XAxis.SECONDS && highest >= 2 * 60) {
      unit = 60;
      title = "minutes";
    }
    return new HorizontalAxis(key, unit, title, AxisScale.upTo(highest / unit, MOST_TICKS));
  }
}
