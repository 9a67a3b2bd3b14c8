package org.solrelectra.lucene.encoder;

import org.solrelectra.lucene.model.Truncation;

/**
 * How many tokens of a query and of a passage fit.
 *
 * @param query tokens kept of the query
 * @param passage tokens kept of the passage
 */
record PairLengths(int query, int passage) {

  /**
   * Cuts a pair.
   *
   * @param room tokens there is room for, special tokens not counted
   * @throws IllegalArgumentException under {@link Truncation#ONLY_SECOND} if the query leaves no
   *     room
   */
  static PairLengths of(int query, int passage, int room, Truncation truncation) {
    return switch (truncation) {
      case PASSAGE -> {
        int keptQuery = queryLimit(query, room);
        yield new PairLengths(keptQuery, Math.min(passage, room - keptQuery));
      }
      case ONLY_SECOND -> {
        if (query + passage > room && query >= room) {
          throw new IllegalArgumentException(
              "cannot truncate: the query leaves no token for the passage; room="
                  + room
                  + ", query="
                  + query);
        }
        yield new PairLengths(query, Math.min(passage, room - query));
      }
      case LONGEST_FIRST -> longestFirst(query, passage, room);
    };
  }

  /**
   * Half the room, rounded down, for a query that would take more; does not depend on the passage.
   */
  static int queryLimit(int query, int room) {
    return Math.min(query, room / 2);
  }

  /**
   * The rule of Hugging Face's fast tokenizers, which is not "drop from the longer, one by one".
   */
  private static PairLengths longestFirst(int query, int passage, int room) {
    if (query + passage <= room) {
      return new PairLengths(query, passage);
    }
    boolean queryFirst = query <= passage;
    int low = Math.min(query, passage);
    int high = low > room ? low : Math.max(low, room - low);
    if (low + high > room) {
      low = room / 2;
      high = low + room % 2;
    }
    return queryFirst ? new PairLengths(low, high) : new PairLengths(high, low);
  }
}
