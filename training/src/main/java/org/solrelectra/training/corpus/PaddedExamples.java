package org.solrelectra.training.corpus;

import java.util.Arrays;
import java.util.List;
import org.solrelectra.lucene.model.Vocabulary;
import org.solrelectra.training.random.KeyedRandom;
import org.solrelectra.training.random.KeyedRandom.Purpose;

/**
 * Cuts documents into sequences as google-research/electra does (build_pretraining_dataset.py
 * L34-114): lines are gathered until they reach a target length, split into two segments at a line,
 * and cut to fit; what is cut off is thrown away. One in ten has one segment, one in twenty a
 * shorter target, and a document's end ends a sequence. Which lines belong together is decided
 * once, by the seed.
 *
 * <p>Needs 16 bytes of memory a sequence. Immutable; threads may share it.
 */
public final class PaddedExamples implements SampleSource {
  private static final double SINGLE_SEGMENT_SHARE = 0.1;
  private static final double SHORT_SHARE = 0.05;
  private static final int SHORTEST_TARGET = 5;

  private final List<TokenShard> shards;
  private final int clsId;
  private final int sepId;
  private final int padId;
  private final int sequenceLength;
  private final long seed;
  private final int[] shardEnds;
  private int[] starts = new int[1024];
  private int[] secondStarts = new int[1024];
  private short[] firstLengths = new short[1024];
  private short[] secondLengths = new short[1024];
  private int examples;

  /**
   * @throws InvalidCorpusException if the shards hold no tokens
   */
  public PaddedExamples(
      List<TokenShard> shards, Vocabulary vocabulary, int sequenceLength, long seed)
      throws InvalidCorpusException {
    this.shards = List.copyOf(shards);
    this.clsId = vocabulary.clsId();
    this.sepId = vocabulary.sepId();
    this.padId = vocabulary.padId();
    this.sequenceLength = sequenceLength;
    this.seed = seed;
    this.shardEnds = new int[shards.size()];
    for (int i = 0; i < shards.size(); i++) {
      gather(shards.get(i));
      shardEnds[i] = examples;
    }
    if (examples == 0) {
      throw new InvalidCorpusException("the corpus is too small; it holds no token");
    }
  }

  private void gather(TokenShard shard) {
    int tokens = Math.toIntExact(shard.tokens());
    int target = target();
    int start = 0;
    for (int end = 1; end <= tokens; end++) {
      boolean documentEnds = shard.id(end - 1) == sepId;
      int textEnd = documentEnds ? end - 1 : end;
      boolean lineEnds = documentEnds || end == tokens || shard.startsLine(end);
      if ((lineEnds && textEnd - start >= target) || documentEnds || end == tokens) {
        if (textEnd > start) {
          add(shard, start, textEnd, target);
          target = target();
        }
        start = end;
      }
    }
  }

  /** Returns the length, special tokens included, at which the next sequence is full. */
  private int target() {
    KeyedRandom random = new KeyedRandom(seed, Purpose.EXAMPLE_LENGTHS, examples);
    return random.nextDouble() < SHORT_SHARE
        ? SHORTEST_TARGET + random.nextInt(sequenceLength - SHORTEST_TARGET + 1)
        : sequenceLength;
  }

  private void add(TokenShard shard, int start, int end, int target) {
    KeyedRandom random = new KeyedRandom(seed, Purpose.SEGMENTS, examples);
    int firstTarget =
        random.nextDouble() < SINGLE_SEGMENT_SHARE ? Integer.MAX_VALUE : (target - 3) / 2;
    int split = start;
    while (split < end) {
      int lineEnd = split + 1;
      while (lineEnd < end && !shard.startsLine(lineEnd)) {
        lineEnd++;
      }
      boolean fits = lineEnd - start < firstTarget;
      if (split > start && !fits && !(split - start < firstTarget && random.nextDouble() < 0.5)) {
        break;
      }
      split = lineEnd;
    }
    if (examples == starts.length) {
      int larger = Math.max(2 * examples, examples + 1);
      starts = Arrays.copyOf(starts, larger);
      secondStarts = Arrays.copyOf(secondStarts, larger);
      firstLengths = Arrays.copyOf(firstLengths, larger);
      secondLengths = Arrays.copyOf(secondLengths, larger);
    }
    int first = Math.min(split - start, sequenceLength - 2);
    int second = Math.max(0, Math.min(end - split, sequenceLength - first - 3));
    starts[examples] = start;
    secondStarts[examples] = split;
    firstLengths[examples] = (short) first;
    secondLengths[examples] = (short) second;
    examples++;
  }

  @Override
  public long sequencesPerPass() {
    return examples;
  }

  @Override
  public void pack(
      long sampleIndex, long[] inputIds, long[] tokenTypeIds, long[] positionIds, int at) {
    long pass = sampleIndex / examples;
    int example =
        (int)
            Permutation.of(examples, KeyedRandom.key(seed, Purpose.SHUFFLE, pass))
                .apply(sampleIndex % examples);
    int shardIndex = 0;
    while (example >= shardEnds[shardIndex]) {
      shardIndex++;
    }
    TokenShard shard = shards.get(shardIndex);
    int to = at;
    inputIds[to] = clsId;
    tokenTypeIds[to++] = 0;
    to = copy(shard, starts[example], firstLengths[example], 0, inputIds, tokenTypeIds, to);
    if (secondLengths[example] > 0) {
      int from = secondStarts[example];
      to = copy(shard, from, secondLengths[example], 1, inputIds, tokenTypeIds, to);
    }
    Arrays.fill(inputIds, to, at + sequenceLength, padId);
    Arrays.fill(tokenTypeIds, to, at + sequenceLength, 0);
    SampleSource.oneBlock(positionIds, at, sequenceLength);
  }

  /** Copies a segment and its [SEP]. */
  private int copy(
      TokenShard shard, int from, int length, int type, long[] ids, long[] types, int at) {
    int to = at;
    for (int i = 0; i < length; i++) {
      ids[to] = shard.id((long) from + i);
      types[to++] = type;
    }
    ids[to] = sepId;
    types[to++] = type;
    return to;
  }
}
