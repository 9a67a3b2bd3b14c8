package org.solrelectra.lucene.encoder;

import java.io.IOException;

/** A query was refused because as many as may wait are waiting for the node's models already. */
public final class OverloadedException extends IOException {
  private static final long serialVersionUID = 1;

  OverloadedException(String message) {
    super(message);
  }
}
