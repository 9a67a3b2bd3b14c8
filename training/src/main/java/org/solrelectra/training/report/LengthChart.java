package org.solrelectra.training.report;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.knowm.xchart.BitmapEncoder;
import org.knowm.xchart.BitmapEncoder.BitmapFormat;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.XYSeries.XYSeriesRenderStyle;
import org.knowm.xchart.style.markers.SeriesMarkers;

/** How long the documents of a corpus are, as a histogram over a logarithmic axis. Immutable. */
public final class LengthChart {
  /**
   * A bar.
   *
   * @param from shortest length, at least 1
   * @param to longest length, inclusive
   */
  public record Bar(int from, int to, long documents) {}

  private final List<Bar> bars;

  /**
   * @param bars by length, at least one, none reaching into the next
   */
  public LengthChart(List<Bar> bars) {
    this.bars = List.copyOf(bars);
  }

  /** Draws the histogram as a PNG. */
  public void write(Path file) throws IOException {
    XYChart chart =
        new XYChartBuilder()
            .width(900)
            .height(500)
            .title("Lengths of documents")
            .xAxisTitle("tokens")
            .yAxisTitle("documents")
            .build();
    chart.getStyler().setXAxisLogarithmic(true);
    chart.getStyler().setYAxisMin(0.0);
    chart.getStyler().setLegendVisible(false);
    chart.getStyler().setDefaultSeriesRenderStyle(XYSeriesRenderStyle.Area);
    // Four corners a bar; where no bar is, the line runs along the axis.
    double[] x = new double[4 * bars.size()];
    double[] y = new double[x.length];
    for (int i = 0; i < bars.size(); i++) {
      Bar bar = bars.get(i);
      x[4 * i] = x[4 * i + 1] = bar.from();
      x[4 * i + 2] = x[4 * i + 3] = bar.to() + 1.0;
      y[4 * i + 1] = y[4 * i + 2] = bar.documents();
    }
    chart.addSeries("documents", x, y).setMarker(SeriesMarkers.NONE);
    BitmapEncoder.saveBitmap(chart, file.toString(), BitmapFormat.PNG);
  }
}
