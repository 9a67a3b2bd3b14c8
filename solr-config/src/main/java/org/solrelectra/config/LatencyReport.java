package org.solrelectra.config;

import java.io.IOException;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * What questions over HTTP took.
 *
 * @param clients that ask one question after the other to find out the capacity
 * @param windows questions a second, of each stretch of time; the capacity is the mean of the last
 *     two
 * @param reRanked one client alone, questions that nobody asked before
 * @param again the same, whose scores the node had kept: all of the work but the model's runs
 * @param firstStage the same without reranking
 * @param keptPairs of those of {@code loads}, how many pairs the node knew the score of
 */
record LatencyReport(
    int seconds,
    int clients,
    List<Double> windows,
    List<Load> loads,
    long keptPairs,
    long pairs,
    Latencies reRanked,
    Latencies again,
    Latencies firstStage) {

  /**
   * What questions took that come as they come.
   *
   * @param percent of the capacity
   * @param latencies from when a question came, not from when somebody had time to send it
   * @param error the first one's message; null if there was none
   */
  record Load(int percent, double perSecond, Latencies latencies, int errors, String error) {

    /**
     * @param nanos of each question that was answered
     * @throws IOException if none was
     */
    static Load of(int percent, double perSecond, long[] nanos, int errors, String error)
        throws IOException {
      if (nanos.length == 0) {
        throw new IOException(
            "no question was answered at "
                + percent
                + " % of the capacity: "
                + (error == null ? "none came; measure for longer" : error));
      }
      return new Load(percent, perSecond, new Latencies(nanos), errors, error);
    }
  }

  /** Returns the mean of the last two. */
  static double capacity(List<Double> windows) {
    return windows.stream()
        .skip(Math.max(0, windows.size() - 2))
        .mapToDouble(w -> w)
        .average()
        .orElseThrow();
  }

  /** Returns which part of a request is not the model's runs, from 0 to 1. */
  double shareOfTheRest() {
    return again.percentileMillis(50) / reRanked.percentileMillis(50);
  }

  /** Returns two tables in Markdown, and what stands between them. */
  String text() {
    StringBuilder text = new StringBuilder();
    line(
        text,
        "Capacity: %.1f questions a second from %d clients (%s).",
        capacity(windows),
        clients,
        windows.stream()
            .map(window -> String.format(Locale.ROOT, "%.1f", window))
            .collect(Collectors.joining(", ")));
    line(
        text,
        "Poisson arrivals for %d s each, latency from the arrival; the cache of scores knew %d of %d"
            + " pairs.",
        seconds,
        keptPairs,
        pairs);
    line(text, "");
    line(text, "| load | a second | questions | errors | p50 ms | p95 ms | p99 ms | most ms |");
    line(text, "|---|---:|---:|---:|---:|---:|---:|---:|");
    for (Load load : loads) {
      line(
          text,
          "| %d %% | %.1f | %d | %d | %s | %.1f |",
          load.percent(),
          load.perSecond(),
          load.latencies().count() + load.errors(),
          load.errors(),
          percentiles(load.latencies()),
          load.latencies().percentileMillis(100));
    }
    loads.stream()
        .filter(load -> load.error() != null)
        .forEach(load -> line(text, "%nAt %d %%: %s", load.percent(), load.error()));
    line(text, "");
    line(text, "| one client, %d questions | p50 ms | p95 ms | p99 ms |", reRanked.count());
    line(text, "|---|---:|---:|---:|");
    line(text, "| reranked | %s |", percentiles(reRanked));
    line(text, "| the same again: all but the model's runs | %s |", percentiles(again));
    line(text, "| the same without reranking | %s |", percentiles(firstStage));
    line(text, "");
    line(text, "Not the model's runs: %.1f %% of a request.", 100 * shareOfTheRest());
    return text.toString();
  }

  private static String percentiles(Latencies latencies) {
    return String.format(
        Locale.ROOT,
        "%.1f | %.1f | %.1f",
        latencies.percentileMillis(50),
        latencies.percentileMillis(95),
        latencies.percentileMillis(99));
  }

  private static void line(StringBuilder text, String format, Object... values) {
    text.append(String.format(Locale.ROOT, format, values)).append('\n');
  }
}
