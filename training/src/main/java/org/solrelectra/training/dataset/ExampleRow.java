package org.solrelectra.training.dataset;

/** One line of a data set, by the keys of its object or the columns of its table. */
public interface ExampleRow {
  /** Returns file and line, for messages. */
  String where();

  /** Says whether there is a value. */
  boolean has(String key);

  /**
   * Returns a text.
   *
   * @throws InvalidDatasetException if it is missing, blank, or of no word piece
   */
  String text(String key) throws InvalidDatasetException;

  /**
   * Returns the one label, without blanks around it.
   *
   * @throws InvalidDatasetException if it is missing or blank, or there are several
   */
  String label() throws InvalidDatasetException;
}
