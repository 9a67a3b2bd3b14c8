package org.solrelectra.training.report;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.StringJoiner;
import java.util.stream.DoubleStream;
import org.solrelectra.training.metrics.Split;

/** Draws one metric of all runs as an SVG. Immutable. */
final class CurveChart {
  private static final int WIDTH = 560;
  private static final int HEIGHT = 300;
  private static final int LEFT = 56;
  private static final int RIGHT = 546;
  private static final int TOP = 10;
  private static final int BOTTOM = 258;
  private static final int MOST_Y_TICKS = 6;

  /** More than the chart has pixels across. */
  private static final int MOST_POINTS = 1000;

  private static final int MOST_MARKERS = 25;

  /** A training line is the mean of 1/25 of its points: about what one marker stands for. */
  private static final int SMOOTHING = 50;

  /**
   * All that is drawn of one run.
   *
   * @param raw what was measured while training
   * @param training its smoothed line; the same object if it is too short to be smoothed
   */
  private record Lines(
      int run, Curve raw, Curve training, Curve heldOut, Curve reference, String name) {
    /** The values that must be on the axis. */
    DoubleStream extremes(Metric metric) {
      DoubleStream training = metric.line() == Metric.Line.SMOOTHED ? raw.bulk() : raw.extremes();
      return DoubleStream.concat(
          training, DoubleStream.concat(heldOut.extremes(), reference.extremes()));
    }
  }

  private final Metric metric;
  private final HorizontalAxis across;
  private final AxisScale up;
  private final List<Lines> runs;
  private final List<String> without;

  private CurveChart(
      Metric metric, HorizontalAxis across, AxisScale up, List<Lines> runs, List<String> without) {
    this.metric = metric;
    this.across = across;
    this.up = up;
    this.runs = runs;
    this.without = without;
  }

  /** Returns a chart of a metric that at least one of the runs has. */
  static CurveChart of(Metric metric, HorizontalAxis across, List<ReportedRun> runs) {
    List<Lines> drawn = new ArrayList<>();
    List<String> without = new ArrayList<>();
    for (int run = 0; run < runs.size(); run++) {
      Lines lines = lines(metric, across, runs.get(run), run);
      if (lines.raw().isEmpty() && lines.heldOut().isEmpty()) {
        without.add(lines.name());
      } else {
        drawn.add(lines);
      }
    }
    double[] extremes = drawn.stream().flatMapToDouble(lines -> lines.extremes(metric)).toArray();
    AxisScale up =
        AxisScale.around(
            DoubleStream.of(extremes).min().orElseThrow(),
            DoubleStream.of(extremes).max().orElseThrow(),
            MOST_Y_TICKS);
    return new CurveChart(metric, across, up, drawn, without);
  }

  private static Lines lines(Metric metric, HorizontalAxis across, ReportedRun run, int number) {
    Curve raw = run.curve(Split.TRAINING, metric.key(), across);
    int reach = metric.line() == Metric.Line.SMOOTHED ? raw.size() / SMOOTHING : 0;
    Curve reference =
        metric.key().equals(Metric.RTD_ACCURACY)
            ? run.curve(Split.HELD_OUT, Metric.REPLACED_FRACTION, across).map(share -> 1 - share)
            : new Curve(new double[0], new double[0]);
    return new Lines(
        number,
        raw,
        reach > 0 ? raw.smooth(reach) : raw,
        run.curve(Split.HELD_OUT, metric.key(), across),
        reference,
        run.name());
  }

  /**
   * Appends the chart.
   *
   * @param id unique on the page
   */
  void appendTo(StringBuilder html, String id) {
    html.append(
            String.format(
                Locale.ROOT, "<figure class=\"chart\">\n<figcaption>\n<h3 id=\"%s\">", id))
        .append(HtmlText.escape(metric.title()))
        .append("</h3>\n");
    if (!metric.meaning().isEmpty()) {
      html.append("<p>").append(HtmlText.escape(metric.meaning())).append("</p>\n");
    }
    appendCutOff(html);
    if (!without.isEmpty()) {
      html.append("<p class=\"without\">Not measured by ")
          .append(HtmlText.escape(String.join(", ", without)))
          .append("</p>\n");
    }
    html.append("</figcaption>\n");
    html.append(
        String.format(
            Locale.ROOT,
            "<svg viewBox=\"0 0 %d %d\" role=\"img\" aria-labelledby=\"%s\" aria-describedby=\"%s-text\""
                + " data-plot=\"%d %d %d %d\" data-range=\"%s %s %s %s\" data-decimals=\"%d\">\n",
            WIDTH,
            HEIGHT,
            id,
            id,
            LEFT,
            RIGHT,
            TOP,
            BOTTOM,
            across.scale().low(),
            across.scale().high(),
            up.low(),
            up.high(),
            decimals()));
    html.append(String.format(Locale.ROOT, "<desc id=\"%s-text\">", id))
        .append(HtmlText.escape(description()))
        .append("</desc>\n");
    appendAxes(html);
    html.append(
        String.format(
            Locale.ROOT,
            "<clipPath id=\"%s-plot\"><rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\"/></clipPath>\n",
            id,
            LEFT,
            TOP,
            RIGHT - LEFT,
            BOTTOM - TOP));
    html.append(String.format(Locale.ROOT, "<g clip-path=\"url(#%s-plot)\">\n", id));
    runs.forEach(lines -> appendTraining(html, lines));
    html.append("</g>\n");
    runs.forEach(lines -> appendHeldOut(html, lines));
    html.append("</svg>\n");
    html.append("</figure>\n");
  }

