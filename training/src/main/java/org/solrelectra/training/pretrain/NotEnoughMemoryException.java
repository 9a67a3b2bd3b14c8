package org.solrelectra.training.pretrain;

/**
 * A step needs more memory than the device or the JVM's heap has. It may have failed anywhere, in
 * the midst of the update too: gradients, moments and parameters may be changed in part, so nothing
 * of them may be saved or trained on. The last checkpoint is as it was.
 */
public final class NotEnoughMemoryException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  NotEnoughMemoryException(PretrainingConfig config, Throwable cause) {
    super(
        "a step needs more memory than there is; raise --micro-batches, or lower --batch-size or --sequence-length; "
            + config.batchSize()
            + " sequences of "
            + config.sequenceLength()
            + " tokens in "
            + config.microBatches()
            + " micro-batches",
        cause);
  }

  /** Runs what may need more memory than there is, and says so then. */
  static void guard(PretrainingConfig config, Runnable work) {
    try {
      work.run();
    } catch (RuntimeException | OutOfMemoryError e) {
      if (isCauseOf(e)) {
        throw new NotEnoughMemoryException(config, e);
      }
      throw e;
    }
  }

  /** Says whether this was thrown because an allocation failed: libtorch's, or one of the JVM. */
  static boolean isCauseOf(Throwable e) {
    String message = e.getMessage();
    return e instanceof OutOfMemoryError
        || (message != null
            && (message.contains("out of memory")
                || message.contains("not enough memory")
                || message.contains("can't allocate memory")));
  }
}
