package org.solrelectra.training.evaluation;

import java.util.Comparator;

/**
 * A document with its score in one ranking.
 *
 * @param id decides between equal scores
 */
public record RankedDocument(String id, double score) {
  /**
   * The best score first; of equal ones the id that is larger by bytes first, as trec_eval does.
   */
  public static final Comparator<RankedDocument> BEST_FIRST =
      // Not the minus sign: it would tell 0.0 from -0.0.
      Comparator.comparingDouble((RankedDocument document) -> 0 - document.score())
          .thenComparing(RankedDocument::id, (a, b) -> compareBytes(b, a));

  private static int compareBytes(String a, String b) {
    return java.util.Arrays.compareUnsigned(
        a.getBytes(java.nio.charset.StandardCharsets.UTF_8),
        b.getBytes(java.nio.charset.StandardCharsets.UTF_8));
  }
}
