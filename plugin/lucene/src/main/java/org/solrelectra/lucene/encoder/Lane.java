package org.solrelectra.lucene.encoder;

/** Whom the threads of a {@link WorkerPool} serve first. */
public enum Lane {
  /** Somebody waits for the answer. Served first; refused if too many wait already. */
  QUERY,

  /**
   * Documents on their way into the index. Served when no query waits, and for a share of the time
   * even then; never refused: the client that sends documents waits.
   */
  INDEXING
}
