package org.solrelectra.training.pretrain;

import java.util.Objects;

/**
 * Which positions a masked language model predicts, and what it sees there.
 *
 * @param rate share of a sequence's positions to select
 * @param draw whether a position can be drawn twice
 * @param shown what stands at selected positions
 */
public record Masking(double rate, Draw draw, Shown shown) {

  /** How positions are drawn. */
  public enum Draw {
    /** Exactly k distinct ones. */
    DISTINCT,
    /**
     * k draws with replacement, as the original (pretrain_helpers.py L188): 14.1 % distinct ones at
     * a rate of 15 %. One drawn twice counts twice in the generator's loss.
     */
    WITH_REPLACEMENT
  }

  /** What the network sees at selected positions. */
  public enum Shown {
    /** 85 % [MASK], 15 % the original (pretrain_helpers.py L201-205). */
    ELECTRA,
    /** 80 % [MASK], 10 % a random token, 10 % the original (Devlin et al. 2019, section 3.1). */
    BERT
  }

  public Masking {
    if (!(rate > 0 && rate < 1)) {
      throw new IllegalArgumentException("maskRate must be in (0, 1); maskRate=" + rate);
    }
    Objects.requireNonNull(draw);
    Objects.requireNonNull(shown);
  }

  /** Returns how many positions are drawn in a sequence of this many tokens, padding apart. */
  public int selected(int tokens) {
    return Math.max(1, (int) Math.round(rate * tokens));
  }
}
