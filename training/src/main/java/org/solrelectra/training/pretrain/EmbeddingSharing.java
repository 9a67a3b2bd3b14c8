package org.solrelectra.training.pretrain;

/** What generator and discriminator have in common. */
public enum EmbeddingSharing {
  /** The embedding block: word, position and type table and their LayerNorm. */
  TIED,
  /** Nothing. */
  UNTIED
}
