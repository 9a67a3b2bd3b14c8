package org.solrelectra.training.pretrain;

/** Settings that belong together. */
public enum Recipe {
  /** Clark et al. 2020 as google-research/electra does it, but without its averaged ids. */
  PAPER,
  /** What was found better since, each deviation with its reason in the command's help. */
  RECOMMENDED
}
