package org.solrelectra.training.pretrain;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.exc.ValueInstantiationException;
import com.fasterxml.jackson.databind.node.ObjectNode;
import org.junit.jupiter.api.Test;

/** How long a run is, in steps or in seconds. */
class PretrainingConfigTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  private static PretrainingConfig steps(Recipe recipe, long steps) {
    return PretrainingConfig.of(recipe, PretrainingSize.TINY, Objective.RTD, steps);
  }

  private static PretrainingConfig time(Recipe recipe, long seconds) {
    return PretrainingConfig.ofTime(recipe, PretrainingSize.TINY, Objective.RTD, seconds);
  }

  /** The tiny size's peak is 5e-4; after a quarter 3/4 of it are left. */
  @Test
  void theScheduleIsInStepsOrInSeconds() {
    assertFalse(steps(Recipe.RECOMMENDED, 1000).isTimed());
    assertEquals(5e-4 * 3 / 4, steps(Recipe.RECOMMENDED, 1000).schedule().rate(250));
    assertTrue(time(Recipe.RECOMMENDED, 1200).isTimed());
    assertEquals(5e-4 * 3 / 4, time(Recipe.RECOMMENDED, 1200).schedule().rate(300));
    assertEquals(0, time(Recipe.RECOMMENDED, 1200).schedule().rate(1200));
  }

  @Test
  void warmupIsAShareOfABudgetOfTime() {
    assertEquals(72, time(Recipe.RECOMMENDED, 1200).schedule().warmup());
    assertEquals(12, time(Recipe.PAPER, 1200).schedule().warmup());
    assertEquals(60, steps(Recipe.RECOMMENDED, 1000).schedule().warmup());
    assertEquals(10_000, steps(Recipe.RECOMMENDED, 1_000_000).schedule().warmup());
    assertEquals(10_000, steps(Recipe.PAPER, 20_000).schedule().warmup());
    assertEquals(1000, steps(Recipe.PAPER, 1000).schedule().warmup());
  }

  @Test
  void whatARunHasNotIsNotRecorded() throws JsonProcessingException {
    ObjectNode steps = JSON.valueToTree(steps(Recipe.RECOMMENDED, 1000));
    assertEquals(1000, steps.get("scheduleSteps").asLong());
    assertEquals(60, steps.get("warmupSteps").asLong());
    assertFalse(steps.has("budgetSeconds"));
    assertFalse(steps.has("timed"));
    ObjectNode time = JSON.valueToTree(time(Recipe.RECOMMENDED, 1200));
    assertEquals(1200, time.get("budgetSeconds").asLong());
    assertFalse(time.has("scheduleSteps"));
    assertFalse(time.has("warmupSteps"));
    for (PretrainingConfig config :
        new PretrainingConfig[] {steps(Recipe.PAPER, 9), time(Recipe.PAPER, 9)}) {
      assertEquals(
          config, JSON.readValue(JSON.writeValueAsString(config), PretrainingConfig.class));
    }
  }

  @Test
  void lengthsAreChecked() {
    assertError("scheduleSteps must be at least 1; scheduleSteps=0", 1000, "scheduleSteps", 0);
    assertError("warmupSteps must be in 0..scheduleSteps=9; warmupSteps=10", 9, "warmupSteps", 10);
    assertError(
        "scheduleSteps and warmupSteps must be null with budgetSeconds=5; scheduleSteps=9,"
            + " warmupSteps=1",
        9,
        "budgetSeconds",
        5);
    assertError("learningRate must be at least 0; learningRate=-1.0", 9, "learningRate", -1);
    assertEquals(
        "budgetSeconds must be at least 1; budgetSeconds=0",
        assertThrows(IllegalArgumentException.class, () -> time(Recipe.PAPER, 0)).getMessage());
  }

  private static void assertError(String message, long steps, String key, int value) {
    ObjectNode config = JSON.valueToTree(steps(Recipe.RECOMMENDED, steps));
    config.put(key, value);
    assertEquals(
        message,
        assertThrows(
                ValueInstantiationException.class,
                () -> JSON.treeToValue(config, PretrainingConfig.class))
            .getCause()
            .getMessage());
  }
}
