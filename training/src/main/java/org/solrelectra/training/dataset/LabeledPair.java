package org.solrelectra.training.dataset;

import org.solrelectra.lucene.model.Excerpt;

/**
 * A passage judged for a query.
 *
 * @param grade how relevant it is; 0 and below is not relevant
 */
public record LabeledPair(String query, String passage, int grade) {

  /** Reads {@code query, passage, label}; the label is a whole number. */
  public static LabeledPair of(ExampleRow row) throws InvalidDatasetException {
    return new LabeledPair(row.text("query"), row.text("passage"), grade(row));
  }

  private static int grade(ExampleRow row) throws InvalidDatasetException {
    String label = row.label();
    try {
      return Integer.parseInt(label);
    } catch (NumberFormatException e) {
      throw new InvalidDatasetException(
          row.where()
              + ": the label of a pair must be a whole number, 1 for relevant; label='"
              + Excerpt.of(label)
              + "'",
          e);
    }
  }
}
