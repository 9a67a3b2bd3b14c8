package org.solrelectra.training.dataset;

/**
 * A text, or a pair of texts, and the one label it has.
 *
 * @param pair the second text; null if there is one alone
 */
public record LabeledText(String text, String pair, String label) {

  /** Returns the words of both texts. */
  public String words() {
    return pair == null ? text : text + ' ' + pair;
  }
}
