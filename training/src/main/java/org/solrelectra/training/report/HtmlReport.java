package org.solrelectra.training.report;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * One page with a table of runs and a chart of each metric, all runs in each. The page stands
 * alone: it loads nothing, and without scripts only the values under the pointer are missing.
 * Immutable.
 */
public final class HtmlReport {
  /** How many colours {@code report.css} has for runs; then shapes tell them apart. */
  static final int COLOURS = 8;

  private final List<ReportedRun> runs;
  private final HorizontalAxis across;
  private final List<Metric> metrics;

  /**
   * Prepares a report on runs, in their order.
   *
   * @throws IllegalArgumentException if two of them have one name, or none measured anything yet
   */
  public HtmlReport(List<ReportedRun> runs, XAxis across) {
    Set<String> names = new HashSet<>();
    for (ReportedRun run : runs) {
      if (!names.add(run.name())) {
        throw new IllegalArgumentException(
            "each run needs a name of its own; twice: " + run.name());
      }
    }
    this.runs = List.copyOf(runs);
    this.across = HorizontalAxis.of(across, runs);
    this.metrics = Metric.of(runs);
  }

  /** Returns the page. */
  public String html() throws IOException {
    StringBuilder html = new StringBuilder();
    String names =
        HtmlText.escape(String.join(", ", runs.stream().map(ReportedRun::name).toList()));
    html.append(
            """
            <!DOCTYPE html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <meta name="color-scheme" content="light dark">
            <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'">
            """)
        .append("<title>Pretraining: ")
        .append(names)
        .append("</title>\n<style>\n")
        .append(resource("report.css"));
    for (int run = 0; run < runs.size(); run++) {
      html.append(
          String.format(
              Locale.ROOT,
              "body:has(#show-%d:not(:checked)) svg .run-%d { display: none; }\n",
              run,
              run));
    }
    html.append("</style>\n</head>\n<body>\n<h1>Pretraining</h1>\n");
    RunTable table = new RunTable(runs);
    table.appendComparison(html, metrics);
    table.appendShared(html);
    appendLegend(html);
    html.append("<main class=\"charts\">\n");
    for (int i = 0; i < metrics.size(); i++) {
      CurveChart.of(metrics.get(i), across, runs).appendTo(html, "chart-" + i);
    }
    return html.append("</main>\n<script>\n")
        .append(resource("report.js"))
        .append("</script>\n</body>\n</html>\n")
        .toString();
  }

  private void appendLegend(StringBuilder html) {
    html.append("<form class=\"legend\" aria-label=\"Runs to show\">\n");
    for (int run = 0; run < runs.size(); run++) {
      html.append(
          String.format(
              Locale.ROOT,
              "<label class=\"%s\"><input type=\"checkbox\" id=\"show-%d\" checked>%s%s</label>\n",
              runClass(run),
              run,
              swatch(run),
              HtmlText.escape(runs.get(run).name())));
    }
    html.append(
        """
        <span class="key"><svg viewBox="0 0 28 12" aria-hidden="true"><polyline class="held-out" points="0,6 28,6"/><circle class="marker" cx="14" cy="6" r="3.5"/></svg>held-out documents</span>
        <span class="key"><svg viewBox="0 0 28 12" aria-hidden="true"><polyline class="raw" points="0,8 5,2 9,9 14,3 18,10 23,3 28,8"/><polyline class="training" points="0,7 28,5"/></svg>training, mean of neighbours; faint: each line</span>
        </form>
        """);
  }

  /** Returns a run's CSS classes by its place in the report. */
  static String runClass(int run) {
    return "run run-" + run + " colour-" + run % COLOURS;
  }

  /** Returns a run's line and marker for a legend. */
  static String swatch(int run) {
    return "<svg viewBox=\"0 0 28 12\" class=\"swatch\" aria-hidden=\"true\"><polyline class=\"held-out\""
        + " points=\"0,6 28,6\"/><path class=\"marker\" d=\""
        + Marker.of(run).path(14, 6)
        + "\"/></svg>";
  }

  private static String resource(String name) throws IOException {
    try (InputStream stream = HtmlReport.class.getResourceAsStream(name)) {
      return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
    }
  }
}
