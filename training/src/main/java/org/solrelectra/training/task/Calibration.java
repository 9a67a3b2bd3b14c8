package org.solrelectra.training.task;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What makes decisions of logits, chosen on a development set.
 *
 * @param temperature what logits are divided by for honest probabilities; 1 changes nothing
 * @param thresholds by label, in the order of the logits, the probability from which on a text has
 *     it; empty where the likeliest label is taken
 */
public record Calibration(double temperature, Map<String, Double> thresholds) {
  /** Logits as they are. */
  public static final Calibration NONE = new Calibration(1, Map.of());

  private static final String TEMPERATURE = "temperature";
  private static final String THRESHOLDS = "thresholds";

  public Calibration {
    if (!(temperature > 0 && Double.isFinite(temperature))) {
      throw new IllegalArgumentException("temperature must be above 0; temperature=" + temperature);
    }
    thresholds = Collections.unmodifiableMap(new LinkedHashMap<>(thresholds));
  }

  /** Returns a calibration by temperature alone. */
  public static Calibration of(double temperature) {
    return new Calibration(temperature, Map.of());
  }

  /** Reads what {@link #writeTo} wrote; what is not there changes nothing. */
  public static Calibration fromJson(JsonNode json) {
    Map<String, Double> thresholds = new LinkedHashMap<>();
    for (Map.Entry<String, JsonNode> entry : json.path(THRESHOLDS).properties()) {
      thresholds.put(entry.getKey(), entry.getValue().asDouble());
    }
    return new Calibration(json.path(TEMPERATURE).asDouble(1), thresholds);
  }

  /** Adds it to an object, as {@code manifest.json} and the record of a fine-tuning have it. */
  public void writeTo(ObjectNode json) {
    json.put(TEMPERATURE, temperature);
    if (!thresholds.isEmpty()) {
      thresholds.forEach(json.putObject(THRESHOLDS)::put);
    }
  }
}
