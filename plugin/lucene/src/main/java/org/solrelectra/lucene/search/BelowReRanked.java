package org.solrelectra.lucene.search;

/**
 * Scores for documents that were not reranked: below every reranked one, in the first stage's
 * order.
 *
 * <p>A shift of the bits of a float, so that no two first-stage scores from {@link #LOWEST} to
 * {@link #HIGHEST} become one; {@code -10000 - 10000 / (1 + s)} would join them from 1,000 on.
 */
public final class BelowReRanked {
  /** First-stage scores below share the lowest result. */
  public static final float LOWEST = 0x1.0p-25f;

  /** No result is above this. */
  public static final float CEILING = -1e10f;

  private static final int SUM_OF_BITS =
      Float.floatToIntBits(Float.MAX_VALUE) + Float.floatToIntBits(LOWEST);

  /** First-stage scores above share the highest result; about 1e21. */
  public static final float HIGHEST =
      Float.intBitsToFloat(SUM_OF_BITS - Float.floatToIntBits(-CEILING));

  private BelowReRanked() {}

  /** Returns the score of a document that was not reranked. */
  public static float score(float firstStageScore) {
    float inside = Math.max(LOWEST, Math.min(HIGHEST, firstStageScore));
    return -Float.intBitsToFloat(SUM_OF_BITS - Float.floatToIntBits(inside));
  }
}
