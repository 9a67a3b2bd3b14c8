package org.solrelectra.lucene.search;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class ReRankOperatorTest {
  @Test
  void formulasAreTheDocumentedOnes() {
    assertEquals(-6, ReRankOperator.REPLACE.combine(10, -3, 2));
    assertEquals(4, ReRankOperator.ADD.combine(10, -3, 2));
    assertEquals((float) (10 * 2 / (1 + Math.exp(3))), ReRankOperator.MULTIPLY.combine(10, -3, 2));
  }

  @Test
  void reRankedIsFiniteAndAboveNotReRankedWhateverTheModel() {
    for (ReRankOperator operator : ReRankOperator.values()) {
      for (float firstStage : new float[] {0, 1e-3f, 1, 1e9f, Float.MAX_VALUE}) {
        for (float logit : new float[] {-Float.MAX_VALUE, -1e6f, 0, 1e6f, Float.MAX_VALUE}) {
          for (double weight : new double[] {1e-300, 1, 1e6, Double.MAX_VALUE}) {
            float score = operator.combine(firstStage, logit, weight);
            assertTrue(
                Float.isFinite(score) && score > BelowReRanked.score(Float.MAX_VALUE),
                operator + " of " + firstStage + ", " + logit + ", " + weight + ": " + score);
          }
        }
      }
    }
  }
}
