package org.solrelectra.training.evaluation;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

class AgreementTest {
  /** By hand, and as scipy.stats.kendalltau says. */
  @Test
  void kendallsTauIsTauB() {
    float[] scores = {1, 2, 3, 4};
    assertEquals(1, Agreement.kendallTau(scores, new float[] {10, 20, 30, 40}));
    assertEquals(-1, Agreement.kendallTau(scores, new float[] {4, 3, 2, 1}));
    // Of six pairs one is turned round.
    assertEquals(4 / 6.0, Agreement.kendallTau(scores, new float[] {1, 3, 2, 4}), 1e-12);
    // One tie in the second list: (5 - 0) / sqrt(6 * 5).
    assertEquals(5 / Math.sqrt(30), Agreement.kendallTau(scores, new float[] {1, 2, 2, 4}), 1e-12);
    // Who tells nothing apart must not leave the mean.
    assertEquals(0, Agreement.kendallTau(scores, new float[] {1, 1, 1, 1}));
    assertEquals(Double.NaN, Agreement.kendallTau(new float[] {1, 1, 1, 1}, scores));
  }
}
