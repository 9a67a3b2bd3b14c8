package org.solrelectra.training.corpus;

/**
 * What a reader sees as nothing: white space as Unicode defines it, so U+00A0 too, which Java's
 * {@link String#isBlank()} takes for a letter; and control and format characters, such as a zero
 * width space or a byte order mark within a text.
 */
public final class Blank {
  private Blank() {}

  /** Says whether a text has nothing to see. */
  public static boolean isBlank(String text) {
    return text.codePoints().allMatch(Blank::isBlank);
  }

  private static boolean isBlank(int codePoint) {
    return switch (Character.getType(codePoint)) {
      case Character.SPACE_SEPARATOR,
          Character.LINE_SEPARATOR,
          Character.PARAGRAPH_SEPARATOR,
          Character.CONTROL,
          Character.FORMAT ->
          true;
      default -> false;
    };
  }

  /** Returns a text without what is blank at its ends. */
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
