package org.solrelectra.training.pretrain;

/** A step needs more memory than the device has; the parameters are as they were before it. */
public final class OutOfDeviceMemoryException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  OutOfDeviceMemoryException(PretrainingConfig config, RuntimeException cause) {
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

  /** Says whether libtorch threw this because an allocation failed, on a GPU or a CPU. */
  static boolean isCauseOf(RuntimeException e) {
    String message = e.getMessage();
    return message != null
        && (message.contains("out of memory")
            || message.contains("not enough memory")
            || message.contains("can't allocate memory"));
  }
}
