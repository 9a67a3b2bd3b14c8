package org.solrelectra.training.corpus;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.solrelectra.lucene.model.Vocabulary;
import org.solrelectra.training.SmallCorpus;

class BlockPackerTest {
  private static final int LENGTH = 40;

  @TempDir private Path folder;
  private Vocabulary vocabulary;
  private TokenShard shard;
  private BlockPacker packer;
  private final long[] ids = new long[LENGTH];
  private final long[] types = new long[LENGTH];
  private final long[] positions = new long[LENGTH];

  @BeforeEach
  void writeShard() throws IOException {
    vocabulary = SmallCorpus.vocabulary();
    shard = SmallCorpus.writeShards(folder, 300).get(0);
    packer = new BlockPacker(List.of(shard), vocabulary, LENGTH, 5);
  }

  /** A block: its tokens without special ones, and how many of them segment A has. */
  private record Block(List<Long> tokens, int first) {}

  /** Returns a sequence's blocks, having checked what surrounds their tokens. */
  private List<Block> blocks() {
    List<Block> blocks = new ArrayList<>();
    int at = 0;
    while (at < LENGTH && ids[at] != vocabulary.padId()) {
      assertEquals(vocabulary.clsId(), ids[at], "a block starts with [CLS]");
      int end = at + 1;
      while (end < LENGTH && positions[end] != 0) {
        assertEquals(end - at, positions[end]);
        end++;
      }
      assertEquals(vocabulary.sepId(), ids[end - 1], "a block ends with [SEP]");
      List<Long> tokens = new ArrayList<>();
      int first = -1;
      for (int i = at + 1; i < end - 1; i++) {
        if (ids[i] == vocabulary.sepId()) {
          assertEquals(-1, first, "a block has two segments at most");
          first = tokens.size();
          assertEquals(0, types[i]);
        } else {
          tokens.add(ids[i]);
          assertEquals(first < 0 ? 0 : 1, types[i]);
        }
      }
      blocks.add(new Block(tokens, first < 0 ? tokens.size() : first));
      at = end;
    }
    for (int i = at; i < LENGTH; i++) {
      assertEquals(vocabulary.padId(), ids[i]);
      assertEquals(0, positions[i], "padding sees itself alone");
    }
    assertTrue(LENGTH - at <= 2, "padding: " + (LENGTH - at));
    return blocks;
  }

  /** What a sequence says, document by document, stands so in the stream, where it starts. */
  @Test
  void blocksAreTheDocumentsOfAWindow() {
    int several = 0;
    int segments = 0;
    for (long sample = 0; sample < packer.sequencesPerPass(); sample++) {
      packer.pack(sample, ids, types, positions, 0);
      List<Block> blocks = blocks();
      several += blocks.size() > 1 ? 1 : 0;
      assertTrue(isInStream(blocks), "no window of the stream: " + Arrays.toString(ids));
      segments +=
          (int) blocks.stream().filter(block -> block.first() < block.tokens().size()).count();
    }
    assertTrue(several > 50, "sequences of several documents: " + several);
    assertTrue(segments > 50, "blocks of two segments: " + segments);
  }

  private boolean isInStream(List<Block> blocks) {
    for (long from = 0; from < shard.tokens(); from++) {
      if (startsAt(from, blocks)) {
        return true;
      }
    }
    return false;
  }

  private boolean startsAt(long from, List<Block> blocks) {
    long next = from;
    for (int i = 0; i < blocks.size(); i++) {
      Block block = blocks.get(i);
      for (int token = 0; token < block.tokens().size(); token++) {
        if (next == shard.tokens() || shard.id(next) != block.tokens().get(token)) {
          return false;
        }
        if (token == block.first() && !shard.startsLine(next)) {
          return false;
        }
        next++;
      }
      boolean last = i == blocks.size() - 1;
      if (!last && shard.id(next++) != vocabulary.sepId()) {
        return false;
      }
    }
    return true;
  }

  /** But for a token or two a block, a pass shows all of the corpus. */
  @Test
  void aPassLeavesLittleOut() {
    long shown = 0;
    long blocks = 0;
    for (long sample = 0; sample < packer.sequencesPerPass(); sample++) {
      packer.pack(sample, ids, types, positions, 0);
      for (Block block : blocks()) {
        shown += block.tokens().size() + 1;
        blocks++;
      }
    }
    assertTrue(
        shown >= shard.tokens() - 2 * blocks - 2 * LENGTH,
        "of " + shard.tokens() + " tokens " + shown + " in " + blocks + " blocks");
  }

  @Test
  void aSampleIsAPureFunctionOfSeedAndIndex() throws IOException {
    BlockPacker same = new BlockPacker(List.of(shard), vocabulary, LENGTH, 5);
    BlockPacker other = new BlockPacker(List.of(shard), vocabulary, LENGTH, 6);
    int different = 0;
    for (long sample = 60; sample >= 0; sample--) {
      packer.pack(sample, ids, types, positions, 0);
      long[] before = ids.clone();
      long[] both = new long[2 * LENGTH];
      same.pack(sample, both, new long[2 * LENGTH], new long[2 * LENGTH], LENGTH);
      assertArrayEquals(before, Arrays.copyOfRange(both, LENGTH, 2 * LENGTH));
      other.pack(sample, ids, types, positions, 0);
      different += Arrays.equals(before, ids) ? 0 : 1;
    }
    assertTrue(different > 50, "different: " + different);
  }
}
