package org.solrelectra.training.pretrain;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.solrelectra.training.pretrain.Budget.Kind;
import org.solrelectra.training.random.KeyedRandom;
import org.solrelectra.training.random.KeyedRandom.Purpose;

class BudgetTest {
  @ParameterizedTest
  @CsvSource({
    "90s, SECONDS, 90, 90s",
    "20m, SECONDS, 1200, 20m",
    "2h, SECONDS, 7200, 2h",
    "1.5h, SECONDS, 5400, 90m",
    "120m, SECONDS, 7200, 2h",
    "50000-tokens, TOKENS, 50000, 50K-tokens",
    "192-tokens, TOKENS, 192, 192-tokens",
    "20K-tokens, TOKENS, 20000, 20K-tokens",
    "300M-tokens, TOKENS, 300000000, 300M-tokens",
    "1.02B-tokens, TOKENS, 1020000000, 1020M-tokens"
  })
  void amountsAreReadAndWrittenInTheirLargestUnit(
      String text, Kind kind, long amount, String written) {
    Budget budget = Budget.parse(text);
    assertEquals(new Budget(kind, amount), budget);
    assertEquals(written, budget.toString());
  }

  @Test
  void whatIsWrittenIsRead() {
    long seed = System.nanoTime();
    KeyedRandom random = new KeyedRandom(seed, Purpose.SHUFFLE, 0);
    for (int i = 0; i < 1000; i++) {
      Budget budget =
          new Budget(
              Kind.values()[random.nextInt(2)],
              (1L + random.nextInt(100_000)) * (long) Math.pow(10, random.nextInt(9)));
      assertEquals(budget, Budget.parse(budget.toString()), "seed " + seed);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "20", "m", "20M", "2 h", "-2h", "+2h", "1e3s", "1.h", "tokens", "3 M-tokens"})
  void whatIsNoAmountIsRefused(String text) {
    assertError(
        "budget must be a time (90s, 20m, 2h) or tokens (50000-tokens, 20K-tokens, 300M-tokens,"
            + " 1.02B-tokens); budget="
            + text,
        () -> Budget.parse(text));
  }

  @ParameterizedTest
  @ValueSource(strings = {"0.5s", "0.0001h", "1.5-tokens", "1.0000000001B-tokens"})
  void fractionsAreRefused(String text) {
    assertError(
        "budget must be a whole number of seconds or tokens; budget=" + text,
        () -> Budget.parse(text));
  }

  @Test
  void nothingIsNoBudget() {
    assertError("budget must be above 0; amount=0", () -> Budget.parse("0h"));
  }

  @Test
  void tokensAreAsManyWholeStepsAsTheyAreEnoughFor() {
    assertEquals(6, Budget.parse("192-tokens").steps(32));
    assertEquals(6, Budget.parse("223-tokens").steps(32));
    assertEquals(1, Budget.parse("32-tokens").steps(32));
    assertEquals(62_255, Budget.parse("1.02B-tokens").steps(128 * 128));
    assertError(
        "budget must be at least a step, 32 tokens (sequences a step times tokens a sequence);"
            + " budget=31-tokens",
        () -> Budget.parse("31-tokens").steps(32));
    assertError(
        "tokensPerStep must be at least 1; tokensPerStep=0",
        () -> Budget.parse("31-tokens").steps(0));
    assertEquals(
        "a budget of time is no number of steps; budget=20m",
        assertThrows(IllegalStateException.class, () -> Budget.parse("20m").steps(32))
            .getMessage());
  }

  private static void assertError(String message, org.junit.jupiter.api.function.Executable call) {
    assertEquals(message, assertThrows(IllegalArgumentException.class, call).getMessage());
  }
}
