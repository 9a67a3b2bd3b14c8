package org.solrelectra.training.checkpoint;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.solrelectra.lucene.model.InvalidModelException;
import org.solrelectra.lucene.model.TokenizerConfig;
import org.solrelectra.lucene.model.Vocabulary;
import org.solrelectra.training.checkpoint.HuggingFaceDirectory.Head;
import org.solrelectra.training.checkpoint.SafeTensors.Values;
import org.solrelectra.training.network.ElectraConfig;

/**
 * What a Hugging Face style directory holds: an ELECTRA's sizes, its head, its weights and its
 * tokenizer.
 *
 * @param weights by Hugging Face's names
 */
public record HuggingFaceModel(
    ElectraConfig config,
    Head head,
    Map<String, Values> weights,
    Vocabulary vocabulary,
    TokenizerConfig tokenizer) {

  /**
   * Reads a directory with {@code config.json}, {@code vocab.txt}, {@code model.safetensors} and,
   * if it is there, {@code tokenizer_config.json}.
   *
   * @throws InvalidModelException if a file is missing or damaged, or the vocabulary does not fit
   */
  public static HuggingFaceModel read(Path folder) throws IOException {
    for (String name : List.of("config.json", "vocab.txt", "model.safetensors")) {
      if (!Files.exists(folder.resolve(name))) {
        throw new InvalidModelException(folder + " is not a model directory: it holds no " + name);
      }
    }
    Path configFile = folder.resolve("config.json");
    JsonNode json = readJson(configFile);
    ElectraConfig config = ElectraConfig.fromJson(json, configFile.toString());
    Vocabulary vocabulary = Vocabulary.read(folder.resolve("vocab.txt"));
    if (vocabulary.size() != config.vocabularySize()) {
      throw new InvalidModelException(
          folder
              + ": vocab.txt and config.json do not belong together; vocab_size="
              + config.vocabularySize()
              + ", pieces="
              + vocabulary.size());
    }
    Map<String, Values> weights = SafeTensors.read(folder.resolve("model.safetensors"));
    return new HuggingFaceModel(
        config,
        head(json, weights),
        weights,
        vocabulary,
        tokenizer(folder.resolve("tokenizer_config.json"), config));
  }

  private static JsonNode readJson(Path file) throws IOException {
    try {
      return new ObjectMapper().readTree(file.toFile());
    } catch (JsonProcessingException e) {
      throw new InvalidModelException(file + " is not JSON: " + e.getOriginalMessage(), e);
    }
  }

  private static Head head(JsonNode json, Map<String, Values> weights) {
    List<String> labels = new ArrayList<>();
    for (int id = 0; json.path("id2label").has(String.valueOf(id)); id++) {
      labels.add(json.get("id2label").get(String.valueOf(id)).asText());
    }
    Values labelBiases = weights.get("classifier.out_proj.bias");
    if (labels.isEmpty() && labelBiases != null) {
      // transformers leaves names out that say nothing.
      for (int id = 0; id < labelBiases.shape()[0]; id++) {
        labels.add("LABEL_" + id);
      }
    }
    return new Head(
        json.path("architectures").path(0).asText("ElectraForPreTraining"),
        labels,
        json.path("problem_type").asText(null));
  }

  private static TokenizerConfig tokenizer(Path file, ElectraConfig config) throws IOException {
    if (!Files.exists(file)) {
      return TokenizerConfig.bert(true, config.maxPositions());
    }
    JsonNode json = readJson(file);
    boolean lowerCase = json.path("do_lower_case").asBoolean(true);
    return new TokenizerConfig(
        lowerCase,
        json.path("strip_accents").isBoolean() ? json.get("strip_accents").asBoolean() : lowerCase,
        json.path("tokenize_chinese_chars").asBoolean(true),
        (int) Math.min(json.path("model_max_length").asDouble(1e30), config.maxPositions()));
  }
}
