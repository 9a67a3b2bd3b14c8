package org.solrelectra.training.dataset;

import java.io.IOException;

/** A data set's file is not what it must be; names the file and the line. */
public class InvalidDatasetException extends IOException {
  private static final long serialVersionUID = 1L;

  public InvalidDatasetException(String message) {
    super(message);
  }

  public InvalidDatasetException(String message, Throwable cause) {
    super(message, cause);
  }
}
