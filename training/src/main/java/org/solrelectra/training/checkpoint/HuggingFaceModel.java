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
  /** The file that makes a folder a model directory. */
  static final String CONFIG = "config.json";

  /**
   * Reads a directory with {@code config.json}, {@code vocab.txt} or {@code tokenizer.json}, the
   * weights as safetensors or as PyTorch's state dict, in one file or in several, and, if it is
   * there, {@code tokenizer_config.json}. Weights that old files name otherwise have today's names;
   * a generator's output matrix, which is its word table, is left out.
   *
   * @throws InvalidModelException if a file is missing or damaged, or the vocabulary does not fit
   */
  public static HuggingFaceModel read(Path folder) throws IOException {
    return read(folder, TokenizerSource.OF_THE_DIRECTORY);
  }

  /** Reads a directory that may leave its tokenizer to another source. */
  static HuggingFaceModel read(Path folder, TokenizerSource source) throws IOException {
    Path configFile = folder.resolve(CONFIG);
    if (!Files.exists(configFile)) {
      throw new InvalidModelException(folder + " is not a model directory: it holds no " + CONFIG);
    }
    JsonNode json = readJson(configFile);
    ElectraConfig config = ElectraConfig.fromJson(json, configFile.toString());
    Vocabulary vocabulary = source.vocabulary(folder);
    TokenizerConfig tokenizer = source.config(folder, config.maxPositions());
    if (vocabulary.size() != config.vocabularySize()) {
      throw new InvalidModelException(
          folder
              + ": vocabulary and config.json do not belong together; vocab_size="
              + config.vocabularySize()
              + ", pieces="
              + vocabulary.size());
    }
    Map<String, Values> weights = HuggingFaceFiles.weights(folder);
    return new HuggingFaceModel(config, head(json, weights), weights, vocabulary, tokenizer);
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
    boolean generates = weights.containsKey("generator_lm_head.bias");
    return new Head(
        json.path("architectures")
            .path(0)
            .asText(generates ? "ElectraForMaskedLM" : "ElectraForPreTraining"),
        labels,
        json.path("problem_type").asText(null));
  }
}
