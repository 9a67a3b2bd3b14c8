package org.solrelectra.training.pretrain;

/**
 * What the large network of replaced token detection learns from the corrupted text: ELECTRA's loss
 * and the ablations of Clark et al. 2020, section 3.4.
 */
public enum DiscriminatorLoss {
  /** Which tokens were replaced, at all positions. */
  ALL(50),
  /** Which tokens were replaced, at the masked positions alone: "ELECTRA 15%". */
  MASKED(50),
  /** The original tokens at the masked positions: "Replace MLM". */
  REPLACE_MLM(1),
  /** The original tokens at all positions, with a gate that copies: "All-Tokens MLM". */
  ALL_TOKENS_MLM(1);

  private final double weight;

  DiscriminatorLoss(double weight) {
    this.weight = weight;
  }

  /**
   * Returns what the loss is multiplied by before the generator's is added: 50 for the binary one
   * (λ in Clark et al. 2020, appendix A: it is far smaller than the generator's).
   */
  public double weight() {
    return weight;
  }

  /** Says whether it is binary. */
  public boolean detects() {
    return this == ALL || this == MASKED;
  }
}
