package org.solrelectra.training.checkpoint;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.solrelectra.lucene.model.Excerpt;
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
   * a generator's output matrix, which is its word table, is left out. The word table may have more
   * rows than there are pieces, as one that was padded to a multiple has.
   *
   * @throws InvalidModelException if a file is missing or damaged, or a piece has no row
   */
  public static HuggingFaceModel read(Path folder) throws IOException {
    return read(folder, TokenizerSource.OF_THE_DIRECTORY);
  }

  /** Reads a directory that may leave its tokenizer to another source. */
  static HuggingFaceModel read(Path folder, TokenizerSource source) throws IOException {
    Path configFile = folder.resolve(CONFIG);
    if (!Files.exists(configFile)) {
      throw new InvalidModelException(folder + " is not a model directory: " + whatItIs(folder));
    }
    JsonNode json = readJson(configFile);
    ElectraConfig config = ElectraConfig.fromJson(json, configFile.toString());
    Vocabulary vocabulary = source.vocabulary(folder);
    TokenizerConfig tokenizer = source.config(folder, config.maxPositions());
    requireRows(vocabulary, config, folder);
    Map<String, Values> weights = HuggingFaceFiles.weights(folder);
    return new HuggingFaceModel(
        config, head(json, weights, configFile), weights, vocabulary, tokenizer);
  }

  /**
   * Requires a row of the word table for each piece; there may be more.
   *
   * @throws InvalidModelException if a piece has no row
   */
  static void requireRows(Vocabulary vocabulary, ElectraConfig config, Path folder)
      throws InvalidModelException {
    if (vocabulary.size() > config.vocabularySize()) {
      throw new InvalidModelException(
          folder
              + ": vocabulary and config.json do not belong together; vocab_size="
              + config.vocabularySize()
              + ", pieces="
              + vocabulary.size());
    }
  }

  /** Says what a folder without a configuration is, and what to do with it. */
  private static String whatItIs(Path folder) throws IOException {
    if (!Files.isDirectory(folder)) {
      return Files.exists(folder) ? "it is a file" : "it holds no " + CONFIG;
    }
    List<Path> networks =
        Stream.of("discriminator", "generator")
            .map(folder::resolve)
            .filter(network -> Files.exists(network.resolve(CONFIG)))
            .toList();
    if (!networks.isEmpty()) {
      return "it holds no " + CONFIG + ", but folders that do; name one of " + networks;
    }
    if (Files.exists(folder.resolve("checkpoint")) || holdsIndex(folder)) {
      return "it holds a TensorFlow checkpoint, of which electra import makes one";
    }
    return "it holds no " + CONFIG;
  }

  private static boolean holdsIndex(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.anyMatch(file -> file.toString().endsWith(TensorFlowCheckpoint.INDEX));
    }
  }

  /**
   * Checks the weights of all but the head.
   *
   * @param source names the directory in messages
   * @throws InvalidModelException if one is missing or of another shape than {@code config.json}
   *     says
   */
  public void requireBody(Path source) throws InvalidModelException {
    WeightShapes.require(WeightShapes.body(config), weights, true, source.toString());
  }

  /** Returns a SHA-256 in hexadecimal of the files that {@link #read} takes the weights from. */
  public static String weightsSha256(Path folder) throws IOException {
    return HuggingFaceFiles.sha256(folder);
  }

  /**
   * Returns the same network without the rows that no piece has. No text has their ids, so it gives
   * the same numbers, but for a generator, which cannot predict them any more.
   */
  public HuggingFaceModel withoutSpareRows() {
    int rows = vocabulary.size();
    Map<String, Values> cut = new LinkedHashMap<>(weights);
    for (String name : List.of(HuggingFaceWeights.WORDS, HuggingFaceWeights.OUTPUT_BIAS)) {
      cut.computeIfPresent(name, (key, values) -> firstRows(values, rows));
    }
    return new HuggingFaceModel(
        config.withVocabularySize(rows), head, Map.copyOf(cut), vocabulary, tokenizer);
  }

  private static Values firstRows(Values values, int rows) {
    long[] shape = values.shape().clone();
    if (shape.length == 0 || shape[0] <= rows) {
      return values;
    }
    int width = values.floats().length / (int) shape[0];
    shape[0] = rows;
    return new Values(Arrays.copyOf(values.floats(), rows * width), shape);
  }

  static JsonNode readJson(Path file) throws IOException {
    try {
      return new ObjectMapper().readTree(file.toFile());
    } catch (JsonProcessingException e) {
      throw new InvalidModelException(file + " is not JSON: " + e.getOriginalMessage(), e);
    }
  }

  private static Head head(JsonNode json, Map<String, Values> weights, Path configFile)
      throws InvalidModelException {
    List<String> labels = new ArrayList<>();
    for (int id = 0; json.path("id2label").has(String.valueOf(id)); id++) {
      JsonNode label = json.get("id2label").get(String.valueOf(id));
      if (!label.isValueNode() || label.isNull() || label.asText().isEmpty()) {
        throw new InvalidModelException(
            configFile
                + ": id2label must name each label; id2label."
                + id
                + "="
                + Excerpt.of(label));
      }
      labels.add(label.asText());
    }
    Values labelBiases = weights.get("classifier.out_proj.bias");
    if (labels.isEmpty() && labelBiases != null && labelBiases.shape().length == 1) {
      // transformers leaves names out that say nothing.
      for (int id = 0; id < labelBiases.shape()[0]; id++) {
        labels.add("LABEL_" + id);
      }
    }
    boolean generates = HuggingFaceWeights.isGenerator(weights);
    return new Head(
        json.path("architectures")
            .path(0)
            .asText(generates ? "ElectraForMaskedLM" : "ElectraForPreTraining"),
        labels,
        json.path("problem_type").asText(null));
  }
}
