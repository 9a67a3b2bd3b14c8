package org.solrelectra.training.evaluation;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** BM25 over all passages of a file: what a reranker has to beat on the same candidates. */
public final class Bm25Baseline {
  private Bm25Baseline() {}

  /**
   * Scores each query's own candidates; term statistics are those of all candidates.
   *
   * @return for each query one score for each passage, 0 without a common term
   */
  public static List<double[]> scores(List<QueryCandidates> queries) throws IOException {
    try (Bm25Index index = new Bm25Index()) {
      Map<String, Integer> ids = new HashMap<>();
      for (QueryCandidates query : queries) {
        for (String passage : query.passages()) {
          if (!ids.containsKey(passage)) {
            ids.put(passage, index.add(passage));
          }
        }
      }
      index.finish();
      List<double[]> all = new ArrayList<>();
      for (QueryCandidates query : queries) {
        double[] byId = new double[index.size()];
        for (Bm25Index.Hit hit : index.search(query.query(), index.size())) {
          byId[hit.id()] = hit.score();
        }
        all.add(query.passages().stream().mapToDouble(passage -> byId[ids.get(passage)]).toArray());
      }
      return all;
    }
  }
}
