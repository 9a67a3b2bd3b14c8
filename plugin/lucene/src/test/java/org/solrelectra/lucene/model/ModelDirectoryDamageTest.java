package org.solrelectra.lucene.model;

import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.solrelectra.lucene.FixtureModels;

/** A damaged directory opens or is refused by an error that names it; nothing else happens. */
class ModelDirectoryDamageTest {
  private static final int DIRECTORIES = 400;
  private static final long SEED = 20161;

  /** Messages hold a path or two and values of at most 200 characters. */
  private static final int LONGEST_MESSAGE = 2000;

  private static final List<String> VALUES =
      List.of(
          "null",
          "true",
          "0",
          "-1",
          "1e999",
          "99999999999999999999",
          "\"\"",
          "\"text\"",
          "\"a\\u0000b\"",
          "[]",
          "[[[]]]",
          "{}",
          "{\"0\": null}",
          "[1, null, \"a\"]");

  @TempDir Path folder;

  @Test
  void aDamagedDirectoryOpensOrIsNamed() throws IOException {
    int refused = 0;
    for (int i = 0; i < DIRECTORIES; i++) {
      Random random = new Random(SEED + i);
      Path directory =
          FixtureModels.copy(
              random.nextBoolean() ? "classifier" : "ranker", folder.resolve("" + i));
      prepare(directory, random);
      List<String> damages = new ArrayList<>();
      for (int damage = 0; damage <= random.nextInt(3); damage++) {
        damages.add(damage(directory, random));
      }
      String what = "seed " + (SEED + i) + ": " + damages;
      try {
        ModelDirectory.open(directory);
      } catch (InvalidModelException e) {
        refused++;
        assertTrue(e.getMessage().contains(directory.toString()), what + ": " + e.getMessage());
        assertTrue(e.getMessage().length() < LONGEST_MESSAGE, what);
      } catch (IOException | RuntimeException | StackOverflowError | OutOfMemoryError e) {
        fail(what, e);
      }
      deleteLinks(directory);
    }
    assertTrue(refused > DIRECTORIES / 3, "refused " + refused);
  }

  private static void deleteLinks(Path directory) throws IOException {
    try (var files = Files.list(directory)) {
      for (Path file : files.filter(Files::isSymbolicLink).toList()) {
        Files.delete(file);
      }
    }
  }

  /** Most hashes go, so that damage is read; some directories get a {@code tokenizer.json}. */
  private static void prepare(Path directory, Random random) throws IOException {
    Path manifest = directory.resolve("manifest.json");
    switch (random.nextInt(4)) {
      case 0 -> Files.delete(manifest);
      case 1 -> {
        // Hashes stay.
      }
      default -> {
        ObjectNode json = (ObjectNode) new ObjectMapper().readTree(manifest.toFile());
        json.remove("sha256");
        Files.writeString(manifest, json.toString());
      }
    }
    if (random.nextBoolean()) {
      writeTokenizerJson(directory);
    }
  }

  private static void writeTokenizerJson(Path directory) throws IOException {
    List<String> pieces = Files.readAllLines(directory.resolve("vocab.txt"));
    ObjectNode json = new ObjectMapper().createObjectNode();
    json.putObject("normalizer").put("type", "BertNormalizer").put("lowercase", true);
    json.putObject("pre_tokenizer").put("type", "BertPreTokenizer");
    ObjectNode processor = json.putObject("post_processor").put("type", "BertProcessing");
    processor.putArray("sep").add("[SEP]").add(pieces.indexOf("[SEP]"));
    processor.putArray("cls").add("[CLS]").add(pieces.indexOf("[CLS]"));
    json.putArray("added_tokens")
        .addObject()
        .put("id", pieces.indexOf("[CLS]"))
        .put("content", "[CLS]")
        .put("special", true);
    ObjectNode vocab = json.putObject("model").put("type", "WordPiece").putObject("vocab");
    for (int id = 0; id < pieces.size(); id++) {
      vocab.put(pieces.get(id), id);
    }
    Files.writeString(directory.resolve("tokenizer.json"), json.toString());
  }

  private static String damage(Path directory, Random random) throws IOException {
    List<Path> files;
    try (var list = Files.list(directory)) {
      files = list.filter(Files::isRegularFile).sorted().toList();
    }
    Path file = files.get(random.nextInt(files.size()));
    String name = file.getFileName() + " ";
    byte[] bytes = Files.readAllBytes(file);
    switch (random.nextInt(8)) {
      case 0 -> {
        int length = random.nextInt(bytes.length + 1);
        Files.write(file, Arrays.copyOf(bytes, length));
        return name + "cut to " + length;
      }
      case 1, 2 -> {
        // Of a graph the structure stands at its ends, the weights between.
        int end = Math.min(bytes.length, random.nextBoolean() ? 1 << 12 : Integer.MAX_VALUE);
        for (int i = 0; i < 1 + random.nextInt(8) && end > 0; i++) {
          bytes[random.nextInt(end)] ^= (byte) (1 << random.nextInt(8));
        }
        Files.write(file, bytes);
        return name + "flipped";
      }
      case 3 -> {
        Files.delete(file);
        switch (random.nextInt(4)) {
          case 0 -> Files.createDirectory(file);
          case 1 -> Files.createSymbolicLink(file, Path.of("/dev/zero"));
          case 2 -> Files.createSymbolicLink(file, Path.of("nothing"));
          default -> Files.createFile(file);
        }
        return name + "replaced";
      }
      case 4 -> {
        Files.writeString(file, "{\"a\":".repeat(100_000));
        return name + "nested";
      }
      default -> {
        return name + (name.contains(".json") ? damageJson(file, random) : "left");
      }
    }
  }

  private static String damageJson(Path file, Random random) throws IOException {
    ObjectMapper mapper = new ObjectMapper();
    JsonNode root;
    try {
      root = mapper.readTree(file.toFile());
    } catch (IOException e) {
      return "was no JSON before";
    }
    JsonNode at = root;
    while (at.isContainerNode() && !at.isEmpty()) {
      int index = random.nextInt(at.size());
      String key = at.isObject() ? new ArrayList<>(at.properties()).get(index).getKey() : "";
      JsonNode child = at.isObject() ? at.get(key) : at.get(index);
      if (child.isContainerNode() && !child.isEmpty() && random.nextInt(3) > 0) {
        at = child;
        continue;
      }
      String value = VALUES.get(random.nextInt(VALUES.size()));
      boolean isLong = random.nextInt(10) == 0;
      JsonNode replacement =
          isLong ? mapper.valueToTree("x".repeat(100_000)) : mapper.readTree(value);
      if (at instanceof ArrayNode array) {
        array.set(index, replacement);
      } else if (at instanceof ObjectNode object && random.nextInt(4) == 0) {
        object.remove(key);
        value = "removed";
      } else if (at instanceof ObjectNode object) {
        object.set(key, replacement);
      }
      Files.writeString(file, root.toString());
      return key + " " + (isLong ? "long" : value);
    }
    return "left";
  }
}
