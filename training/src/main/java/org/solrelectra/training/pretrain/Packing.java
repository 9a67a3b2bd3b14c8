package org.solrelectra.training.pretrain;

/** How sequences are cut from documents. */
public enum Packing {
  /** Sequences of full length that may hold several documents; nothing is thrown away. */
  FULL,
  /**
   * Sequences of full length whose documents do not see each other: each is a block of its own with
   * {@code [CLS]}, {@code [SEP]} and positions from 0, and attention is block-diagonal.
   */
  BLOCK_DIAGONAL,
  /**
   * One document a sequence, padded; what does not fit is thrown away, and 5 % are shorter on
   * purpose (google-research/electra, build_pretraining_dataset.py L34-114).
   */
  PADDED
}
