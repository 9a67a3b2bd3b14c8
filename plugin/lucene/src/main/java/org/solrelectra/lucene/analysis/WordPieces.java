package org.solrelectra.lucene.analysis;

import java.util.Arrays;

/**
 * The word pieces of a text: ids, and which UTF-16 units of the text each came from. Grows as
 * needed and is meant to be used again; not for several threads at once.
 */
public final class WordPieces {
  private int size;
  private int[] ids = new int[128];
  private int[] starts = new int[128];
  private int[] ends = new int[128];

  // The word being read: kept here so that an encoder has no state of its own.
  final NormalizedWord word = new NormalizedWord();

  /** Returns the number of pieces. */
  public int size() {
    return size;
  }

  /** Returns the vocabulary id of piece {@code index}. */
  public int id(int index) {
    return ids[checked(index)];
  }

  /** Returns where piece {@code index} starts in the text, in UTF-16 units. */
  public int start(int index) {
    return starts[checked(index)];
  }

  /** Returns where piece {@code index} ends in the text, in UTF-16 units, exclusive. */
  public int end(int index) {
    return ends[checked(index)];
  }

  /** Returns the ids as a new array, [seq]. */
  public int[] ids() {
    return Arrays.copyOf(ids, size);
  }

  /** Forgets all pieces. */
  public void clear() {
    size = 0;
  }

  /** Keeps the first {@code newSize} pieces. */
  public void truncate(int newSize) {
    size = Math.min(size, newSize);
  }

  /**
   * Writes the ids of pieces {@code from..from + count - 1} to {@code target} from {@code at} on.
   */
  public void copyIds(int from, int count, int[] target, int at) {
    System.arraycopy(ids, from, target, at, count);
  }

  void add(int id, int start, int end) {
    if (size == ids.length) {
      ids = Arrays.copyOf(ids, size * 2);
      starts = Arrays.copyOf(starts, size * 2);
      ends = Arrays.copyOf(ends, size * 2);
    }
    ids[size] = id;
    starts[size] = start;
    ends[size++] = end;
  }

  private int checked(int index) {
    if (index < 0 || index >= size) {
      throw new IndexOutOfBoundsException("index must be in 0.." + (size - 1) + "; index=" + index);
    }
    return index;
  }
}
