package org.solrelectra.training.message;

/** A value from outside as an error message shows it. */
public final class Excerpt {
  private static final int LONGEST = 200;

  private Excerpt() {}

  /** Returns a text, or its first 200 characters and how many it has. */
  public static String of(String text) {
    if (text.length() <= LONGEST) {
      return text;
    }
    int end = Character.isHighSurrogate(text.charAt(LONGEST - 1)) ? LONGEST - 1 : LONGEST;
    return text.substring(0, end) + "… (" + text.length() + " characters)";
  }

  /** Returns what {@link #of(String)} returns of a value's text. */
  public static String of(Object value) {
    return of(String.valueOf(value));
  }
}
