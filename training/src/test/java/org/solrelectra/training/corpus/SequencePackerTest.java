package org.solrelectra.training.corpus;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.solrelectra.lucene.model.Vocabulary;
import org.solrelectra.training.SmallCorpus;

class SequencePackerTest {
  private static final int LENGTH = 16;
  private static final int WINDOW = LENGTH - 2;

  @TempDir private Path folder;
  private Vocabulary vocabulary;
  private TokenShard shard;
  private SequencePacker packer;
  private final long[] ids = new long[LENGTH];
  private final long[] types = new long[LENGTH];

  @BeforeEach
  void writeShard() throws IOException {
    vocabulary = SmallCorpus.vocabulary();
    List<TokenShard> shards = SmallCorpus.writeShards(folder, 300);
    shard = shards.get(0);
    packer = new SequencePacker(shards, vocabulary, LENGTH, 5);
  }

  /** Each window of the stream comes once a pass; a sequence is its window's tokens in order. */
  @Test
  void aPassGoesThroughTheStreamOnce() {
    long windows = packer.sequencesPerPass();
    assertEquals(shard.tokens() / WINDOW - 1, windows);
    for (long pass = 0; pass < 3; pass++) {
      Set<Long> starts = new HashSet<>();
      for (long sample = pass * windows; sample < (pass + 1) * windows; sample++) {
        packer.pack(sample, ids, types, new long[LENGTH], 0);
        starts.add(start());
      }
      assertEquals(windows, starts.size(), "windows of pass " + pass);
      long first = starts.stream().mapToLong(Long::longValue).min().orElseThrow();
      assertTrue(first < WINDOW, "first window at " + first);
      for (long window = 0; window < windows; window++) {
        assertTrue(starts.contains(first + window * WINDOW), "window " + window);
      }
    }
  }

  /** Returns where in the stream the sequence starts, having checked it token by token. */
  private long start() {
    assertEquals(vocabulary.clsId(), ids[0]);
    assertEquals(vocabulary.sepId(), ids[LENGTH - 1]);
    int split = 0;
    while (split < LENGTH && types[split] == 0) {
      split++;
    }
    for (int i = split; i < LENGTH; i++) {
      assertEquals(1, types[i], "types must be 0s, then 1s: " + Arrays.toString(types));
    }
    for (long from = 0; from + WINDOW <= shard.tokens(); from++) {
      if (isWindow(from, split)) {
        return from;
      }
    }
    throw new AssertionError("no window of the stream: " + Arrays.toString(ids));
  }

  private boolean isWindow(long from, int split) {
    boolean documentEnds = split < LENGTH && shard.id(from + split - 2) == vocabulary.sepId();
    // The [SEP] between the segments is the stream's own where a document ends, else it is added.
    boolean added = split < LENGTH && !documentEnds;
    int tokens = added ? WINDOW - 1 : WINDOW;
    int at = 1;
    for (int i = 0; i < tokens; i++) {
      if (added && at == split - 1) {
        if (ids[at++] != vocabulary.sepId() || !shard.startsLine(from + i)) {
          return false;
        }
      }
      if (ids[at++] != shard.id(from + i)) {
        return false;
      }
    }
    return at == LENGTH - 1;
  }

  @Test
  void segmentsMeetWhereADocumentEnds() {
    int withEnd = 0;
    for (long sample = 0; sample < packer.sequencesPerPass(); sample++) {
      packer.pack(sample, ids, types, new long[LENGTH], 0);
      int separator = 1;
      while (ids[separator] != vocabulary.sepId()) {
        separator++;
      }
      // Later a second segment would hold no token of its own.
      if (separator < LENGTH - 3) {
        withEnd++;
        assertEquals(0, types[separator]);
        assertEquals(1, types[separator + 1]);
      }
    }
    assertTrue(withEnd > 20, "sequences with two segments: " + withEnd);
  }

  @Test
  void aSampleIsAPureFunctionOfSeedAndIndex() throws IOException {
    SequencePacker same = new SequencePacker(List.of(shard), vocabulary, LENGTH, 5);
    SequencePacker other = new SequencePacker(List.of(shard), vocabulary, LENGTH, 6);
    long[] otherIds = new long[LENGTH];
    int different = 0;
    for (long sample = 100; sample >= 0; sample--) {
      packer.pack(sample, ids, types, new long[LENGTH], 0);
      long[] before = ids.clone();
      same.pack(sample, ids, types, new long[LENGTH], 0);
      assertArrayEquals(before, ids);
      other.pack(sample, otherIds, types, new long[LENGTH], 0);
      different += Arrays.equals(before, otherIds) ? 0 : 1;
    }
    assertTrue(different > 90, "different: " + different);
  }

  @Test
  void passesDifferInOrder() {
    long windows = packer.sequencesPerPass();
    int different = 0;
    for (long sample = 0; sample < windows; sample++) {
      packer.pack(sample, ids, types, new long[LENGTH], 0);
      long[] first = ids.clone();
      packer.pack(windows + sample, ids, types, new long[LENGTH], 0);
      different += Arrays.equals(first, ids) ? 0 : 1;
    }
    assertTrue(different > windows * 0.9, "different: " + different);
  }

  @Test
  void sequencesAreWrittenWhereTheyBelong() {
    long[] both = new long[2 * LENGTH];
    packer.pack(3, both, new long[2 * LENGTH], new long[2 * LENGTH], LENGTH);
    packer.pack(3, ids, types, new long[LENGTH], 0);
    assertArrayEquals(ids, Arrays.copyOfRange(both, LENGTH, 2 * LENGTH));
    assertArrayEquals(new long[LENGTH], Arrays.copyOf(both, LENGTH));
  }

  @Test
  void aCorpusMustFillTwoSequences() {
    int length = (int) shard.tokens();
    InvalidCorpusException e =
        assertThrows(
            InvalidCorpusException.class,
            () -> new SequencePacker(List.of(shard), vocabulary, length, 5));
    assertEquals(
        "the corpus is too small; expected at least "
            + 2 * (length - 2)
            + " tokens for sequences of "
            + length
            + "; tokens="
            + length,
        e.getMessage());
  }
}
