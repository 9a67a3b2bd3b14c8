package org.solrelectra.training.corpus;

import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;

/**
 * How documents become shards.
 *
 * @param heldOutShare the share of documents that is not trained on, in [0, 1). Their text alone
 *     chooses them, so that they are the same in each run, and a copy of one is held out too
 * @param shardTokens a shard ends at the first document, or page of a Solr's, after so many tokens;
 *     1 to 2^28
 * @param duplicates what happens to a document whose text came before
 */
@JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
public record CorpusSettings(double heldOutShare, long shardTokens, Duplicates duplicates) {
  /** Keeps a shard's bits and bytes addressable by an int. */
  public static final long LARGEST_SHARD = 1L << 28;

  /** What happens to a document whose text came before. */
  public enum Duplicates {
    DROP,
    KEEP
  }

  public CorpusSettings {
    if (!(heldOutShare >= 0 && heldOutShare < 1)) {
      throw new IllegalArgumentException(
          "heldOutShare must be in [0, 1); heldOutShare=" + heldOutShare);
    }
    if (shardTokens < 1 || shardTokens > LARGEST_SHARD) {
      throw new IllegalArgumentException(
          "shardTokens must be in 1.." + LARGEST_SHARD + "; shardTokens=" + shardTokens);
    }
  }
}
