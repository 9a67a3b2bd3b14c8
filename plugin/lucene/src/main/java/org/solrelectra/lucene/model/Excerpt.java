package org.solrelectra.lucene.model;

import java.util.Locale;

/**
 * How messages show values that come from outside, from files, requests and configurations: short,
 * and without control characters.
 */
public final class Excerpt {
  /** In UTF-16 units, the mark of what was left out included. */
  public static final int LONGEST = 200;

  private static final char LEFT_OUT = '\u2026';

  private Excerpt() {}

  /** Returns the text of a value, cut to {@link #LONGEST}; control characters are escaped. */
  public static String of(Object value) {
    String text = String.valueOf(value);
    StringBuilder shown = new StringBuilder();
    for (int at = 0; at < text.length(); ) {
      int codePoint = text.codePointAt(at);
      at += Character.charCount(codePoint);
      String next =
          isControl(codePoint)
              ? String.format(Locale.ROOT, "\\u%04x", codePoint)
              : Character.toString(codePoint);
      boolean isLast = at == text.length();
      if (shown.length() + next.length() > (isLast ? LONGEST : LONGEST - 1)) {
        return shown.append(LEFT_OUT).toString();
      }
      shown.append(next);
    }
    return shown.toString();
  }

  /** Says whether a text has characters that move a terminal's cursor or break a log's line. */
  static boolean hasControls(String text) {
    return text.codePoints().anyMatch(Excerpt::isControl);
  }

  private static boolean isControl(int codePoint) {
    int type = Character.getType(codePoint);
    return type == Character.CONTROL
        || type == Character.LINE_SEPARATOR
        || type == Character.PARAGRAPH_SEPARATOR;
  }
}
