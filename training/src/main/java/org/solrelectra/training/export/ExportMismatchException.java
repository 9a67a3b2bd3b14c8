package org.solrelectra.training.export;

import java.io.IOException;

/** An exported graph does not compute what the trained network computes. */
public class ExportMismatchException extends IOException {
  private static final long serialVersionUID = 1L;

  public ExportMismatchException(String message) {
    super(message);
  }
}
