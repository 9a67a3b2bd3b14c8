package org.solrelectra.training.evaluation;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.solrelectra.training.dataset.LabeledPair;

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

  /** Says whether there is anything to be ranked right or wrong: a relevant passage and another. */
  public boolean isRankable() {
    return grades.stream().anyMatch(grade -> grade >= 1)
        && grades.stream().anyMatch(grade -> grade < 1);
  }

  /**
   * Measures a ranking by these scores, one for each passage; equal scores keep the file's order.
   */
  public RankingMetrics measure(double[] scores) {
    List<RankedDocument> documents = new ArrayList<>();
    Map<String, Integer> judged = new LinkedHashMap<>();
    for (int i = 0; i < passages.size(); i++) {
      // Larger ids win ties, so ids count down.
      String id = String.format(Locale.ROOT, "%09d", passages.size() - i);
      documents.add(new RankedDocument(id, scores[i]));
      judged.put(id, grades.get(i));
    }
    return RankingMetrics.of(documents, judged);
  }
}
