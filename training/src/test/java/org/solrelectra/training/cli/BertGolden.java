package org.solrelectra.training.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.solrelectra.training.checkpoint.SafeTensors;
import org.solrelectra.training.checkpoint.SafeTensors.DataType;
import org.solrelectra.training.checkpoint.SafeTensors.Values;

/** Small BERTs that Hugging Face's transformers wrote; see golden/bert/README.md. */
final class BertGolden {
  private static final String WEIGHTS = "model.safetensors";
  private static final String ROOT = "/golden/bert/";

  private BertGolden() {}

  /** Copies {@code bare} or {@code masked}. */
  static Path copy(String name, Path to) throws IOException {
    Files.createDirectories(to);
    List<String> tokenizer =
        name.equals("bare")
            ? List.of("tokenizer.json", "tokenizer_config.json")
            : List.of("vocab.txt");
    for (String file : tokenizer) {
      copyFile(name + "/" + file, to.resolve(file));
    }
    copyFile(name + "/config.json", to.resolve("config.json"));
    copyFile(name + "/" + WEIGHTS, to.resolve(WEIGHTS));
    return to;
  }

  private static void copyFile(String name, Path to) throws IOException {
    try (InputStream in = BertGolden.class.getResourceAsStream(ROOT + name)) {
      Files.copy(in, to);
    }
  }

  /** Returns the batches, by name. */
  static JsonNode inputs() throws IOException {
    try (InputStream in = BertGolden.class.getResourceAsStream(ROOT + "inputs.json")) {
      return new ObjectMapper().readTree(in);
    }
  }

  /** Returns what transformers computed; {@code folder} takes the file. */
  static Map<String, Values> expected(Path folder) throws IOException {
    Path file = folder.resolve("expected.safetensors");
    Files.deleteIfExists(file);
    copyFile("expected.safetensors", file);
    return SafeTensors.read(file);
  }

  static Map<String, Values> weights(Path directory) throws IOException {
    return SafeTensors.read(directory.resolve(WEIGHTS));
  }

  /** Writes other weights in place of a directory's. */
  static void replaceWeights(Path directory, Map<String, Values> weights) throws IOException {
    Files.delete(directory.resolve(WEIGHTS));
    SafeTensors.write(directory.resolve(WEIGHTS), weights, DataType.F32);
  }

  /** Sets a key of {@code config.json}, or removes it if the value is null. */
  static void configure(Path directory, String key, Object value) throws IOException {
    Path file = directory.resolve("config.json");
    ObjectMapper mapper = new ObjectMapper();
    ObjectNode json = (ObjectNode) mapper.readTree(file.toFile());
    if (value == null) {
      json.remove(key);
    } else {
      json.putPOJO(key, value);
    }
    Files.writeString(file, mapper.writeValueAsString(json));
  }
}
