package org.solrelectra.training.network;

/** Whether dropout is on. */
public enum Mode {
  TRAINING,
  EVALUATION;

  boolean isTraining() {
    return this == TRAINING;
  }
}
