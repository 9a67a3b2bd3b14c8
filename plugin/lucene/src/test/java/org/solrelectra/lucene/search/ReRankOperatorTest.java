package org.solrelectra.lucene.search;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

class ReRankOperatorTest {

  @Test
  void replaceWeighsTheLogitAlone() {
    assertEquals(-3f, ReRankOperator.REPLACE.combine(7, -1.5f, 2));
  }

  @Test
  void addWeighsTheLogitAndKeepsTheScore() {
    assertEquals(4f, ReRankOperator.ADD.combine(7, -1.5f, 2));
  }

  @Test
  void multiplyUsesTheProbability() {
    assertEquals(7f, ReRankOperator.MULTIPLY.combine(7, 0, 2), 1e-6f);
    assertEquals(7 * 2 / (1 + Math.exp(1.5)), ReRankOperator.MULTIPLY.combine(7, -1.5f, 2), 1e-6);
  }

  @Test
  void probabilityIsSafeFarOut() {
    assertEquals(0, ReRankOperator.probability(-1e30f));
    assertEquals(1, ReRankOperator.probability(1e30f));
  }
}
