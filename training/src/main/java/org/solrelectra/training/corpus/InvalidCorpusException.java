package org.solrelectra.training.corpus;

import java.io.IOException;

/** A corpus file is not what it must be; names the file and the byte. */
public class InvalidCorpusException extends IOException {
  private static final long serialVersionUID = 1L;

  public InvalidCorpusException(String message) {
    super(message);
  }

  public InvalidCorpusException(String message, Throwable cause) {
    super(message, cause);
  }
}
