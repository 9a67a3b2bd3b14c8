package org.solrelectra.training.corpus;

import java.util.List;
import org.solrelectra.lucene.model.Vocabulary;
import org.solrelectra.training.random.KeyedRandom;
import org.solrelectra.training.random.KeyedRandom.Purpose;

/**
 * Cuts a stream of documents into sequences of full length in which each document is a block of its
 * own: {@code [CLS] A [SEP]} or {@code [CLS] A [SEP] B [SEP]}, positions from 0, as if it stood
 * alone (Krell et al. 2021, arXiv 2107.02027, section 3.2, without their sorting by length: the
 * order of a pass is random). A and B meet at a line's start; one in ten has one segment all the
 * same, as has one without such a place.
 *
 * <p>A sequence that ends within a document leaves out as many tokens as it has blocks before the
 * last, and segments that meet; one in which a document ends so close to the end that no block fits
 * is padded by one or two.
 *
 * <p>Sample i is a pure function of (seed, i). Immutable; threads may share it.
 */
public final class BlockPacker implements SampleSource {
  /** [CLS], a token, [SEP]. */
  private static final int SHORTEST_BLOCK = 3;

  private final ShardWindows windows;
  private final int clsId;
  private final int sepId;
  private final int padId;
  private final int sequenceLength;
  private final long seed;

  /**
   * @throws InvalidCorpusException if no shard fills two sequences
   */
  public BlockPacker(List<TokenShard> shards, Vocabulary vocabulary, int sequenceLength, long seed)
      throws InvalidCorpusException {
    this.windows = new ShardWindows(shards, sequenceLength, seed);
    this.clsId = vocabulary.clsId();
    this.sepId = vocabulary.sepId();
    this.padId = vocabulary.padId();
    this.sequenceLength = sequenceLength;
    this.seed = seed;
  }

  @Override
  public long sequencesPerPass() {
    return windows.perPass();
  }

  @Override
  public void pack(
      long sampleIndex, long[] inputIds, long[] tokenTypeIds, long[] positionIds, int at) {
    ShardWindows.Window window = windows.of(sampleIndex);
    KeyedRandom random = new KeyedRandom(seed, Purpose.SEGMENTS, sampleIndex);
    long next = window.from();
    int to = at;
    int end = at + sequenceLength;
    while (end - to >= SHORTEST_BLOCK) {
      int most = end - to - ShardWindows.SPECIAL_TOKENS;
      int length = 0;
      while (length < most && window.shard().id(next + length) != sepId) {
        length++;
      }
      if (length > 0) {
        int split = splitPoint(window.shard(), next, length, random);
        // The [SEP] between segments takes the place of a token that would just fit.
        int written = split > 0 && length == most ? length - 1 : length;
        to = write(window.shard(), next, split, written, to, inputIds, tokenTypeIds, positionIds);
      }
      next += length + 1;
    }
    for (; to < end; to++) {
      inputIds[to] = padId;
      tokenTypeIds[to] = 0;
      positionIds[to] = 0;
    }
  }

  /** Returns how many of a block's tokens segment A takes, or 0 for one segment. */
  private static int splitPoint(TokenShard shard, long from, int length, KeyedRandom random) {
    boolean single = random.nextDouble() < SequencePacker.SINGLE_SEGMENT_SHARE;
    int split = 0;
    int lines = 0;
    for (int i = 1; !single && i < length - 1; i++) {
      if (shard.startsLine(from + i) && random.nextInt(++lines) == 0) {
        split = i;
      }
    }
    return split;
  }

  /** Writes a block and returns where it ends. */
  private int write(
      TokenShard shard,
      long from,
      int split,
      int length,
      int at,
      long[] inputIds,
      long[] tokenTypeIds,
      long[] positionIds) {
    int to = at;
    inputIds[to++] = clsId;
    for (int i = 0; i < length; i++) {
      if (split > 0 && i == split) {
        inputIds[to++] = sepId;
      }
      inputIds[to++] = shard.id(from + i);
    }
    inputIds[to++] = sepId;
    int second = split > 0 ? at + 1 + split + 1 : to;
    for (int i = at; i < to; i++) {
      tokenTypeIds[i] = i < second ? 0 : 1;
      positionIds[i] = (long) i - at;
    }
    return to;
  }
}
