package org.solrelectra.training.report;

/** What curves are drawn against. */
public enum XAxis {
  STEPS,
  TOKENS,
  SECONDS,
  /** Counted operations: what equal compute means. */
  FLOPS
}
