package org.solrelectra.training.corpus;

import java.util.Arrays;
import java.util.List;
import org.solrelectra.lucene.model.Vocabulary;
import org.solrelectra.training.random.KeyedRandom;
import org.solrelectra.training.random.KeyedRandom.Purpose;

/**
 * Cuts documents into sequences as google-research/electra does (build_pretraining_dataset.py
 * L34-114): lines are gathered until they reach a target length, dealt to two segments, and cut to
 * fit; what is cut off is thrown away. A line joins the first segment as long as it fits there,
 * also after the second has begun. One sequence in ten has one segment, one in twenty a shorter
 * target, and a document's end ends a sequence. Which lines belong together is decided once, by the
 * seed.
 *
 * <p>Needs 8 bytes of memory a sequence. Immutable; threads may share it.
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
  private int[] ends = new int[1024];
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
    int target = target(examples);
    int start = 0;
    for (int end = 1; end <= tokens; end++) {
      boolean documentEnds = shard.id(end - 1) == sepId;
      int textEnd = documentEnds ? end - 1 : end;
      boolean lineEnds = documentEnds || end == tokens || shard.startsLine(end);
      if ((lineEnds && textEnd - start >= target) || documentEnds || end == tokens) {
        if (textEnd > start) {
          add(start, textEnd);
          target = target(examples);
        }
        start = end;
      }
    }
  }

  private void add(int start, int end) {
    if (examples == starts.length) {
      int larger = Math.max(2 * examples, examples + 1);
      starts = Arrays.copyOf(starts, larger);
      ends = Arrays.copyOf(ends, larger);
    }
    starts[examples] = start;
    ends[examples] = end;
    examples++;
  }

  /** Returns the length, special tokens included, at which a sequence is full. */
  private int target(int example) {
    KeyedRandom random = new KeyedRandom(seed, Purpose.EXAMPLE_LENGTHS, example);
    return random.nextDouble() < SHORT_SHARE
        ? SHORTEST_TARGET + random.nextInt(sequenceLength - SHORTEST_TARGET + 1)
        : sequenceLength;
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
    Segments segments = segments(shard, example);
    to = copy(shard, segments.first, 0, inputIds, tokenTypeIds, to);
    if (segments.second.length > 0) {
      to = copy(shard, segments.second, 1, inputIds, tokenTypeIds, to);
    }
    Arrays.fill(inputIds, to, at + sequenceLength, padId);
    Arrays.fill(tokenTypeIds, to, at + sequenceLength, 0);
    SampleSource.oneBlock(positionIds, at, sequenceLength);
  }

  /** Indexes of the tokens of both segments, cut to fit a sequence; the second may be empty. */
  private record Segments(int[] first, int[] second) {}

  /** Deals the lines of an example to its segments (L60-87). */
  private Segments segments(TokenShard shard, int example) {
    int end = ends[example];
    int[] first = new int[end - starts[example]];
    int[] second = new int[first.length];
    int firstLength = 0;
    int secondLength = 0;
    KeyedRandom random = new KeyedRandom(seed, Purpose.SEGMENTS, example);
    int firstTarget =
        random.nextDouble() < SINGLE_SEGMENT_SHARE ? Integer.MAX_VALUE : (target(example) - 3) / 2;
    int lineEnd;
    for (int line = starts[example]; line < end; line = lineEnd) {
      lineEnd = line + 1;
      while (lineEnd < end && !shard.startsLine(lineEnd)) {
        lineEnd++;
      }
      boolean joinsFirst =
          firstLength == 0
              || firstLength + lineEnd - line < firstTarget
              || (secondLength == 0 && firstLength < firstTarget && random.nextDouble() < 0.5);
      for (int token = line; token < lineEnd; token++) {
        if (joinsFirst) {
          first[firstLength++] = token;
        } else {
          second[secondLength++] = token;
        }
      }
    }
    firstLength = Math.min(firstLength, sequenceLength - 2);
    secondLength = Math.max(0, Math.min(secondLength, sequenceLength - firstLength - 3));
    return new Segments(Arrays.copyOf(first, firstLength), Arrays.copyOf(second, secondLength));
  }

  /** Copies a segment and its [SEP]. */
  private int copy(TokenShard shard, int[] tokens, int type, long[] ids, long[] types, int at) {
    int to = at;
    for (int token : tokens) {
      ids[to] = shard.id(token);
      types[to++] = type;
    }
    ids[to] = sepId;
    types[to++] = type;
    return to;
  }
}
