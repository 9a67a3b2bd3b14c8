package org.solrelectra.training.distributed;

import java.io.IOException;

/** A process that others trained with is gone: none of them can go on. */
public final class LostProcessException extends IOException {
  private static final long serialVersionUID = 1L;

  private static final String REMEDY =
      "; start all processes again, with --resume to go on from the last checkpoint, on any number of processes up"
          + " to --micro-batches; ";

  private LostProcessException(String message, Throwable cause) {
    super(message, cause);
  }

  static LostProcessException of(int rank, int worldSize) {
    return new LostProcessException(
        "the process with RANK="
            + rank
            + " ended or is out of reach"
            + REMEDY
            + "WORLD_SIZE="
            + worldSize,
        null);
  }

  /** Where the launcher holds the store that all processes share. */
  static LostProcessException ofLauncher(RankEnvironment environment) {
    return new LostProcessException(
        "the launcher's store ended or is out of reach" + REMEDY + environment.master(), null);
  }

  /** Where every process still gives signs of life, but not to each other. */
  static LostProcessException ofExchange(RuntimeException cause) {
    return new LostProcessException(
        "the processes of the run cannot exchange tensors"
            + REMEDY
            + "libtorch says: "
            + cause.getMessage(),
        cause);
  }
}
