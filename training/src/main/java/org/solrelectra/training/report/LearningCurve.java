package org.solrelectra.training.report;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalDouble;
import java.util.function.Function;
import org.knowm.xchart.BitmapEncoder;
import org.knowm.xchart.BitmapEncoder.BitmapFormat;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.style.Styler;
import org.knowm.xchart.style.markers.SeriesMarkers;
import org.solrelectra.training.metrics.InvalidMetricsException;
import org.solrelectra.training.metrics.MetricsFile;
import org.solrelectra.training.metrics.MetricsLine;
import org.solrelectra.training.metrics.Split;

/**
 * Accuracies of a pretraining run on held-out documents, against steps: the generator's, and the
 * discriminator's beside what calling every token original would reach, as far as the run measured
 * them. Immutable.
 */
public final class LearningCurve {
  private final List<MetricsLine> points;

  private LearningCurve(List<MetricsLine> points) {
    this.points = points;
  }

  /**
   * Reads what a run measured so far.
   *
   * @throws IllegalArgumentException if the folder holds no metrics, or the run measured nothing
   *     yet on held-out documents
   * @throws InvalidMetricsException if a line of its metrics is damaged
   */
  public static LearningCurve read(Path run) throws IOException {
    List<MetricsLine> points =
        MetricsFile.read(run).stream().filter(line -> line.split() == Split.HELD_OUT).toList();
    if (points.isEmpty()) {
      throw new IllegalArgumentException(
          run.resolve(MetricsFile.NAME)
              + " has no line with the split '"
              + Split.HELD_OUT.label()
              + "'");
    }
    return new LearningCurve(points);
  }

  /** Draws the curve as a PNG. */
  public void write(Path file) throws IOException {
    XYChart chart =
        new XYChartBuilder()
            .width(900)
            .height(500)
            .title("Held-out documents")
            .xAxisTitle("step")
            .yAxisTitle("accuracy")
            .build();
    chart.getStyler().setLegendPosition(Styler.LegendPosition.OutsideE);
    chart.getStyler().setYAxisMin(0.0);
    chart.getStyler().setYAxisMax(1.0);
    add(chart, "generator, masked tokens", point -> point.value("mlm_accuracy"));
    add(chart, "discriminator, all tokens", point -> point.value("rtd_accuracy"));
    add(chart, "all called original", LearningCurve::originalShare);
    add(chart, "discriminator, recall of replaced tokens", point -> point.value("rtd_recall"));
    BitmapEncoder.saveBitmap(chart, file.toString(), BitmapFormat.PNG);
  }

  private static OptionalDouble originalShare(MetricsLine point) {
    OptionalDouble replaced = point.value("replaced_fraction");
    return replaced.isEmpty() ? replaced : OptionalDouble.of(1 - replaced.getAsDouble());
  }

  private void add(XYChart chart, String name, Function<MetricsLine, OptionalDouble> value) {
    List<MetricsLine> measured =
        points.stream().filter(point -> value.apply(point).isPresent()).toList();
    if (measured.isEmpty()) {
      return;
    }
    double[] steps = measured.stream().mapToDouble(MetricsLine::step).toArray();
    double[] values =
        measured.stream().mapToDouble(point -> value.apply(point).getAsDouble()).toArray();
    chart.addSeries(name, steps, values).setMarker(SeriesMarkers.NONE);
  }
}
