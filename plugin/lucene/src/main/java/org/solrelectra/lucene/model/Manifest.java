package org.solrelectra.lucene.model;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.IntNode;
import java.util.Map;
import java.util.Optional;
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
 * @param thresholds of labels that do not exclude each other, the probability from which on a text
 *     has the label, by label; empty if the model does not say
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
    Map<String, Double> thresholds,
    Truncation truncation,
    Integer stride,
    Map<String, String> sha256) {

  /** The format that this code writes and reads. */
  public static final int FORMAT_VERSION = 1;

  static final String FILE = "manifest.json";

  private static final int LONGEST_NAME = 200;
  private static final String TEMPERATURE = "temperature";

  public Manifest {
    sha256 = Map.copyOf(sha256);
    thresholds = Map.copyOf(thresholds);
    if (!(temperature > 0 && Double.isFinite(temperature))) {
      throw new IllegalArgumentException("temperature must be above 0; temperature=" + temperature);
    }
  }

  /** What makes logits probabilities. */
  public enum Activation {
    /** Labels exclude each other. */
    SOFTMAX,
    /** Each label stands alone; a ranker's score. */
    SIGMOID,
    /** A logit is a number, not a probability: of regression, and of it alone. */
    NONE
  }

  /**
   * @param usual the activation of a classifier or ranker that names none; null for its task's
   */
  static Manifest fromJson(JsonObject json, Activation usual) throws InvalidModelException {
    JsonNode format = json.get("format_version");
    if (!format.equals(IntNode.valueOf(FORMAT_VERSION))) {
      throw json.wrong("format_version", String.valueOf(FORMAT_VERSION));
    }
    String source = json.file().toString();
    Task task = Task.of(json.requiredText("task"), source);
    JsonObject calibration = json.object("calibration");
    if (calibration.names(TEMPERATURE) && !calibration.get(TEMPERATURE).isNumber()) {
      throw calibration.wrong(TEMPERATURE, "a number above 0");
    }
    if (task == Task.REGRESSION && json.has("positive_label")) {
      throw json.wrong("positive_label", "left out: regression has no labels to score by");
    }
    JsonObject truncation = json.object("truncation");
    if (!truncation.text("side").orElse("right").equals("right")) {
      throw truncation.wrong("side", "right: texts are cut at their end");
    }
    JsonObject files = json.object("sha256");
    Map<String, String> hashes = new TreeMap<>();
    for (String file : files.keys()) {
      hashes.put(file, files.requiredText(file));
    }
    try {
      return new Manifest(
          name(json, "name"),
          name(json, "version"),
          task,
          json.text("positive_label").orElse(null),
          activation(json, usual, task),
          calibration.get(TEMPERATURE).asDouble(1),
          thresholds(calibration.object("thresholds")),
          Truncation.of(truncation.text("strategy").orElse(null), source),
          stride(truncation),
          hashes);
    } catch (IllegalArgumentException e) {
      throw new InvalidModelException(source + ": " + e.getMessage(), e);
    }
  }

  private static Map<String, Double> thresholds(JsonObject json) throws InvalidModelException {
    Map<String, Double> thresholds = new TreeMap<>();
    for (String label : json.keys()) {
      JsonNode value = json.get(label);
      if (!value.isNumber() || !(value.asDouble() >= 0 && value.asDouble() <= 1)) {
        throw json.wrong(label, "a probability in 0..1");
      }
      thresholds.put(label, value.asDouble());
    }
    return thresholds;
  }

  /** Returns what logs, statistics and answers show of a model: not too long and on one line. */
  private static String name(JsonObject json, String key) throws InvalidModelException {
    String name = json.requiredText(key);
    if (name.isBlank() || name.length() > LONGEST_NAME || Excerpt.hasControls(name)) {
      throw json.wrong(key, "text of 1 to " + LONGEST_NAME + " characters on one line");
    }
    return name;
  }

  private static Activation activation(JsonObject json, Activation usual, Task task)
      throws InvalidModelException {
    Optional<String> key = json.text("activation");
    if (task == Task.REGRESSION) {
      if (!key.orElse("none").equals("none")) {
        throw json.wrong("activation", "none, for the task is regression");
      }
      return Activation.NONE;
    }
    if (key.isEmpty()) {
      return usual != null
          ? usual
          : task == Task.CLASSIFICATION ? Activation.SOFTMAX : Activation.SIGMOID;
    }
    return switch (key.get()) {
      case "softmax" -> Activation.SOFTMAX;
      case "sigmoid" -> Activation.SIGMOID;
      default -> throw json.wrong("activation", "softmax or sigmoid");
    };
  }

  private static Integer stride(JsonObject truncation) throws InvalidModelException {
    return truncation.wholeNumber("stride", 0).orElse(null);
  }
}
