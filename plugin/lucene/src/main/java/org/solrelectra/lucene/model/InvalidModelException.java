package org.solrelectra.lucene.model;

import java.io.IOException;

/** A file of a model directory is missing, damaged, or does not fit the others; names the file. */
public class InvalidModelException extends IOException {
  private static final long serialVersionUID = 1L;

  public InvalidModelException(String message) {
    super(message);
  }

  public InvalidModelException(String message, Throwable cause) {
    super(message, cause);
  }
}
