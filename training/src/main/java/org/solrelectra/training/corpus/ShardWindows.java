package org.solrelectra.training.corpus;

import java.util.List;
import org.solrelectra.training.random.KeyedRandom;
import org.solrelectra.training.random.KeyedRandom.Purpose;

/**
 * Windows over the tokens of shards, each what a sequence of one length holds beside {@code [CLS]}
 * and its last {@code [SEP]}. Every pass goes through all of them in an order of its own, from
 * another start: a pure function of (seed, sample index).
 */
final class ShardWindows {
  /** [CLS] and the last [SEP]. */
  static final int SPECIAL_TOKENS = 2;

  private final List<TokenShard> shards;
  private final int length;
  private final long seed;
  private final long[] firstWindow;

  /**
   * @param from the window's first token
   */
  record Window(TokenShard shard, long from) {}

  /**
   * @throws InvalidCorpusException if no shard fills two sequences
   */
  ShardWindows(List<TokenShard> shards, int sequenceLength, long seed)
      throws InvalidCorpusException {
    this.shards = List.copyOf(shards);
    this.length = sequenceLength - SPECIAL_TOKENS;
    this.seed = seed;
    this.firstWindow = new long[shards.size() + 1];
    long tokens = 0;
    for (int i = 0; i < shards.size(); i++) {
      tokens += shards.get(i).tokens();
      // One less than fits, so that a pass may start anywhere in the first window.
      long windows = Math.max(0, shards.get(i).tokens() / length - 1);
      firstWindow[i + 1] = firstWindow[i] + windows;
    }
    if (perPass() == 0) {
      throw new InvalidCorpusException(
          "the corpus is too small; expected at least "
              + 2 * length
              + " tokens for sequences of "
              + sequenceLength
              + "; tokens="
              + tokens);
    }
  }

  /** Returns the tokens of a window. */
  int length() {
    return length;
  }

  long perPass() {
    return firstWindow[shards.size()];
  }

  Window of(long sampleIndex) {
    long pass = sampleIndex / perPass();
    long number =
        Permutation.of(perPass(), KeyedRandom.key(seed, Purpose.SHUFFLE, pass))
            .apply(sampleIndex % perPass());
    int shardIndex = 0;
    while (number >= firstWindow[shardIndex + 1]) {
      shardIndex++;
    }
    int offset = new KeyedRandom(seed, Purpose.WINDOW_OFFSET, pass).nextInt(length);
    return new Window(shards.get(shardIndex), offset + (number - firstWindow[shardIndex]) * length);
  }
}
