package org.solrelectra.training.report;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.ToDoubleFunction;
import org.knowm.xchart.BitmapEncoder;
import org.knowm.xchart.BitmapEncoder.BitmapFormat;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.style.Styler;
import org.knowm.xchart.style.markers.SeriesMarkers;

/**
 * Accuracies of a pretraining run on held-out documents, against steps: the generator's, and the
 * discriminator's beside what calling every token original would reach. Immutable.
 */
public final class LearningCurve {
  private static final String METRICS = "metrics.jsonl";
  private static final String HELD_OUT = "held-out";

  private final List<JsonNode> points;

  private LearningCurve(List<JsonNode> points) {
    this.points = points;
  }

  /**
   * Reads what a run measured so far.
   *
   * @throws IllegalArgumentException if the folder holds no run, or the run measured nothing yet on
   *     held-out documents
   */
  public static LearningCurve read(Path run) throws IOException {
    Path file = run.resolve(METRICS);
    if (!Files.exists(file)) {
      throw new IllegalArgumentException(run + " is not a run: it holds no " + METRICS);
    }
    ObjectMapper json = new ObjectMapper();
    List<JsonNode> points = new ArrayList<>();
    for (String line : Files.readAllLines(file)) {
      JsonNode point = json.readTree(line);
      if (HELD_OUT.equals(point.path("split").asText())) {
        points.add(point);
      }
    }
    if (points.isEmpty()) {
      throw new IllegalArgumentException(file + " has no line with the split '" + HELD_OUT + "'");
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
    add(chart, "generator, masked tokens", point -> point.path("mlm_accuracy").asDouble());
    add(chart, "discriminator, all tokens", point -> point.path("rtd_accuracy").asDouble());
    add(chart, "all called original", point -> 1 - point.path("replaced_fraction").asDouble());
    add(
        chart,
        "discriminator, recall of replaced tokens",
        point -> point.path("rtd_recall").asDouble());
    BitmapEncoder.saveBitmap(chart, file.toString(), BitmapFormat.PNG);
  }

  private void add(XYChart chart, String name, ToDoubleFunction<JsonNode> value) {
    double[] steps = points.stream().mapToDouble(point -> point.path("step").asDouble()).toArray();
    double[] values = points.stream().mapToDouble(value).toArray();
    chart.addSeries(name, steps, values).setMarker(SeriesMarkers.NONE);
  }
}
