package org.solrelectra.training.checkpoint;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.solrelectra.lucene.model.Excerpt;
import org.solrelectra.lucene.model.InvalidModelException;
import org.solrelectra.training.checkpoint.SafeTensors.Values;
import org.solrelectra.training.storage.FileHash;

/** The weights of a Hugging Face directory, whatever the files and the transformers of then. */
final class HuggingFaceFiles {
  private static final String SAFETENSORS = "model.safetensors";
  private static final String PYTORCH = "pytorch_model.bin";
  private static final List<String> FILES =
      List.of(SAFETENSORS, SAFETENSORS + ".index.json", PYTORCH, PYTORCH + ".index.json");

  /** Kept by other frameworks' models, and not read. */
  private static final List<String> OTHERS =
      List.of("tf_model.h5", "flax_model.msgpack", "rust_model.ot", "model.onnx");

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
    return renamed(stored(folder), file(folder));
  }

  /**
   * Reads all weights of a directory, under the names that they have in its files.
   *
   * @throws InvalidModelException if they are missing or damaged
   */
  static Map<String, Values> stored(Path folder) throws IOException {
    Path file = file(folder);
    return file.toString().endsWith(".json") ? readShards(file) : read(file);
  }

  /** Returns today's name of what old files call gamma and beta. */
  static String today(String name) {
    return name.replace("LayerNorm.gamma", "LayerNorm.weight")
        .replace("LayerNorm.beta", "LayerNorm.bias");
  }

  private static Path file(Path folder) throws InvalidModelException {
    for (String name : FILES) {
      if (Files.exists(folder.resolve(name))) {
        return folder.resolve(name);
      }
    }
    List<String> others =
        OTHERS.stream().filter(name -> Files.exists(folder.resolve(name))).toList();
    throw new InvalidModelException(
        folder
            + " is not a model directory: it holds no weights; expected one of "
            + FILES
            + (others.isEmpty() ? "" : "; found " + others));
  }

  /** Returns the hash of the one file; of several, of their index followed by their hashes. */
  static String sha256(Path folder) throws IOException {
    Path file = file(folder);
    if (!file.toString().endsWith(".json")) {
      return FileHash.of(file);
    }
    MessageDigest digest = FileHash.digest();
    digest.update(Files.readAllBytes(file));
    for (String name : shards(file, weightMap(file))) {
      digest.update(FileHash.of(file.resolveSibling(name)).getBytes(StandardCharsets.US_ASCII));
    }
    return HexFormat.of().formatHex(digest.digest());
  }

  private static Map<String, Values> read(Path file) throws IOException {
    return file.toString().endsWith(".safetensors") ? SafeTensors.read(file) : TorchFile.read(file);
  }

  private static JsonNode weightMap(Path index) throws IOException {
    try {
      return new ObjectMapper().readTree(index.toFile()).path("weight_map");
    } catch (JsonProcessingException e) {
      throw new InvalidModelException(index + " is not JSON: " + e.getOriginalMessage(), e);
    }
  }

  private static Set<String> shards(Path index, JsonNode weightMap) throws InvalidModelException {
    Set<String> names = new TreeSet<>();
    weightMap.forEach(name -> names.add(name.asText()));
    for (String name : names) {
      if (name.isEmpty()
          || !name.matches("[\\w.-]+")
          || !Files.exists(index.resolveSibling(name))) {
        throw new InvalidModelException(
            index + " must name files beside it; weight_map has '" + Excerpt.of(name) + "'");
      }
    }
    return names;
  }

  private static Map<String, Values> readShards(Path index) throws IOException {
    JsonNode files = weightMap(index);
    Map<String, Values> weights = new LinkedHashMap<>();
    for (String name : shards(index, files)) {
      weights.putAll(read(index.resolveSibling(name)));
    }
    TreeSet<String> listed = new TreeSet<>();
    files.fieldNames().forEachRemaining(listed::add);
    if (!listed.equals(weights.keySet())) {
      listed.removeAll(weights.keySet());
      throw new InvalidModelException(
          index + " and its files do not belong together; they lack " + Excerpt.of(listed));
    }
    return weights;
  }

  private static Map<String, Values> renamed(Map<String, Values> weights, Path file)
      throws InvalidModelException {
    // A bare ElectraModel is saved without the prefix that it has within other classes.
    String prefix = weights.containsKey(WORDS) ? BODY : "";
    Map<String, Values> renamed = new LinkedHashMap<>();
    for (Map.Entry<String, Values> entry : weights.entrySet()) {
      putOnce(renamed, prefix + today(entry.getKey()), entry.getValue(), file);
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

  /** Puts a weight unless it is there already, {@code source} being where it came from. */
  static void putOnce(Map<String, Values> weights, String name, Values values, Path source)
      throws InvalidModelException {
    if (weights.put(name, values) != null) {
      throw new InvalidModelException(source + " has " + Excerpt.of(name) + " under two names");
    }
  }

  private static boolean sameBits(Values a, Values b) {
    return Arrays.equals(a.shape(), b.shape()) && Arrays.equals(a.floats(), b.floats());
  }
}
