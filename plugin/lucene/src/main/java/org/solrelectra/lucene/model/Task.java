package org.solrelectra.lucene.model;

import java.util.Locale;

/** What a model was trained to do. */
public enum Task {
  /** Tells replaced tokens from original ones: one logit a token. */
  PRETRAINED,
  /** Labels a text: one logit a label. */
  CLASSIFICATION,
  /** Scores a (query, passage) pair. */
  RANKING,
  /** Gives a number: one logit, which is no probability. */
  REGRESSION,
  /** Finds an answer: a start and an end logit a token. */
  QUESTION_ANSWERING;

  /** Returns the name in {@code manifest.json}, such as {@code question-answering}. */
  public String key() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  static Task of(String key, String source) throws InvalidModelException {
    for (Task task : values()) {
      if (task.key().equals(key)) {
        return task;
      }
    }
    throw new InvalidModelException(
        source
            + ": task must be pretrained, classification, ranking, regression or question-answering; task='"
            + Excerpt.of(key)
            + "'");
  }
}
