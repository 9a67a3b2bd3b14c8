package org.solrelectra.training.metrics;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Collections;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * One line of {@code metrics.jsonl}.
 *
 * @param step updates done when it was measured, from 0
 * @param values the numbers by their keys, such as {@code mlm_loss}; all are finite, and those that
 *     an objective does not have are absent
 */
public record MetricsLine(long step, Split split, SortedMap<String, Double> values) {
  private static final String STEP = "step";
  private static final String SPLIT = "split";

  public MetricsLine {
    if (step < 0) {
      throw new IllegalArgumentException("step must be at least 0; step=" + step);
    }
    values = Collections.unmodifiableSortedMap(new TreeMap<>(values));
  }

  /**
   * Takes the numbers out of a JSON object; those that are not finite count as not measured.
   *
   * @throws IllegalArgumentException if it lacks a step or a split, or another field is no number
   */
  public static MetricsLine of(JsonNode json) {
    JsonNode step = json.path(STEP);
    if (!step.isIntegralNumber() || !step.canConvertToLong()) {
      throw new IllegalArgumentException("step must be a whole number; step=" + describe(step));
    }
    SortedMap<String, Double> values = new TreeMap<>();
    for (Map.Entry<String, JsonNode> field : json.properties()) {
      JsonNode value = field.getValue();
      if (field.getKey().equals(STEP) || field.getKey().equals(SPLIT) || isNotFinite(value)) {
        continue;
      }
      if (!value.isNumber()) {
        throw new IllegalArgumentException(
            field.getKey() + " must be a number; " + field.getKey() + "=" + describe(value));
      }
      values.put(field.getKey(), value.asDouble());
    }
    return new MetricsLine(step.asLong(), Split.of(json.path(SPLIT).asText()), values);
  }

  /** JSON has no such numbers; Jackson writes them as strings. */
  private static boolean isNotFinite(JsonNode value) {
    return switch (value.asText()) {
      case "NaN", "Infinity", "-Infinity" -> true;
      default -> value.isNumber() && !Double.isFinite(value.asDouble());
    };
  }

  private static String describe(JsonNode value) {
    return value.isMissingNode() ? "missing" : value.toString();
  }

  /** Returns a number by its key; {@code step} is one of them. */
  public OptionalDouble value(String key) {
    if (key.equals(STEP)) {
      return OptionalDouble.of(step);
    }
    Double value = values.get(key);
    return value == null ? OptionalDouble.empty() : OptionalDouble.of(value);
  }
}
