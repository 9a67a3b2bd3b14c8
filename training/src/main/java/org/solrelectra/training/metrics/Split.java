package org.solrelectra.training.metrics;

import java.util.Arrays;
import java.util.List;

/** Which documents were measured on. */
public enum Split {
  TRAINING("training"),
  HELD_OUT("held-out");

  private final String label;

  Split(String label) {
    this.label = label;
  }

  /** Returns how {@code metrics.jsonl} says it. */
  public String label() {
    return label;
  }

  /**
   * @throws IllegalArgumentException if no split is called so
   */
  static Split of(String label) {
    for (Split split : values()) {
      if (split.label.equals(label)) {
        return split;
      }
    }
    List<String> labels = Arrays.stream(values()).map(Split::label).toList();
    throw new IllegalArgumentException("split must be one of " + labels + "; split=" + label);
  }
}
