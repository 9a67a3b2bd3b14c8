package org.solrelectra.training.report;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * What a chart shows.
 *
 * @param key in a line of metrics
 * @param meaning a sentence; empty for a number that this report does not know
 */
record Metric(String key, String title, String meaning, Line line) {

  /** How what was measured while training is drawn. */
  enum Line {
    /** Noise of single batches: a mean of neighbours, each line faint behind it. */
    SMOOTHED,
    /** An exact number: as it is. */
    EXACT
  }

  static final String RTD_ACCURACY = "rtd_accuracy";
  static final String REPLACED_FRACTION = "replaced_fraction";
  static final String PEAK_MEMORY = "peak_rss_bytes";

  private static final List<Metric> KNOWN =
      List.of(
          smoothed(
              "mlm_loss",
              "MLM loss",
              "Mean cross-entropy of the predicted tokens, in nats. Lower is better."),
          smoothed(
              "clm_loss",
              "CLM loss",
              "Mean cross-entropy of the next token, in nats. Lower is better."),
          smoothed(
              "clm_accuracy",
              "CLM accuracy",
              "Share of positions after which the likeliest token comes."),
          smoothed(
              "rtd_loss",
              "RTD loss",
              "Mean binary cross-entropy of the discriminator, in nats, before its weight."),
          smoothed("total_loss", "Total loss", "What is minimised: the losses, each weighted."),
          smoothed(
              "mlm_accuracy",
              "MLM accuracy",
              "Share of the positions to predict whose likeliest token is the original."),
          smoothed(
              RTD_ACCURACY,
              "RTD accuracy",
              "Share of tokens that the discriminator judges rightly. Dashed: what calling every token original"
                  + " would reach on held-out documents."),
          smoothed(
              "rtd_precision",
              "RTD precision",
              "Share of what the discriminator calls replaced that is."),
          smoothed(
              "rtd_recall",
              "RTD recall",
              "Share of the replaced tokens that the discriminator finds."),
          smoothed(
              REPLACED_FRACTION,
              "Fraction replaced",
              "Share of tokens that the generator replaced by another."),
          smoothed("gradient_norm", "Gradient norm", "The global norm before clipping."),
          new Metric("learning_rate", "Learning rate", "Of the step measured.", Line.EXACT),
          smoothed("tokens_per_second", "Tokens per second", "While training, measuring left out."),
          smoothed(
              "mfu",
              "Model FLOPs utilisation",
              "Counted operations over what the device could have made in that time."),
          new Metric(
              "steps_left_out",
              "Steps left out",
              "So far, because the gradient was not finite.",
              Line.EXACT));

  /** Axes, and what the table shows. */
  private static final Set<String> NOT_CHARTS = Set.of("tokens", "seconds", "flops", PEAK_MEMORY);

  private static Metric smoothed(String key, String title, String meaning) {
    return new Metric(key, title, meaning, Line.SMOOTHED);
  }

  /** Returns what runs measured: the known first, then any other number under its own key. */
  static List<Metric> of(List<ReportedRun> runs) {
    Set<String> keys = new TreeSet<>();
    runs.forEach(run -> run.lines().forEach(line -> keys.addAll(line.values().keySet())));
    keys.removeAll(NOT_CHARTS);
    List<Metric> metrics = new ArrayList<>();
    for (Metric metric : KNOWN) {
      if (keys.remove(metric.key())) {
        metrics.add(metric);
      }
    }
    keys.forEach(key -> metrics.add(smoothed(key, key, "")));
    return metrics;
  }
}
