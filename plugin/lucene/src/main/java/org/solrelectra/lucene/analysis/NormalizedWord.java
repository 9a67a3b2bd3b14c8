package org.solrelectra.lucene.analysis;

/**
 * A word as BERT sees it, normalised, with the UTF-16 units of the text that each of its characters
 * stands for. {@link WordSplitter} fills it again for each word; not for several threads at once.
 */
public final class NormalizedWord {
  /**
   * A longer word, in code points after normalising, is not cut but unknown as a whole; as in BERT.
   */
  public static final int LONGEST = 100;

  private final char[] chars = new char[2 * LONGEST];
  private final int[] starts = new int[2 * LONGEST];
  private final int[] ends = new int[2 * LONGEST];
  private int length;
  private int codePoints;
  private int nonstarters;
  private int start;
  private int end;
  private long key;

  // The part of the text that is being read, and one replacement: here, so that the splitter itself
  // has no state.
  char[] text = new char[512];
  int[] replacement = new int[4];

  /** Returns the number of UTF-16 units; meaningless if {@link #isTooLong()}. */
  public int length() {
    return length;
  }

  /** Returns UTF-16 unit {@code index} of the normalised word. */
  public char charAt(int index) {
    return chars[index];
  }

  /** Says whether the word has more than {@link #LONGEST} code points and was not kept. */
  public boolean isTooLong() {
    return codePoints > LONGEST;
  }

  /** Returns where the word starts in the text. */
  int start() {
    return start;
  }

  /** Returns where the word ends in the text, exclusive. */
  int end() {
    return end;
  }

  /** Returns where what unit {@code index} stands for starts in the text. */
  int start(int index) {
    return starts[index];
  }

  /** Returns where what unit {@code index} stands for ends in the text, exclusive. */
  int end(int index) {
    return ends[index];
  }

  /**
   * Returns the word's characters in one number, eight bits each, as {@link ShortWords} wants them;
   * 0 if that is not known, as of all words that are longer or not ASCII.
   */
  long key() {
    return key;
  }

  @Override
  public String toString() {
    return new String(chars, 0, length);
  }

  boolean isEmpty() {
    return codePoints == 0;
  }

  void clear() {
    length = 0;
    codePoints = 0;
    nonstarters = 0;
    key = 0;
  }

  /**
   * Fills the empty word with the characters from {@code from} to at most {@code to}, no more than
   * {@link #LONGEST}, as far as {@code plain} has what stands for them.
   *
   * @param offset where {@code units} starts in the text
   * @return where in the text the rest starts
   */
  int start(char[] units, int from, int to, char[] plain, int offset) {
    int count = 0;
    long packed = 0;
    for (int at = from; at < to; at++) {
      char c = units[at] < plain.length ? plain[units[at]] : 0;
      if (c == 0) {
        break;
      }
      chars[count] = c;
      starts[count] = offset + at;
      ends[count++] = offset + at + 1;
      packed = (packed << Byte.SIZE) | c;
    }
    length = count;
    codePoints = count;
    key = count <= ShortWords.LONGEST ? packed : 0;
    start = offset + from;
    end = start + count;
    return end;
  }

  void append(int codePoint, int sourceStart, int sourceEnd) {
    key = 0;
    if (codePoints++ == 0) {
      start = sourceStart;
    }
    end = sourceEnd;
    if (codePoints <= LONGEST) {
      put(codePoint, sourceStart, sourceEnd);
    }
  }

  void appendNonstarter(int codePoint, int sourceStart, int sourceEnd) {
    nonstarters++;
    append(codePoint, sourceStart, sourceEnd);
  }

  private void put(int codePoint, int sourceStart, int sourceEnd) {
    if (codePoint < Character.MIN_SUPPLEMENTARY_CODE_POINT) {
      put((char) codePoint, sourceStart, sourceEnd);
    } else {
      put(Character.highSurrogate(codePoint), sourceStart, sourceEnd);
      put(Character.lowSurrogate(codePoint), sourceStart, sourceEnd);
    }
  }

  private void put(char c, int sourceStart, int sourceEnd) {
    chars[length] = c;
    starts[length] = sourceStart;
    ends[length++] = sourceEnd;
  }

  /** Puts runs of combining characters in canonical order; the offsets stay in place. */
  void orderNonstarters(CodePointTable table) {
    if (nonstarters < 2 || isTooLong()) {
      return;
    }
    int[] codes = toString().codePoints().toArray();
    int[] codeStarts = new int[codes.length];
    int[] codeEnds = new int[codes.length];
    for (int i = 0, at = 0; i < codes.length; at += Character.charCount(codes[i++])) {
      codeStarts[i] = starts[at];
      codeEnds[i] = ends[at];
    }
    for (int i = 1; i < codes.length; i++) {
      int code = codes[i];
      int combiningClass = table.combiningClass(code);
      int to = i;
      while (combiningClass != 0
          && to > 0
          && table.combiningClass(codes[to - 1]) > combiningClass) {
        codes[to] = codes[to - 1];
        to--;
      }
      codes[to] = code;
    }
    length = 0;
    for (int i = 0; i < codes.length; i++) {
      put(codes[i], codeStarts[i], codeEnds[i]);
    }
  }
}
