package org.solrelectra.training.pretrain;

/** What generator and discriminator have in common. */
public enum EmbeddingSharing {
  /** The embedding block: word, position and type table and their LayerNorm. */
  TIED,
  /**
   * The discriminator's word and position table are the generator's and a difference that it trains
   * itself: gradient-disentangled embedding sharing (He et al. 2021, DeBERTaV3, section 3.2).
   */
  GDES,
  /** Nothing. */
  UNTIED
}
