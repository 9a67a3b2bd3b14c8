package org.solrelectra.training.evaluation;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.solrelectra.training.dataset.LabeledPair;
import org.solrelectra.training.random.KeyedRandom;

/**
 * A query and the passages that are ranked for it.
 *
 * @param grades one for each passage
 */
public record QueryCandidates(String query, List<String> passages, List<Integer> grades) {

  /** Groups pairs by query, in the order in which the queries first come. */
  public static List<QueryCandidates> group(List<LabeledPair> pairs) {
    Map<String, QueryCandidates> byQuery = new LinkedHashMap<>();
    for (LabeledPair pair : pairs) {
      QueryCandidates candidates =
          byQuery.computeIfAbsent(
              pair.query(),
              query -> new QueryCandidates(query, new ArrayList<>(), new ArrayList<>()));
      candidates.passages().add(pair.passage());
      candidates.grades().add(pair.grade());
    }
    return List.copyOf(byQuery.values());
  }

  /**
   * Says whether there is anything to be ranked right or wrong: a relevant passage and another.
   *
   * @param relevantFrom the least grade that counts as relevant
   */
  public boolean isRankable(int relevantFrom) {
    return grades.stream().anyMatch(grade -> grade >= relevantFrom)
        && grades.stream().anyMatch(grade -> grade < relevantFrom);
  }

  /**
   * Measures a ranking by these scores, one for each passage. Which of equal scores comes first
   * depends on the passages' text alone: data sets list what is relevant first, and by the file's
   * order a ranker that scores all alike would be perfect.
   *
   * @param relevantFrom the least grade that counts as relevant
   */
  public RankingMetrics measure(double[] scores, int relevantFrom) {
    List<RankedDocument> documents = new ArrayList<>();
    Map<String, Integer> judged = new LinkedHashMap<>();
    for (int i = 0; i < passages.size(); i++) {
      String id = String.format(Locale.ROOT, "%.17f %d", KeyedRandom.place(passages.get(i)), i);
      documents.add(new RankedDocument(id, scores[i]));
      judged.put(id, grades.get(i));
    }
    return RankingMetrics.of(documents, judged, relevantFrom);
  }
}
