package org.solrelectra.training.corpus;

import org.solrelectra.training.random.KeyedRandom;
import org.solrelectra.training.random.KeyedRandom.Purpose;

/**
 * A random order of 0..size-1 that is computed, not stored: a Feistel network of four rounds over
 * the next power of four, walked until it is inside (Black and Rogaway 2002, cycle walking).
 */
record Permutation(long size, int halfBits, long key) {
  private static final int ROUNDS = 4;

  static Permutation of(long size, long key) {
    int bits = Math.max(2, Long.SIZE - Long.numberOfLeadingZeros(size - 1));
    return new Permutation(size, (bits + 1) / 2, key);
  }

  /** Returns which element stands at {@code index}. */
  long apply(long index) {
    long at = index;
    do {
      at = network(at);
    } while (at >= size);
    return at;
  }

  private long network(long value) {
    long mask = (1L << halfBits) - 1;
    long left = value >>> halfBits;
    long right = value & mask;
    for (int round = 0; round < ROUNDS; round++) {
      long mixed = KeyedRandom.key(key + round, Purpose.SHUFFLE, right) & mask;
      long next = left ^ mixed;
      left = right;
      right = next;
    }
    return left << halfBits | right;
  }
}
