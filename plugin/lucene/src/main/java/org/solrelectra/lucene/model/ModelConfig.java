package org.solrelectra.lucene.model;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;

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
 */
public record ModelConfig(
    String architecture,
    List<String> labels,
    String problemType,
    int maxPositions,
    int vocabularySize) {

  public ModelConfig {
    labels = List.copyOf(labels);
  }

  /** Reads the keys of a {@code config.json}; {@code source} names the file in messages. */
  static ModelConfig fromJson(JsonNode json, String source) throws InvalidModelException {
    return new ModelConfig(
        json.path("architectures").path(0).asText(null),
        labels(json.path("id2label"), source),
        json.path("problem_type").asText(null),
        required(json, "max_position_embeddings", source),
        required(json, "vocab_size", source));
  }

  private static List<String> labels(JsonNode id2label, String source)
      throws InvalidModelException {
    List<String> labels = new ArrayList<>();
    for (int id = 0; id < id2label.size(); id++) {
      JsonNode label = id2label.get(String.valueOf(id));
      if (label == null) {
        throw new InvalidModelException(
            source
                + ": id2label must name the ids 0.."
                + (id2label.size() - 1)
                + "; missing "
                + id);
      }
      if (labels.contains(label.asText())) {
        throw new InvalidModelException(
            source + ": id2label must name each label once; twice '" + label.asText() + "'");
      }
      labels.add(label.asText());
    }
    return labels;
  }

  private static int required(JsonNode json, String key, String source)
      throws InvalidModelException {
    int value = json.path(key).asInt(0);
    if (value < 1) {
      throw new InvalidModelException(
          source + " lacks the key '" + key + "'; expected a whole number above 0");
    }
    return value;
  }
}
