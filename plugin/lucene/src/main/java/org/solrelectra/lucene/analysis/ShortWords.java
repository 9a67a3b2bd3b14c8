package org.solrelectra.lucene.analysis;

import org.solrelectra.lucene.model.Vocabulary;

/**
 * The pieces that are whole words of one to eight ASCII characters, as most words of English are:
 * found in one look where the trie takes a step a character.
 *
 * <p>Immutable; threads may share it.
 */
final class ShortWords {
  static final int NONE = -1;

  /** In characters: eight of eight bits are a {@code long}. */
  static final int LONGEST = Long.BYTES;

  private static final int MOST = Character.MAX_VALUE;

  // A hash table with linear probing, of numbers that count the words: vocabularies start with the
  // frequent words, whose keys and ids so lie side by side and stay in the processor's caches.
  private final char[] cells;
  private final int shift;
  private final long[] keys;
  private final int[] ids;

  ShortWords(Vocabulary vocabulary) {
    int capacity = Math.min(MOST, vocabulary.size());
    int bits = Integer.SIZE - Integer.numberOfLeadingZeros(capacity) + 1;
    this.cells = new char[1 << bits];
    this.shift = Long.SIZE - bits;
    this.keys = new long[capacity + 1];
    this.ids = new int[capacity + 1];
    int count = 0;
    for (String piece : vocabulary.wordPieces()) {
      long key = key(piece);
      if (key != 0 && count < capacity) {
        int cell = cell(key);
        while (cells[cell] != 0) {
          cell = next(cell);
        }
        cells[cell] = (char) ++count;
        keys[count] = key;
        ids[count] = vocabulary.id(piece);
      }
    }
  }

  /** Returns a piece's characters in one number, eight bits each, or 0 if it is not kept here. */
  private static long key(String piece) {
    if (piece.length() > LONGEST || piece.startsWith(Vocabulary.CONTINUATION_PREFIX)) {
      return 0;
    }
    long key = 0;
    for (int i = 0; i < piece.length(); i++) {
      char c = piece.charAt(i);
      if (c == 0 || c >= CodePointTable.ASCII) {
        return 0;
      }
      key = (key << Byte.SIZE) | c;
    }
    return key;
  }

  /** Returns the id of the piece with this {@link NormalizedWord#key}, or {@link #NONE}. */
  int id(long key) {
    for (int cell = cell(key); ; cell = next(cell)) {
      int number = cells[cell];
      if (number == 0) {
        return NONE;
      }
      if (keys[number] == key) {
        return ids[number];
      }
    }
  }

  /** Fibonacci hashing: the uppermost bits of the product with 2^64 over the golden ratio. */
  private int cell(long key) {
    return (int) ((key * 0x9E3779B97F4A7C15L) >>> shift);
  }

  private int next(int cell) {
    return (cell + 1) & (cells.length - 1);
  }
}
