package org.solrelectra.training.pretrain;

import java.math.BigDecimal;
import java.util.Arrays;
import java.util.regex.Pattern;

/**
 * What a pretraining run may use up, at whose end its learning rate is 0.
 *
 * @param amount whole seconds of training, or tokens
 */
public record Budget(Kind kind, long amount) {

  /** What is counted. */
  public enum Kind {
    SECONDS,
    TOKENS
  }

  /** How amounts are written; of a kind, the largest first. */
  private enum Unit {
    HOURS(Kind.SECONDS, "h", 3600),
    MINUTES(Kind.SECONDS, "m", 60),
    SECONDS(Kind.SECONDS, "s", 1),
    BILLION_TOKENS(Kind.TOKENS, "B-tokens", 1_000_000_000),
    MILLION_TOKENS(Kind.TOKENS, "M-tokens", 1_000_000),
    THOUSAND_TOKENS(Kind.TOKENS, "K-tokens", 1_000),
    TOKENS(Kind.TOKENS, "-tokens", 1);

    private static final Pattern NUMBER = Pattern.compile("\\d{1,18}(\\.\\d{1,18})?");

    private final Kind kind;
    private final String suffix;
    private final long size;

    Unit(Kind kind, String suffix, long size) {
      this.kind = kind;
      this.suffix = suffix;
      this.size = size;
    }

    private String number(String text) {
      return text.substring(0, text.length() - suffix.length());
    }

    private boolean isOf(String text) {
      return text.endsWith(suffix) && NUMBER.matcher(number(text)).matches();
    }
  }

  public Budget {
    if (amount < 1) {
      throw new IllegalArgumentException("budget must be above 0; amount=" + amount);
    }
  }

  /**
   * Reads {@code 90s}, {@code 20m}, {@code 2h}, {@code 50000-tokens}, {@code 300M-tokens}, {@code
   * 1.02B-tokens}.
   *
   * @throws IllegalArgumentException if it is none of these, or no whole number of seconds or
   *     tokens above 0
   */
  public static Budget parse(String text) {
    for (Unit unit : Unit.values()) {
      if (unit.isOf(text)) {
        BigDecimal amount =
            new BigDecimal(unit.number(text)).multiply(BigDecimal.valueOf(unit.size));
        try {
          return new Budget(unit.kind, amount.longValueExact());
        } catch (ArithmeticException e) {
          throw new IllegalArgumentException(
              "budget must be a whole number of seconds or tokens; budget=" + text, e);
        }
      }
    }
    throw new IllegalArgumentException(
        "budget must be a time (90s, 20m, 2h) or tokens (50000-tokens, 20K-tokens, 300M-tokens,"
            + " 1.02B-tokens); budget="
            + text);
  }

  /**
   * Returns how many steps a budget of tokens is enough for.
   *
   * @throws IllegalArgumentException if it is not enough for one
   */
  public long steps(long tokensPerStep) {
    if (kind != Kind.TOKENS) {
      throw new IllegalStateException("a budget of time is no number of steps; budget=" + this);
    }
    if (tokensPerStep < 1) {
      throw new IllegalArgumentException(
          "tokensPerStep must be at least 1; tokensPerStep=" + tokensPerStep);
    }
    if (amount < tokensPerStep) {
      throw new IllegalArgumentException(
          "budget must be at least a step, "
              + tokensPerStep
              + " tokens (sequences a step times tokens a sequence); budget="
              + this);
    }
    return amount / tokensPerStep;
  }

  /** Returns what {@link #parse} reads, in the largest unit that leaves no fraction. */
  @Override
  public String toString() {
    return Arrays.stream(Unit.values())
        .filter(unit -> unit.kind == kind && amount % unit.size == 0)
        .findFirst()
        .map(unit -> amount / unit.size + unit.suffix)
        .orElseThrow();
  }
}
