package org.solrelectra.training.corpus;

import java.util.Locale;
import java.util.Optional;

/** Says when a vocabulary does not fit a text: too much of it becomes [UNK]. */
public final class UnknownShare {
  /** Of English text in its own vocabulary less than a thousandth is [UNK]. */
  private static final double LARGEST = 0.2;

  private UnknownShare() {}

  /**
   * Returns what to tell the user if more than a fifth is [UNK].
   *
   * @param unit what is counted, such as {@code words}
   */
  public static Optional<String> warning(long unknown, long all, String unit) {
    if (unknown <= LARGEST * all) {
      return Optional.empty();
    }
    return Optional.of(
        String.format(
            Locale.ROOT,
            "%.1f %% of %s are [UNK], of which a network learns nothing: the vocabulary does not fit the text; expected"
                + " at most %.0f %%; are language and casing the vocabulary's, and do blanks stand between words?",
            100.0 * unknown / all,
            unit,
            100 * LARGEST));
  }
}
