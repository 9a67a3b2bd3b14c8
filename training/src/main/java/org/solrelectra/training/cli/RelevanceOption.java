package org.solrelectra.training.cli;

import picocli.CommandLine.Option;

/** From which grade on a passage is relevant, for commands that measure rankers. */
final class RelevanceOption {
  @Option(
      names = "--relevant-from",
      defaultValue = "1",
      paramLabel = "GRADE",
      description =
          "Of a ranker: the least grade that MRR@10 and MAP count as relevant, and that a query needs to be measured; nDCG@10 has all"
              + " grades as gains. Default: ${DEFAULT-VALUE}.")
  private int relevantFrom;

  /**
   * Returns the grade.
   *
   * @throws IllegalArgumentException if it is below 1
   */
  int grade() {
    if (relevantFrom < 1) {
      throw new IllegalArgumentException(
          "--relevant-from must be at least 1; --relevant-from=" + relevantFrom);
    }
    return relevantFrom;
  }
}
