package org.solrelectra.training.corpus;

import java.util.List;
import org.solrelectra.lucene.model.Vocabulary;
import org.solrelectra.training.random.KeyedRandom;
import org.solrelectra.training.random.KeyedRandom.Purpose;

/**
 * Cuts a stream of documents into sequences of full length: no padding, nothing thrown away but, in
 * a sequence with two segments, one token.
 *
 * <p>A sequence is {@code [CLS] A [SEP]} or {@code [CLS] A [SEP] B [SEP]}. A and B meet where a
 * document ends, else where a line starts; one in ten has one segment all the same, as has one
 * without such a place (google-research/electra, build_pretraining_dataset.py L60-93, but for its
 * padding).
 *
 * <p>Sample i is a pure function of (seed, i): every pass goes through all windows in an order of
 * its own, from another start. Immutable; threads may share it.
 */
public final class SequencePacker implements SampleSource {
  private static final double SINGLE_SEGMENT_SHARE = 0.1;

  private final List<TokenShard> shards;
  private final int clsId;
  private final int sepId;
  private final int sequenceLength;
  private final long seed;
  private final long[] firstWindow;

  /**
   * @throws InvalidCorpusException if no shard fills two sequences
   */
  public SequencePacker(
      List<TokenShard> shards, Vocabulary vocabulary, int sequenceLength, long seed)
      throws InvalidCorpusException {
    this.shards = List.copyOf(shards);
    this.clsId = vocabulary.clsId();
    this.sepId = vocabulary.sepId();
    this.sequenceLength = sequenceLength;
    this.seed = seed;
    this.firstWindow = new long[shards.size() + 1];
    long tokens = 0;
    for (int i = 0; i < shards.size(); i++) {
      tokens += shards.get(i).tokens();
      // One less than fits, so that a pass may start anywhere in the first window.
      long windows = Math.max(0, shards.get(i).tokens() / window() - 1);
      firstWindow[i + 1] = firstWindow[i] + windows;
    }
    if (sequencesPerPass() == 0) {
      throw new InvalidCorpusException(
          "the corpus is too small; expected at least "
              + 2 * window()
              + " tokens for sequences of "
              + sequenceLength
              + "; tokens="
              + tokens);
    }
  }

  /** Tokens of the stream that one sequence stands for: all but [CLS] and the last [SEP]. */
  private int window() {
    return sequenceLength - 2;
  }

  @Override
  public long sequencesPerPass() {
    return firstWindow[shards.size()];
  }

  @Override
  public void pack(long sampleIndex, long[] inputIds, long[] tokenTypeIds, int at) {
    long pass = sampleIndex / sequencesPerPass();
    long number =
        Permutation.of(sequencesPerPass(), KeyedRandom.key(seed, Purpose.SHUFFLE, pass))
            .apply(sampleIndex % sequencesPerPass());
    int shardIndex = 0;
    while (number >= firstWindow[shardIndex + 1]) {
      shardIndex++;
    }
    TokenShard shard = shards.get(shardIndex);
    int offset = new KeyedRandom(seed, Purpose.WINDOW_OFFSET, pass).nextInt(window());
    long from = offset + (number - firstWindow[shardIndex]) * window();
    KeyedRandom random = new KeyedRandom(seed, Purpose.SEGMENTS, sampleIndex);
    int split = splitPoint(shard, from, random);
    boolean separated = split > 0 && shard.id(from + split - 1) == sepId;

    int to = at;
    inputIds[to] = clsId;
    tokenTypeIds[to++] = 0;
    int tokens = split > 0 && !separated ? window() - 1 : window();
    for (int i = 0; i < tokens; i++) {
      if (i == split && split > 0 && !separated) {
        inputIds[to] = sepId;
        tokenTypeIds[to++] = 0;
      }
      inputIds[to] = shard.id(from + i);
      tokenTypeIds[to++] = split > 0 && i >= split ? 1 : 0;
    }
    inputIds[to] = sepId;
    tokenTypeIds[to] = split > 0 ? 1 : 0;
  }

  /** Returns how many tokens of the window segment A takes, or 0 for one segment. */
  private int splitPoint(TokenShard shard, long from, KeyedRandom random) {
    boolean single = random.nextDouble() < SINGLE_SEGMENT_SHARE;
    int split = 0;
    int lines = 0;
    for (int i = 1; i < window() - 1; i++) {
      if (shard.id(from + i - 1) == sepId) {
        return i;
      }
      if (!single && shard.startsLine(from + i) && random.nextInt(++lines) == 0) {
        split = i;
      }
    }
    return split;
  }
}
