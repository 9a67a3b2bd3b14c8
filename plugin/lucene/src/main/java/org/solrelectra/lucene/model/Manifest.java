package org.solrelectra.lucene.model;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Map;
import java.util.TreeMap;

/**
 * What {@code manifest.json} says, or what was derived without one.
 *
 * @param name the model's name
 * @param version the model's version, free text
 * @param task what it does
 * @param positiveLabel of a ranker with several labels, the one whose logit is the score; null with
 *     one
 * @param activation what makes logits probabilities
 * @param temperature what logits are divided by before the activation; 1 changes nothing
 * @param truncation how a pair that is too long is cut
 * @param stride tokens that the windows of a passage share; null if the model does not say
 * @param sha256 the hash of each listed file, by its path in the directory
 */
public record Manifest(
    String name,
    String version,
    Task task,
    String positiveLabel,
    Activation activation,
    double temperature,
    Truncation truncation,
    Integer stride,
    Map<String, String> sha256) {

  /** The format that this code writes and reads. */
  public static final int FORMAT_VERSION = 1;

  static final String FILE = "manifest.json";

  public Manifest {
    sha256 = Map.copyOf(sha256);
    if (!(temperature > 0 && Double.isFinite(temperature))) {
      throw new IllegalArgumentException("temperature must be above 0; temperature=" + temperature);
    }
  }

  /** What makes logits probabilities. */
  public enum Activation {
    /** Labels exclude each other. */
    SOFTMAX,
    /** Each label stands alone; a ranker's score. */
    SIGMOID
  }

  /**
   * @param usual the activation of a classifier or ranker that names none; null for its task's
   */
  static Manifest fromJson(JsonNode json, Activation usual, String source)
      throws InvalidModelException {
    int version = json.path("format_version").asInt(0);
    if (version != FORMAT_VERSION) {
      throw new InvalidModelException(
          source
              + ": format_version must be "
              + FORMAT_VERSION
              + "; format_version="
              + json.path("format_version").asText());
    }
    Task task = Task.of(text(json, "task", source), source);
    Map<String, String> hashes = new TreeMap<>();
    json.path("sha256")
        .properties()
        .forEach(entry -> hashes.put(entry.getKey(), entry.getValue().asText()));
    try {
      return new Manifest(
          text(json, "name", source),
          text(json, "version", source),
          task,
          json.path("positive_label").asText(null),
          activation(json.path("activation").asText(null), usual, task, source),
          json.path("calibration").path("temperature").asDouble(1),
          Truncation.of(json.path("truncation").path("strategy").asText(null), source),
          stride(json.path("truncation").path("stride"), source),
          hashes);
    } catch (IllegalArgumentException e) {
      throw new InvalidModelException(source + ": " + e.getMessage(), e);
    }
  }

  private static Activation activation(String key, Activation usual, Task task, String source)
      throws InvalidModelException {
    if (key == null) {
      return usual != null
          ? usual
          : task == Task.CLASSIFICATION ? Activation.SOFTMAX : Activation.SIGMOID;
    }
    return switch (key) {
      case "softmax" -> Activation.SOFTMAX;
      case "sigmoid" -> Activation.SIGMOID;
      default ->
          throw new InvalidModelException(
              source + ": activation must be softmax or sigmoid; activation='" + key + "'");
    };
  }

  private static Integer stride(JsonNode json, String source) throws InvalidModelException {
    if (json.isMissingNode() || json.isNull()) {
      return null;
    }
    if (!json.canConvertToExactIntegral() || !json.canConvertToInt() || json.asInt() < 0) {
      throw new InvalidModelException(
          source + ": truncation.stride must be a whole number of at least 0; stride=" + json);
    }
    return json.asInt();
  }

  private static String text(JsonNode json, String key, String source)
      throws InvalidModelException {
    JsonNode value = json.get(key);
    if (value == null || !value.isTextual()) {
      throw new InvalidModelException(source + " lacks the key '" + key + "'");
    }
    return value.asText();
  }
}
