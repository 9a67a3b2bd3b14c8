package org.solrelectra.training.evaluation;

import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;

/**
 * Measures of one ranking or their means over queries, as trec_eval computes them.
 *
 * @param mrr10 1 / rank of the first relevant document among the first ten, else 0
 * @param ndcg10 discounted gain of the first ten over the best possible; gain = grade, discount
 *     log2(rank + 1)
 * @param map mean of the precision at each relevant document; those not ranked count 0
 */
public record RankingMetrics(double mrr10, double ndcg10, double map) {
  private static final int CUTOFF = 10;

  /**
   * Measures one query's ranking.
   *
   * @param documents in any order
   * @param grades of judged documents by id; others are not relevant
   * @param relevantFrom the least grade, at least 1, that MRR and MAP count as relevant
   *     (trec_eval's {@code -l}); nDCG has all grades of 1 and more as gains
   */
  public static RankingMetrics of(
      Collection<RankedDocument> documents, Map<String, Integer> grades, int relevantFrom) {
    if (relevantFrom < 1) {
      throw new IllegalArgumentException(
          "relevantFrom must be at least 1; relevantFrom=" + relevantFrom);
    }
    List<RankedDocument> ranked = documents.stream().sorted(RankedDocument.BEST_FIRST).toList();
    double gain = 0;
    double reciprocal = 0;
    double precisions = 0;
    int relevantSeen = 0;
    for (int i = 0; i < ranked.size(); i++) {
      int grade = grades.getOrDefault(ranked.get(i).id(), 0);
      if (grade >= 1 && i < CUTOFF) {
        gain += grade / log2(i + 2);
      }
      if (grade >= relevantFrom) {
        relevantSeen++;
        precisions += (double) relevantSeen / (i + 1);
        if (reciprocal == 0 && i < CUTOFF) {
          reciprocal = 1.0 / (i + 1);
        }
      }
    }
    List<Integer> ideal =
        grades.values().stream()
            .filter(grade -> grade >= 1)
            .sorted(Comparator.reverseOrder())
            .toList();
    double best = 0;
    for (int i = 0; i < Math.min(CUTOFF, ideal.size()); i++) {
      best += ideal.get(i) / log2(i + 2);
    }
    long relevant = ideal.stream().filter(grade -> grade >= relevantFrom).count();
    return new RankingMetrics(
        reciprocal, best == 0 ? 0 : gain / best, relevant == 0 ? 0 : precisions / relevant);
  }

  private static double log2(int value) {
    return Math.log(value) / Math.log(2);
  }

  /** Returns the means over queries, at least one. */
  public static RankingMetrics mean(Collection<RankingMetrics> queries) {
    if (queries.isEmpty()) {
      throw new IllegalArgumentException("queries must not be empty: there is nothing to average");
    }
    return new RankingMetrics(
        queries.stream().mapToDouble(RankingMetrics::mrr10).average().orElseThrow(),
        queries.stream().mapToDouble(RankingMetrics::ndcg10).average().orElseThrow(),
        queries.stream().mapToDouble(RankingMetrics::map).average().orElseThrow());
  }
}
