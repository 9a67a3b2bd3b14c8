package org.solrelectra.training.network;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.solrelectra.lucene.model.Excerpt;
import org.solrelectra.lucene.model.InvalidModelException;

/**
 * The sizes of one ELECTRA network, with the keys of Hugging Face's {@code ElectraConfig}.
 *
 * @param vocabularySize rows of the word table
 * @param embeddingSize width of the embedding block; a projection follows if it is not {@code
 *     hiddenSize}
 * @param maxPositions rows of the position table: the longest sequence
 * @param tokenTypes rows of the token type table, at least 2
 * @param layerNormEpsilon 1e-12 in ELECTRA
 * @param hiddenDropout after the embeddings, the attention output and the feed-forward output
 * @param attentionDropout on the attention probabilities
 */
public record ElectraConfig(
    int vocabularySize,
    int embeddingSize,
    int hiddenSize,
    int layers,
    int heads,
    int intermediateSize,
    int maxPositions,
    int tokenTypes,
    double layerNormEpsilon,
    double hiddenDropout,
    double attentionDropout) {

  public ElectraConfig {
    requirePositive("vocab_size", vocabularySize);
    requirePositive("embedding_size", embeddingSize);
    requirePositive("hidden_size", hiddenSize);
    requirePositive("num_hidden_layers", layers);
    requirePositive("num_attention_heads", heads);
    requirePositive("intermediate_size", intermediateSize);
    requirePositive("max_position_embeddings", maxPositions);
    if (tokenTypes < 2) {
      throw new IllegalArgumentException(
          "type_vocab_size must be at least 2, one for a text and one for its pair;"
              + " type_vocab_size="
              + tokenTypes);
    }
    if (hiddenSize % heads != 0) {
      throw new IllegalArgumentException(
          "hidden_size must be a multiple of num_attention_heads; hidden_size="
              + hiddenSize
              + ", num_attention_heads="
              + heads);
    }
    requireShare("hidden_dropout_prob", hiddenDropout);
    requireShare("attention_probs_dropout_prob", attentionDropout);
  }

  private static void requirePositive(String key, int value) {
    if (value < 1) {
      throw new IllegalArgumentException(key + " must be at least 1; " + key + "=" + value);
    }
  }

  private static void requireShare(String key, double value) {
    if (!(value >= 0 && value < 1)) {
      throw new IllegalArgumentException(key + " must be in [0, 1); " + key + "=" + value);
    }
  }

  /** Returns the width of one attention head. */
  public int headSize() {
    return hiddenSize / heads;
  }

  /** Says whether a projection stands between the embedding block and the first layer. */
  public boolean projectsEmbeddings() {
    return embeddingSize != hiddenSize;
  }

  public ElectraConfig withDropout(double hidden, double attention) {
    return new ElectraConfig(
        vocabularySize,
        embeddingSize,
        hiddenSize,
        layers,
        heads,
        intermediateSize,
        maxPositions,
        tokenTypes,
        layerNormEpsilon,
        hidden,
        attention);
  }

  public ElectraConfig withVocabularySize(int rows) {
    return new ElectraConfig(
        rows,
        embeddingSize,
        hiddenSize,
        layers,
        heads,
        intermediateSize,
        maxPositions,
        tokenTypes,
        layerNormEpsilon,
        hiddenDropout,
        attentionDropout);
  }

  public ElectraConfig withLayers(int count) {
    return new ElectraConfig(
        vocabularySize,
        embeddingSize,
        hiddenSize,
        count,
        heads,
        intermediateSize,
        maxPositions,
        tokenTypes,
        layerNormEpsilon,
        hiddenDropout,
        attentionDropout);
  }

  public ElectraConfig withEmbeddingSize(int width) {
    return new ElectraConfig(
        vocabularySize,
        width,
        hiddenSize,
        layers,
        heads,
        intermediateSize,
        maxPositions,
        tokenTypes,
        layerNormEpsilon,
        hiddenDropout,
        attentionDropout);
  }

  /**
   * Returns what of another network's sizes is not as here, key by key; empty if weights of one fit
   * the other.
   */
  public String differences(ElectraConfig other) {
    List<String> found = new ArrayList<>();
    compare(found, "vocab_size", vocabularySize, other.vocabularySize);
    compare(found, "embedding_size", embeddingSize, other.embeddingSize);
    compare(found, "hidden_size", hiddenSize, other.hiddenSize);
    compare(found, "num_hidden_layers", layers, other.layers);
    compare(found, "num_attention_heads", heads, other.heads);
    compare(found, "intermediate_size", intermediateSize, other.intermediateSize);
    compare(found, "max_position_embeddings", maxPositions, other.maxPositions);
    compare(found, "type_vocab_size", tokenTypes, other.tokenTypes);
    return String.join(", ", found);
  }

  private static void compare(List<String> found, String key, int here, int there) {
    if (here != there) {
      found.add("expected " + key + "=" + here + "; " + key + "=" + there);
    }
  }

  /**
   * Reads {@code config.json}.
   *
   * @throws InvalidModelException if a key is missing, the activation is not exact GELU or
   *     positions are not absolute; {@code source} names the file
   */
  public static ElectraConfig fromJson(JsonNode json, String source) throws IOException {
    String type = json.path("model_type").asText("electra");
    if (!type.equals("electra")) {
      throw new InvalidModelException(
          source
              + ": model_type must be 'electra' to be trained"
              + (type.equals("bert") ? "; electra import makes an ELECTRA of a BERT" : "")
              + "; model_type='"
              + Excerpt.of(type)
              + "'");
    }
    return read(json, "embedding_size", source);
  }

  /**
   * Reads {@code config.json} of a BERT, whose encoder is that of an ELECTRA with an embedding
   * block as wide as its layers.
   *
   * @throws InvalidModelException as {@link #fromJson}, and if it is a decoder
   */
  public static ElectraConfig ofBert(JsonNode json, String source) throws IOException {
    if (json.path("is_decoder").asBoolean(false)) {
      throw new InvalidModelException(
          source + ": is_decoder must be false, as of an encoder; is_decoder=true");
    }
    return read(json, "hidden_size", source);
  }

  private static ElectraConfig read(JsonNode json, String embeddingKey, String source)
      throws IOException {
    requireText(json, "hidden_act", "gelu", ", the exact one", source);
    requireText(json, "position_embedding_type", "absolute", "", source);
    try {
      return new ElectraConfig(
          required(json, "vocab_size", source),
          required(json, embeddingKey, source),
          required(json, "hidden_size", source),
          required(json, "num_hidden_layers", source),
          required(json, "num_attention_heads", source),
          required(json, "intermediate_size", source),
          required(json, "max_position_embeddings", source),
          (int) optional(json, "type_vocab_size", 2, source),
          optional(json, "layer_norm_eps", 1e-12, source),
          optional(json, "hidden_dropout_prob", 0.1, source),
          optional(json, "attention_probs_dropout_prob", 0.1, source));
    } catch (IllegalArgumentException e) {
      throw new InvalidModelException(source + ": " + e.getMessage(), e);
    }
  }

  /** Requires the one value that is computed with, which is also the default. */
  private static void requireText(
      JsonNode json, String key, String expected, String remark, String source) throws IOException {
    String found = json.path(key).asText(expected);
    if (!found.equals(expected)) {
      throw new InvalidModelException(
          source
              + ": "
              + key
              + " must be '"
              + expected
              + "'"
              + remark
              + "; "
              + key
              + "='"
              + Excerpt.of(found)
              + "'");
    }
  }

  private static int required(JsonNode json, String key, String source) throws IOException {
    JsonNode value = json.get(key);
    if (value == null || !value.isInt()) {
      throw new InvalidModelException(
          source + " lacks the number '" + key + "'; expected the keys of an ElectraConfig");
    }
    return value.asInt();
  }

  private static double optional(JsonNode json, String key, double otherwise, String source)
      throws IOException {
    JsonNode value = json.path(key);
    if (value.isMissingNode() || value.isNull()) {
      return otherwise;
    }
    if (!value.isNumber()) {
      throw new InvalidModelException(
          source + ": " + key + " must be a number; " + key + "=" + Excerpt.of(value));
    }
    return value.asDouble();
  }

  /** Writes the keys of Hugging Face's {@code ElectraConfig} into a JSON object. */
  public void writeTo(ObjectNode json) {
    json.put("model_type", "electra");
    json.put("vocab_size", vocabularySize);
    json.put("embedding_size", embeddingSize);
    json.put("hidden_size", hiddenSize);
    json.put("num_hidden_layers", layers);
    json.put("num_attention_heads", heads);
    json.put("intermediate_size", intermediateSize);
    json.put("hidden_act", "gelu");
    json.put("hidden_dropout_prob", hiddenDropout);
    json.put("attention_probs_dropout_prob", attentionDropout);
    json.put("max_position_embeddings", maxPositions);
    json.put("type_vocab_size", tokenTypes);
    json.put("initializer_range", 0.02);
    json.put("layer_norm_eps", layerNormEpsilon);
    json.put("position_embedding_type", "absolute");
    json.put("summary_type", "first");
    json.put("summary_use_proj", true);
    json.put("summary_activation", "gelu");
    json.put("summary_last_dropout", 0.1);
    json.put("tie_word_embeddings", true);
  }
}
