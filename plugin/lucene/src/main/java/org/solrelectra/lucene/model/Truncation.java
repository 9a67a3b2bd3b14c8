package org.solrelectra.lucene.model;

import java.util.Locale;

/** How a pair that is longer than the model takes is cut; always at the end of a text. */
public enum Truncation {
  /**
   * Only the passage is cut; a query that would leave it less than half the room is cut to that
   * half first. The default.
   */
  PASSAGE,
  /**
   * Hugging Face's {@code only_second}: only the passage is cut; a query that fills the room is an
   * error.
   */
  ONLY_SECOND,
  /** Hugging Face's {@code longest_first}. */
  LONGEST_FIRST;

  /** Returns the name in {@code manifest.json}. */
  public String key() {
    return name().toLowerCase(Locale.ROOT);
  }

  static Truncation of(String key, String source) throws InvalidModelException {
    if (key == null) {
      return PASSAGE;
    }
    for (Truncation truncation : values()) {
      if (truncation.key().equals(key)) {
        return truncation;
      }
    }
    throw new InvalidModelException(
        source
            + ": truncation.strategy must be passage, only_second or longest_first; strategy='"
            + Excerpt.of(key)
            + "'");
  }
}