  private void appendCutOff(StringBuilder html) {
    double lowest = up.low();
    double highest = up.high();
    for (Lines lines : runs) {
      for (double value : lines.raw().extremes().toArray()) {
        lowest = Math.min(lowest, value);
        highest = Math.max(highest, value);
      }
    }
    StringJoiner beyond = new StringJoiner(", ");
    if (lowest < up.low()) {
      beyond.add("down to " + NumberText.significant(lowest, 3));
    }
    if (highest > up.high()) {
      beyond.add("up to " + NumberText.significant(highest, 3));
    }
    if (beyond.length() > 0) {
      html.append("<p class=\"beyond\">Outside the picture: training ")
          .append(beyond)
          .append(".</p>\n");
    }
  }

  /** What the drawing can tell apart: 1/25,000 of the axis, a hundredth of a pixel. */
  private int decimals() {
    return Math.max(0, 3 - (int) Math.floor(Math.log10(up.high() - up.low())));
  }

  private String description() {
    StringJoiner sentences = new StringJoiner(" ");
    sentences.add(metric.title() + " against " + across.title() + ".");
    for (Lines lines : runs) {
      StringJoiner ends = new StringJoiner(", ", lines.name() + ": ", ".");
      addEnds(ends, Split.TRAINING, lines.training());
      addEnds(ends, Split.HELD_OUT, lines.heldOut());
      sentences.add(ends.toString());
    }
    return sentences.toString();
  }

  private static void addEnds(StringJoiner ends, Split split, Curve curve) {
    if (!curve.isEmpty()) {
      ends.add(
          split.label()
              + " from "
              + NumberText.significant(curve.y(0), 4)
              + " to "
              + NumberText.significant(curve.y(curve.size() - 1), 4));
    }
  }

  private void appendAxes(StringBuilder html) {
    html.append("<g class=\"axes\" aria-hidden=\"true\">\n");
    for (double tick : up.ticks()) {
      String y = coordinate(y(tick));
      html.append(
              String.format(Locale.ROOT, "<path class=\"grid\" d=\"M%d %sH%d\"/>", LEFT, y, RIGHT))
          .append(
              String.format(
                  Locale.ROOT,
                  "<text x=\"%d\" y=\"%s\" dy=\"4\" text-anchor=\"end\">%s</text>\n",
                  LEFT - 8,
                  y,
                  up.label(tick)));
    }
    for (double tick : across.scale().ticks()) {
      String x = coordinate(x(tick));
      html.append(String.format(Locale.ROOT, "<path class=\"tick\" d=\"M%s %dv5\"/>", x, BOTTOM))
          .append(
              String.format(
                  Locale.ROOT,
                  "<text x=\"%s\" y=\"%d\" text-anchor=\"middle\">%s</text>\n",
                  x,
                  BOTTOM + 19,
                  across.scale().label(tick)));
    }
    html.append(
            String.format(
                Locale.ROOT, "<path class=\"tick\" d=\"M%d %dH%d\"/>", LEFT, BOTTOM, RIGHT))
        .append(
            String.format(
                Locale.ROOT,
                "<text class=\"title\" x=\"%d\" y=\"%d\" text-anchor=\"end\">%s</text>\n</g>\n",
                RIGHT,
                HEIGHT - 5,
                across.title()));
  }

  private void appendTraining(StringBuilder html, Lines lines) {
    if (lines.training().isEmpty()) {
      return;
    }
    open(html, lines);
    if (lines.training() != lines.raw()) {
      appendLine(html, "raw", lines.raw());
    }
    appendLine(html, "training", lines.training());
    html.append("</g>\n");
  }

  private void appendHeldOut(StringBuilder html, Lines lines) {
    if (lines.heldOut().isEmpty()) {
      return;
    }
    open(html, lines);
    if (!lines.reference().isEmpty()) {
      appendLine(html, "reference", lines.reference());
    }
    appendLine(html, "held-out", lines.heldOut());
    Curve curve = lines.heldOut();
    int every = (curve.size() + MOST_MARKERS - 1) / MOST_MARKERS;
    for (int i = (curve.size() - 1) % every; i < curve.size(); i += every) {
      html.append("<path class=\"marker\" d=\"")
          .append(Marker.of(lines.run()).path(x(curve.x(i)), y(curve.y(i))))
          .append("\"><title>")
          .append(
              HtmlText.escape(
                  lines.name()
                      + ", held-out: "
                      + NumberText.significant(curve.y(i), 5)
                      + " at "
                      + NumberText.significant(curve.x(i), 6)
                      + " "
                      + across.title()))
          .append("</title></path>\n");
    }
    html.append("</g>\n");
  }

  private static void open(StringBuilder html, Lines lines) {
    html.append("<g class=\"")
        .append(HtmlReport.runClass(lines.run()))
        .append("\" data-name=\"")
        .append(HtmlText.escape(lines.name()))
        .append("\">\n");
  }

  private void appendLine(StringBuilder html, String kind, Curve whole) {
    Curve curve = whole.thin(MOST_POINTS);
    html.append("<polyline class=\"").append(kind).append("\" points=\"");
    for (int i = 0; i < curve.size(); i++) {
      html.append(i == 0 ? "" : " ")
          .append(coordinate(x(curve.x(i))))
          .append(',')
          .append(coordinate(y(curve.y(i))));
    }
    html.append("\"/>\n");
  }

  private double x(double value) {
    return LEFT + across.scale().position(value) * (RIGHT - LEFT);
  }

  private double y(double value) {
    return BOTTOM - up.position(value) * (BOTTOM - TOP);
  }

  /** Returns hundredths of a pixel, as short as can be. */
  static String coordinate(double value) {
    long hundredths = Math.round(value * 100);
    return hundredths % 100 == 0
        ? Long.toString(hundredths / 100)
        : Double.toString(hundredths / 100.0);
  }
}
