package org.solrelectra.lucene.model;

/**
 * A model that is in order, as far as one sees, but takes more than whoever opens it allows; with
 * more room, or a smaller {@code model_max_length}, it may open.
 */
public final class ModelLimitException extends InvalidModelException {
  private static final long serialVersionUID = 1L;

  /** What there is a limit to. */
  public enum Limit {
    MEMORY,
    TIME
  }

  private final Limit limit;

  public ModelLimitException(Limit limit, String message) {
    super(message);
    this.limit = limit;
  }

  /** Returns what the model takes too much of. */
  public Limit limit() {
    return limit;
  }
}
