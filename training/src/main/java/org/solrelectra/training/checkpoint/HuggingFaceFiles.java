package org.solrelectra.training.checkpoint;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.solrelectra.lucene.model.InvalidModelException;
import org.solrelectra.training.checkpoint.SafeTensors.Values;

/** The weights of a Hugging Face directory, whatever the files and the transformers of then. */
final class HuggingFaceFiles {
  private static final String SAFETENSORS = "model.safetensors";
  private static final String PYTORCH = "pytorch_model.bin";
  private static final List<String> FILES =
      List.of(SAFETENSORS, SAFETENSORS + ".index.json", PYTORCH, PYTORCH + ".index.json");

  private static final String WORDS = "embeddings.word_embeddings.weight";
  private static final String BODY = "electra.";
  private static final String OUTPUT_MATRIX = "generator_lm_head.weight";

  /** Kept by old files though it holds no weight. */
  private static final String POSITION_IDS = "electra.embeddings.position_ids";

  private HuggingFaceFiles() {}

  /**
   * Reads all weights of a directory, under today's names.
   *
   * @throws InvalidModelException if they are missing or damaged, or a generator's output matrix is
   *     not its word table
   */
  static Map<String, Values> weights(Path folder) throws IOException {
    for (String name : FILES) {
      Path file = folder.resolve(name);
      if (Files.exists(file)) {
        return renamed(name.endsWith(".json") ? readShards(file) : read(file), file);
      }
    }
    throw new InvalidModelException(
        folder + " is not a model directory: it holds no weights; expected one of " + FILES);
  }

  private static Map<String, Values> read(Path file) throws IOException {
    return file.toString().endsWith(".safetensors") ? SafeTensors.read(file) : TorchFile.read(file);
  }

  private static Map<String, Values> readShards(Path index) throws IOException {
    JsonNode files;
    try {
      files = new ObjectMapper().readTree(index.toFile()).path("weight_map");
    } catch (JsonProcessingException e) {
      throw new InvalidModelException(index + " is not JSON: " + e.getOriginalMessage(), e);
    }
    Map<String, Values> weights = new LinkedHashMap<>();
    TreeSet<String> names = new TreeSet<>();
    files.forEach(name -> names.add(name.asText()));
    for (String name : names) {
      if (name.isEmpty()
          || !name.matches("[\\w.-]+")
          || !Files.exists(index.resolveSibling(name))) {
        throw new InvalidModelException(
            index + " must name files beside it; weight_map has '" + name + "'");
      }
      weights.putAll(read(index.resolveSibling(name)));
    }
    TreeSet<String> listed = new TreeSet<>();
    files.fieldNames().forEachRemaining(listed::add);
    if (!listed.equals(weights.keySet())) {
      listed.removeAll(weights.keySet());
      throw new InvalidModelException(
          index + " and its files do not belong together; they lack " + listed);
    }
    return weights;
  }

  private static Map<String, Values> renamed(Map<String, Values> weights, Path file)
      throws InvalidModelException {
    // A bare ElectraModel is saved without the prefix that it has within other classes.
    String prefix = weights.containsKey(WORDS) ? BODY : "";
    Map<String, Values> renamed = new LinkedHashMap<>();
    for (Map.Entry<String, Values> entry : weights.entrySet()) {
      String name =
          prefix
              + entry
                  .getKey()
                  .replace("LayerNorm.gamma", "LayerNorm.weight")
                  .replace("LayerNorm.beta", "LayerNorm.bias");
      if (renamed.put(name, entry.getValue()) != null) {
        throw new InvalidModelException(file + " has " + name + " under two names");
      }
    }
    renamed.remove(POSITION_IDS);
    Values output = renamed.remove(OUTPUT_MATRIX);
    Values words = renamed.get(BODY + WORDS);
    if (output != null && words != null && !sameBits(output, words)) {
      throw new InvalidModelException(
          file
              + ": "
              + OUTPUT_MATRIX
              + " differs from "
              + BODY
              + WORDS
              + "; expected a generator that is tied to its word table");
    }
    return renamed;
  }

  private static boolean sameBits(Values a, Values b) {
    return Arrays.equals(a.shape(), b.shape()) && Arrays.equals(a.floats(), b.floats());
  }
}
