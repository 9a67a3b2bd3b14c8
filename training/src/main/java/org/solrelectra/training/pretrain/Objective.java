package org.solrelectra.training.pretrain;

/** What a network learns from unlabelled text; the same data and the same body for each. */
public enum Objective {
  /** Replaced token detection: ELECTRA's generator and discriminator (Clark et al. 2020). */
  RTD,
  /** Masked language modelling: BERT without its sentence task (Devlin et al. 2019). */
  MLM,
  /** Causal language modelling: each token predicts the next, as in GPT (Radford et al. 2018). */
  CLM
}
