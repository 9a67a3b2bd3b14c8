package org.solrelectra.training.corpus;

/**
 * White space as Unicode defines it, so U+00A0 too, which Java's {@link String#isBlank()} takes for
 * a letter.
 */
public final class Blank {
  private static final int NEXT_LINE = 0x85;

  private Blank() {}

  /** Says whether a text has nothing but white space. */
  public static boolean isBlank(String text) {
    return text.codePoints().allMatch(Blank::isBlank);
  }

  private static boolean isBlank(int codePoint) {
    // Java's has the control characters among white space, such as tab, but no no-break space.
    return Character.isWhitespace(codePoint)
        || Character.isSpaceChar(codePoint)
        || codePoint == NEXT_LINE;
  }

  /** Returns a text without the white space at its ends. */
  public static String strip(String text) {
    int start = 0;
    int end = text.length();
    while (start < end && isBlank(text.codePointAt(start))) {
      start += Character.charCount(text.codePointAt(start));
    }
    while (end > start && isBlank(text.codePointBefore(end))) {
      end -= Character.charCount(text.codePointBefore(end));
    }
    return text.substring(start, end);
  }
}
