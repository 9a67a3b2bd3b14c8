package org.solrelectra.training.dataset;

import java.util.Set;

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

  /**
   * Returns the labels of an array, none of it blank and each without blanks around it, in their
   * order.
   *
   * @throws InvalidDatasetException if it is missing or no array of labels, or names one twice
   */
  Set<String> labels() throws InvalidDatasetException;
}
