package org.solrelectra.lucene.encoder;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class OpeningLimitsTest {

  @Test
  void aModelMayTakeAQuarterOfTheMachine() {
    OpeningLimits limits = OpeningLimits.ofThisMachine();
    assertEquals(30_000, limits.selfTestMillis());
    assertTrue(limits.memoryBytes() > Runtime.getRuntime().maxMemory() / 16, limits.toString());
  }

  @Test
  void limitsOfNothingAreRefused() {
    assertEquals(
        "memoryBytes must be at least 1; memoryBytes=0",
        assertThrows(IllegalArgumentException.class, () -> new OpeningLimits(0, 1)).getMessage());
    assertEquals(
        "selfTestMillis must be at least 1; selfTestMillis=-1",
        assertThrows(IllegalArgumentException.class, () -> new OpeningLimits(1, -1)).getMessage());
  }
}
