package org.solrelectra.lucene.analysis;

import java.util.Arrays;

/**
 * A part of a text as BERT's normaliser leaves it, before it is split: code points, what each is to
 * the splitter, and the UTF-16 units it stands for. Only tokens that were added to a vocabulary are
 * looked for in it; not for several threads at once.
 */
final class NormalizedText {
  /** Ends a word. */
  static final byte SPACE = 0;

  /** Part of a word. */
  static final byte WORD = 1;

  /** A word of its own. */
  static final byte PUNCTUATION = 2;

  private int[] codePoints = new int[256];
  private byte[] kinds = new byte[256];
  private int[] combiningClasses = new int[256];
  private int[] starts = new int[256];
  private int[] ends = new int[256];
  private int length;

  /** Returns the number of code points. */
  int length() {
    return length;
  }

  int codePoint(int index) {
    return codePoints[index];
  }

  byte kind(int index) {
    return kinds[index];
  }

  int start(int index) {
    return starts[index];
  }

  int end(int index) {
    return ends[index];
  }

  /** Adds a code point; combining characters are put in canonical order, offsets stay in place. */
  void add(int codePoint, byte kind, int combiningClass, int start, int end) {
    if (length == codePoints.length) {
      codePoints = Arrays.copyOf(codePoints, 2 * length);
      kinds = Arrays.copyOf(kinds, 2 * length);
      combiningClasses = Arrays.copyOf(combiningClasses, 2 * length);
      starts = Arrays.copyOf(starts, 2 * length);
      ends = Arrays.copyOf(ends, 2 * length);
    }
    int at = length;
    while (combiningClass != 0 && at > 0 && combiningClasses[at - 1] > combiningClass) {
      codePoints[at] = codePoints[at - 1];
      combiningClasses[at] = combiningClasses[at - 1];
      at--;
    }
    codePoints[at] = codePoint;
    combiningClasses[at] = combiningClass;
    kinds[length] = kind;
    starts[length] = start;
    ends[length++] = end;
  }

  /** Forgets the first {@code count} code points. */
  void drop(int count) {
    System.arraycopy(codePoints, count, codePoints, 0, length - count);
    System.arraycopy(kinds, count, kinds, 0, length - count);
    System.arraycopy(combiningClasses, count, combiningClasses, 0, length - count);
    System.arraycopy(starts, count, starts, 0, length - count);
    System.arraycopy(ends, count, ends, 0, length - count);
    length -= count;
  }

  @Override
  public String toString() {
    return new String(codePoints, 0, length);
  }
}
