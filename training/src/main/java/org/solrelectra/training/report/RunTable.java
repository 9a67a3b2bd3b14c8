package org.solrelectra.training.report;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Stream;
import org.solrelectra.training.metrics.MetricsLine;
import org.solrelectra.training.metrics.Split;

/** What runs were started with and came to, a column each. Immutable. */
final class RunTable {
  private static final String NOTHING = "–";

  /** What every reader asks first, in this order. */
  private static final List<String> FIRST =
      List.of("size", "objective", "batchSize", "sequenceLength", "learningRate", "seed");

  private static final Map<String, String> LABELS =
      Map.of("learningRate", "peak learning rate", "sequenceLength", "sequence length, tokens");

  private final List<ReportedRun> runs;
  private final Set<String> settings = new LinkedHashSet<>();

  RunTable(List<ReportedRun> runs) {
    this.runs = runs;
    Set<String> all = new LinkedHashSet<>();
    runs.forEach(run -> all.addAll(run.settings().keySet()));
    FIRST.stream().filter(all::contains).forEach(settings::add);
    settings.addAll(all);
  }

  /** Appends what is always asked for, the settings that differ, and what was measured. */
  void appendComparison(StringBuilder html, List<Metric> metrics) {
    html.append("<div class=\"wide\"><table>\n<thead><tr><td></td>");
    for (int run = 0; run < runs.size(); run++) {
      html.append("<th scope=\"col\" class=\"")
          .append(HtmlReport.runClass(run))
          .append("\">")
          .append(HtmlReport.swatch(run))
          .append(HtmlText.escape(runs.get(run).name()))
          .append("</th>");
    }
    html.append("</tr></thead>\n");
    heading(html, "Set");
    for (String setting : settings) {
      if (FIRST.contains(setting) || differs(setting)) {
        row(html, label(setting), differs(setting), run -> run.settings().get(setting));
      }
    }
    html.append("</tbody>\n");
    heading(html, "Measured");
    measured(html, "steps", run -> run.greatest("step").stream().mapToObj(NumberText::count));
    measured(html, "tokens", run -> run.greatest("tokens").stream().mapToObj(NumberText::count));
    measured(html, "time", run -> run.greatest("seconds").stream().mapToObj(NumberText::duration));
    row(html, "tokens a second, measuring included", false, RunTable::overallSpeed);
    measured(
        html,
        "peak memory",
        run -> run.greatest(Metric.PEAK_MEMORY).stream().mapToObj(NumberText::bytes));
    html.append("</tbody>\n");
    heading(html, "Last on held-out documents");
    row(html, "at step", false, run -> heldOut(run, "step").map(NumberText::count).orElse(null));
    for (Metric metric : metrics) {
      if (runs.stream().anyMatch(run -> heldOut(run, metric.key()).isPresent())) {
        row(
            html,
            metric.title(),
            false,
            run ->
                heldOut(run, metric.key())
                    .map(value -> String.format(Locale.ROOT, "%.4f", value))
                    .orElse(null));
      }
    }
    html.append("</tbody></table></div>\n");
  }

  /** Appends the settings that are the same in all runs, but for those shown above. */
  void appendShared(StringBuilder html) {
    List<String> shared = new ArrayList<>(settings);
    shared.removeIf(setting -> FIRST.contains(setting) || differs(setting));
    if (shared.isEmpty()) {
      return;
    }
    html.append("<details><summary>")
        .append(runs.size() == 1 ? "Other settings" : "Settings that are the same in all runs")
        .append("</summary>\n<div class=\"wide\"><table><tbody>\n");
    for (String setting : shared) {
      html.append("<tr><th scope=\"row\">")
          .append(HtmlText.escape(label(setting)))
          .append("</th><td>")
          .append(HtmlText.escape(runs.get(0).settings().get(setting)))
          .append("</td></tr>\n");
    }
    html.append("</tbody></table></div></details>\n");
  }

  private boolean differs(String setting) {
    return runs.stream().map(run -> run.settings().get(setting)).distinct().count() > 1;
  }

  /** Splits {@code batchSize} and {@code model_max_length} into words. */
  private static String label(String setting) {
    String known = LABELS.get(setting);
    return known != null
        ? known
        : setting.replaceAll("([a-z])([A-Z])", "$1 $2").replace('_', ' ').toLowerCase(Locale.ROOT);
  }

  private static Optional<Double> heldOut(ReportedRun run, String key) {
    Optional<MetricsLine> last = run.last(Split.HELD_OUT);
    return last.flatMap(line -> line.value(key).stream().boxed().findFirst());
  }

  private static String overallSpeed(ReportedRun run) {
    double seconds = run.greatest("seconds").orElse(0);
    return seconds > 0 ? NumberText.count(run.greatest("tokens").orElse(0) / seconds) : null;
  }

  private void measured(
      StringBuilder html, String label, Function<ReportedRun, Stream<String>> value) {
    if (runs.stream().anyMatch(run -> value.apply(run).findFirst().isPresent())) {
      row(html, label, false, run -> value.apply(run).findFirst().orElse(null));
    }
  }

  private void heading(StringBuilder html, String text) {
    html.append("<tbody>\n<tr class=\"heading\"><th scope=\"rowgroup\" colspan=\"")
        .append(runs.size() + 1)
        .append("\">")
        .append(text)
        .append("</th></tr>\n");
  }

  private void row(
      StringBuilder html, String label, boolean differs, Function<ReportedRun, String> value) {
    html.append(differs ? "<tr class=\"differs\">" : "<tr>")
        .append("<th scope=\"row\">")
        .append(HtmlText.escape(label))
        .append(differs ? " <span title=\"differs between the runs\">≠</span>" : "")
        .append("</th>");
    for (ReportedRun run : runs) {
      html.append("<td>")
          .append(HtmlText.escape(Objects.requireNonNullElse(value.apply(run), NOTHING)))
          .append("</td>");
    }
    html.append("</tr>\n");
  }
}
