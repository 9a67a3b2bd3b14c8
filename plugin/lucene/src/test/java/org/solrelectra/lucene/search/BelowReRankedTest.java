package org.solrelectra.lucene.search;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Random;
import org.junit.jupiter.api.Test;

class BelowReRankedTest {
  /** The first-stage scores that must stay apart. */
  private static final float SMALLEST = 1e-3f;

  private static final float LARGEST = 1e9f;

  @Test
  void neighbouringScoresStayApartAndInOrder() {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    int lowest = Float.floatToIntBits(SMALLEST);
    int highest = Float.floatToIntBits(LARGEST);
    for (int round = 0; round < 100_000; round++) {
      float score = Float.intBitsToFloat(random.nextInt(lowest, highest));
      assertTrue(
          BelowReRanked.score(score) < BelowReRanked.score(Math.nextUp(score)),
          "seed=" + seed + " score=" + score);
    }
  }

  @Test
  void everyScoreIsFiniteAndBelowTheCeiling() {
    for (float score :
        new float[] {
          0, Float.MIN_VALUE, SMALLEST, 1, LARGEST, 1e21f, Float.MAX_VALUE, Float.POSITIVE_INFINITY
        }) {
      float below = BelowReRanked.score(score);
      assertTrue(Float.isFinite(below) && below <= BelowReRanked.CEILING, score + ": " + below);
    }
  }

  @Test
  void scoresBeyondTheEndsShareTheLastOne() {
    assertEquals(BelowReRanked.score(BelowReRanked.LOWEST), BelowReRanked.score(0));
    assertEquals(-Float.MAX_VALUE, BelowReRanked.score(0));
    assertEquals(BelowReRanked.CEILING, BelowReRanked.score(BelowReRanked.HIGHEST));
    assertEquals(BelowReRanked.CEILING, BelowReRanked.score(Float.MAX_VALUE));
  }
}
