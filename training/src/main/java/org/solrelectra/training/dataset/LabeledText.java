package org.solrelectra.training.dataset;

/**
 * A text, or a pair of texts, and the one label it has.
 *
 * @param pair the second text; null if there is one alone
 */
public record LabeledText(String text, String pair, String label) {

  /** Reads {@code text, label} and, of pairs, {@code pair}. */
  public static LabeledText of(ExampleRow row) throws InvalidDatasetException {
    return new LabeledText(
        row.text("text"), row.has("pair") ? row.text("pair") : null, row.label());
  }

  /** Returns the words of both texts. */
  public String words() {
    return pair == null ? text : text + ' ' + pair;
  }
}
