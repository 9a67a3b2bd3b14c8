package org.solrelectra.training.metrics;

import java.io.IOException;

/** A run's metrics are not what they must be; names the file and the line. */
public class InvalidMetricsException extends IOException {
  private static final long serialVersionUID = 1L;

  public InvalidMetricsException(String message) {
    super(message);
  }

  public InvalidMetricsException(String message, Throwable cause) {
    super(message, cause);
  }
}
