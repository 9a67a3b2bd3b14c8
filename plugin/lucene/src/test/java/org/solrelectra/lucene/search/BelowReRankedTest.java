package org.solrelectra.lucene.search;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class BelowReRankedTest {

  @Test
  void scoresKeepTheirOrderAndStayApart() {
    float before = BelowReRanked.score(1e-3f);
    for (float score = Math.nextUp(1e-3f); score < 1e9f; score = next(score)) {
      float mapped = BelowReRanked.score(score);
      assertTrue(mapped > before, "score=" + score);
      before = mapped;
    }
  }

  /** The next float at the ends of each power of two, in larger steps between. */
  private static float next(float score) {
    int bits = Float.floatToIntBits(score);
    int mantissa = bits & 0x7fffff;
    boolean nearPowerOfTwo = mantissa < 100 || mantissa > 0x7fffff - 100;
    return Float.intBitsToFloat(bits + (nearPowerOfTwo ? 1 : Math.min(997, 0x7fffff - mantissa)));
  }

  @Test
  void neighbouringFloatsStayApart() {
    for (float score : new float[] {1e-3f, 0.5f, 1, 999, 1000, 1e5f, 1e9f}) {
      assertTrue(BelowReRanked.score(Math.nextUp(score)) > BelowReRanked.score(score));
    }
  }

  @Test
  void nothingComesNearAReRankedScore() {
    for (float score : new float[] {-1, 0, Float.MIN_VALUE, 1, 1e9f, Float.MAX_VALUE}) {
      float mapped = BelowReRanked.score(score);
      assertTrue(mapped <= BelowReRanked.CEILING, "score=" + score + ", mapped=" + mapped);
      assertTrue(Float.isFinite(mapped));
    }
  }

  @Test
  void scoresOutsideTheRangeShareItsEnds() {
    assertEquals(BelowReRanked.score(BelowReRanked.LOWEST), BelowReRanked.score(0));
    assertEquals(BelowReRanked.score(BelowReRanked.HIGHEST), BelowReRanked.score(Float.MAX_VALUE));
  }
}
