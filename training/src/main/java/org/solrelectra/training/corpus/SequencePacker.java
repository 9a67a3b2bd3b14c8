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
  static final double SINGLE_SEGMENT_SHARE = 0.1;

  private final ShardWindows windows;
  private final int clsId;
  private final int sepId;
  private final int sequenceLength;
  private final long seed;

  /**
   * @throws InvalidCorpusException if no shard fills two sequences
   */
  public SequencePacker(
      List<TokenShard> shards, Vocabulary vocabulary, int sequenceLength, long seed)
      throws InvalidCorpusException {
    this.windows = new ShardWindows(shards, sequenceLength, seed);
    this.clsId = vocabulary.clsId();
    this.sepId = vocabulary.sepId();
    this.sequenceLength = sequenceLength;
    this.seed = seed;
  }

  private int window() {
    return windows.length();
  }

  @Override
  public long sequencesPerPass() {
    return windows.perPass();
  }

  @Override
  public void pack(
      long sampleIndex, long[] inputIds, long[] tokenTypeIds, long[] positionIds, int at) {
    ShardWindows.Window window = windows.of(sampleIndex);
    TokenShard shard = window.shard();
    long from = window.from();
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
    SampleSource.oneBlock(positionIds, at, sequenceLength);
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
