package org.solrelectra.lucene.encoder;

import java.util.List;

/**
 * Sequences that one call encodes; each is run alone, so no score depends on its neighbours.
 *
 * @param truncatedQueries how many of the pairs lost a part of their query, or of their one query
 */
public record TokenBatch(List<TokenSequence> sequences, int truncatedQueries) {
  public TokenBatch {
    sequences = List.copyOf(sequences);
  }

  /** Returns the number of sequences. */
  public int size() {
    return sequences.size();
  }
}
