package org.solrelectra.training.pretrain;

/** How sequences are cut from documents. */
public enum Packing {
  /** Sequences of full length that may hold several documents; nothing is thrown away. */
  FULL,
  /**
   * One document a sequence, padded; what does not fit is thrown away, and 5 % are shorter on
   * purpose (google-research/electra, build_pretraining_dataset.py L34-114).
   */
  PADDED
}
