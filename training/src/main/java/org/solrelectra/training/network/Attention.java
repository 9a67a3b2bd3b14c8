package org.solrelectra.training.network;

/** Which positions of a sequence a position may look at. */
public enum Attention {
  /** All of them, as ELECTRA and BERT do. */
  BIDIRECTIONAL,
  /** Itself and those before it, as GPT does. */
  CAUSAL
}
