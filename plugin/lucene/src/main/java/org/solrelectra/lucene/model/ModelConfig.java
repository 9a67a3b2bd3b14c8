package org.solrelectra.lucene.model;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * What {@code config.json} says, with the keys of Hugging Face's configurations; any BERT-like
 * model.
 *
 * @param architecture Hugging Face's class, such as {@code ElectraForSequenceClassification}; null
 *     if the file does not say
 * @param labels label names in the order of their ids; empty if the file does not say
 * @param problemType {@code single_label_classification}, {@code multi_label_classification},
 *     {@code regression} or null
 * @param maxPositions the longest sequence the network has positions for, in tokens
 * @param vocabularySize rows of the word table
 * @param tokenTypes how many token types the network knows; 2 if the file does not say, as BERT's
 */
public record ModelConfig(
    String architecture,
    List<String> labels,
    String problemType,
    int maxPositions,
    int vocabularySize,
    int tokenTypes) {

  static final String FILE = "config.json";

  /** More labels, or a network with more logits, are refused; a million, generously. */
  static final int MOST_LABELS = 1 << 20;

  private static final String LABELS = "id2label";
  private static final int USUAL_TOKEN_TYPES = 2;
  private static final List<String> PROBLEM_TYPES =
      List.of("single_label_classification", "multi_label_classification", "regression");

  public ModelConfig {
    labels = List.copyOf(labels);
  }

  /** Reads the keys of a {@code config.json}. */
  static ModelConfig fromJson(JsonObject json) throws InvalidModelException {
    String problemType = json.text("problem_type").orElse(null);
    if (problemType != null && !PROBLEM_TYPES.contains(problemType)) {
      throw json.wrong("problem_type", "one of " + PROBLEM_TYPES);
    }
    return new ModelConfig(
        architecture(json),
        labels(json),
        problemType,
        required(json, "max_position_embeddings"),
        required(json, "vocab_size"),
        json.wholeNumber("type_vocab_size", 0).orElse(USUAL_TOKEN_TYPES));
  }

  private static String architecture(JsonObject json) throws InvalidModelException {
    String key = "architectures";
    JsonNode names = json.get(key);
    if (!json.has(key) || (names.isArray() && names.isEmpty())) {
      return null;
    }
    if (!names.isArray() || !names.get(0).isTextual()) {
      throw json.wrong(key, "a list of class names");
    }
    return names.get(0).textValue();
  }

  private static List<String> labels(JsonObject json) throws InvalidModelException {
    JsonNode id2label = json.get(LABELS);
    if (!json.has(LABELS)) {
      return List.of();
    }
    if (!id2label.isObject() || id2label.isEmpty()) {
      throw json.wrong(LABELS, "an object of labels by id");
    }
    if (id2label.size() > MOST_LABELS) {
      throw new InvalidModelException(
          json.file()
              + ": id2label must have at most "
              + MOST_LABELS
              + " labels; labels="
              + id2label.size());
    }
    Set<String> labels = new LinkedHashSet<>();
    for (int id = 0; id < id2label.size(); id++) {
      JsonNode label = id2label.get(String.valueOf(id));
      if (label == null) {
        throw new InvalidModelException(
            json.file()
                + ": id2label must name the ids 0.."
                + (id2label.size() - 1)
                + "; missing "
                + id);
      }
      if (!label.isTextual() || label.textValue().isBlank()) {
        throw json.object(LABELS).wrong(String.valueOf(id), "a label's text");
      }
      if (!labels.add(label.textValue())) {
        throw new InvalidModelException(
            json.file()
                + ": id2label must name each label once; twice '"
                + Excerpt.of(label.textValue())
                + "'");
      }
    }
    return List.copyOf(labels);
  }

  private static int required(JsonObject json, String key) throws InvalidModelException {
    if (!json.has(key)) {
      throw new InvalidModelException(
          json.file() + " lacks the key '" + key + "'; expected a whole number above 0");
    }
    return json.wholeNumber(key, 1).get();
  }
}
