package org.solrelectra.training.task;

import java.util.Objects;
import org.solrelectra.lucene.encoder.WindowPolicy;

/**
 * How models are measured; a task takes of it what it needs.
 *
 * @param source of the examples, for messages
 * @param relevantFrom of a ranker, the least grade that counts as relevant
 * @param weight of a ranker's logit where it is added to BM25
 * @param maxWindows of a passage that is longer than the model takes
 * @param aggregation of the windows' logits
 */
public record EvaluationOptions(
    String source,
    int relevantFrom,
    double weight,
    int maxWindows,
    WindowPolicy.Aggregation aggregation) {

  public EvaluationOptions {
    Objects.requireNonNull(source);
    Objects.requireNonNull(aggregation);
  }

  /** Returns how a model is measured alone, each passage by its beginning. */
  public static EvaluationOptions alone(String source, int relevantFrom) {
    return new EvaluationOptions(source, relevantFrom, 1, 1, WindowPolicy.Aggregation.MAX);
  }
}
