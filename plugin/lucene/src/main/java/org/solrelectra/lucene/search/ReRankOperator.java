package org.solrelectra.lucene.search;

import java.util.Locale;

/** How first-stage score s and logit become the final score, with a weight w. */
public enum ReRankOperator {
  /** w · logit. The default. */
  REPLACE,
  /** s + w · logit. */
  ADD,
  /** s · w · sigmoid(logit). */
  MULTIPLY;

  /** Above every document that was not reranked, whatever the model and the weight. */
  private static final float LOWEST = Math.nextUp(BelowReRanked.CEILING);

  /**
   * Returns the final score of a reranked document: a finite number above {@link
   * BelowReRanked#CEILING}.
   */
  public float combine(float firstStageScore, float logit, double weight) {
    double score =
        switch (this) {
          case REPLACE -> weight * logit;
          case ADD -> firstStageScore + weight * logit;
          case MULTIPLY -> firstStageScore * (weight * probability(logit));
        };
    return (float) Math.max(LOWEST, Math.min(Float.MAX_VALUE, score));
  }

  /** Returns the logistic function of a logit, for display and thresholds. */
  public static double probability(float logit) {
    return 1 / (1 + Math.exp(-logit));
  }

  /** Returns the name in a request. */
  public String key() {
    return name().toLowerCase(Locale.ROOT);
  }
}
