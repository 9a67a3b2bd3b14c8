package org.solrelectra.config;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Makes model directories that are damaged or hostile, out of good ones. */
final class DirectoryFuzzer {
  private static final JsonNodeFactory JSON = JsonNodeFactory.instance;
  private static final String MANIFEST = "manifest.json";
  private static final String GRAPH = "model.onnx";
  private static final String VOCABULARY = "vocab.txt";
  private static final List<String> SETTINGS =
      List.of("config.json", MANIFEST, "tokenizer_config.json");

  /** Each as the whole content of a JSON file. */
  private static final List<String> WHOLE =
      List.of(
          "",
          " ",
          "null",
          "[]",
          "{}",
          "1",
          "\"x\"",
          "{",
          "[".repeat(100_000),
          "{\"a\":".repeat(5_000),
          "\u0000",
          "\ufeff{}",
          "{\"a\":1}{\"a\":2}");

  private DirectoryFuzzer() {}

  /**
   * Copies a good directory and damages the copy.
   *
   * @return what was done to it
   */
  static String make(Random random, Path good, Path directory)
      throws IOException, InterruptedException {
    Files.createDirectories(directory);
    try (Stream<Path> files = Files.list(good)) {
      for (Path file : files.toList()) {
        Files.copy(file, directory.resolve(file.getFileName()));
      }
    }
    return switch (random.nextInt(13)) {
      case 0 -> truncated(random, directory);
      case 1 -> flipped(random, directory);
      case 2 -> {
        Files.writeString(directory.resolve(setting(random)), FuzzTexts.pick(random, WHOLE));
        yield "a JSON file replaced as a whole";
      }
      case 3, 4 -> value(random, directory);
      case 5 -> {
        Files.delete(directory.resolve(anyFile(random, directory)));
        yield "a file missing";
      }
      case 6 -> noFile(random, directory);
      case 7 -> vocabulary(random, directory);
      case 8, 9 -> graph(random, directory);
      case 10 -> {
        byte[] graph = Files.readAllBytes(directory.resolve(GRAPH));
        // Field 7 is the graph: a reader may merge two, take the first or the last.
        byte[] decoy = {7 << 3 | 2, 0};
        boolean isFirst = random.nextBoolean();
        write(directory.resolve(GRAPH), isFirst ? decoy : graph, isFirst ? graph : decoy);
        yield "a second graph in the graph's file";
      }
      case 11 -> hashes(random, directory);
      default -> tokenizer(random, directory);
    };
  }

  private static String setting(Random random) {
    return FuzzTexts.pick(random, SETTINGS);
  }

  private static String anyFile(Random random, Path directory) throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      return FuzzTexts.pick(
          random, files.map(file -> file.getFileName().toString()).sorted().toList());
    }
  }

  private static void write(Path file, byte[]... parts) throws IOException {
    byte[] all = new byte[Arrays.stream(parts).mapToInt(part -> part.length).sum()];
    int at = 0;
    for (byte[] part : parts) {
      System.arraycopy(part, 0, all, at, part.length);
      at += part.length;
    }
    Files.write(file, all);
  }

  private static String truncated(Random random, Path directory) throws IOException {
    Path file = directory.resolve(anyFile(random, directory));
    byte[] bytes = Files.readAllBytes(file);
    Files.write(file, Arrays.copyOf(bytes, random.nextInt(bytes.length)));
    return "a file cut short";
  }

  private static String flipped(Random random, Path directory) throws IOException {
    Path file = directory.resolve(anyFile(random, directory));
    byte[] bytes = Files.readAllBytes(file);
    for (int i = random.nextInt(4); i >= 0; i--) {
      bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
    }
    Files.write(file, bytes);
    return "bytes changed";
  }

  /** Gives a key of a JSON file a value of another type or range, or takes it away. */
  private static String value(Random random, Path directory) throws IOException {
    Path file = directory.resolve(setting(random));
    ObjectMapper mapper = new ObjectMapper();
    ObjectNode object = (ObjectNode) mapper.readTree(file.toFile());
    List<String> keys = new ArrayList<>();
    object.fieldNames().forEachRemaining(keys::add);
    String key = FuzzTexts.pick(random, keys);
    ObjectNode holder = object;
    if (object.get(key) instanceof ObjectNode inner && !inner.isEmpty() && random.nextBoolean()) {
      holder = inner;
      key = inner.fieldNames().next();
    }
    if (random.nextInt(6) == 0) {
      holder.remove(key);
      Files.writeString(file, object.toString());
      return "a key of a JSON file missing";
    }
    JsonNode value =
        FuzzTexts.pick(
            random,
            List.of(
                JSON.nullNode(),
                JSON.textNode(""),
                JSON.textNode("x".repeat(100_000)),
                JSON.textNode("x\u0000\n"),
                JSON.numberNode(-1),
                JSON.numberNode(0),
                JSON.numberNode(1e300),
                JSON.numberNode(Long.MAX_VALUE),
                JSON.numberNode(0.5),
                JSON.booleanNode(true),
                JSON.arrayNode().add(1),
                JSON.arrayNode(),
                JSON.objectNode(),
                JSON.objectNode().put("0", "a").put("2", "b")));
    holder.set(key, value);
    Files.writeString(file, object.toString());
    return "a value of a JSON file of another type or range";
  }

  private static String noFile(Random random, Path directory)
      throws IOException, InterruptedException {
    Path file = directory.resolve(anyFile(random, directory));
    Files.delete(file);
    switch (random.nextInt(5)) {
      case 0 -> Files.createDirectory(file);
      case 1 -> Files.createSymbolicLink(file, Path.of("/dev/zero"));
      case 2 -> Files.createSymbolicLink(file, Path.of("/dev/null"));
      case 3 -> Files.createSymbolicLink(file, file);
      default -> {
        Process process = new ProcessBuilder("mkfifo", file.toString()).start();
        if (process.waitFor() != 0) {
          throw new IOException("mkfifo " + file + " failed");
        }
      }
    }
    return "a folder, device, pipe or endless link in a file's place";
  }

  private static String vocabulary(Random random, Path directory) throws IOException {
    Path file = directory.resolve(VOCABULARY);
    List<String> lines = new ArrayList<>(Files.readAllLines(file));
    switch (random.nextInt(6)) {
      case 0 -> lines.remove(random.nextInt(lines.size()));
      case 1 -> lines.add("more");
      case 2 -> lines.set(random.nextInt(lines.size()), "");
      case 3 -> lines.replaceAll(line -> line + " ");
      case 4 -> lines.set(0, "\ufeff" + lines.get(0));
      default -> {
        try (var out = Files.newBufferedWriter(file)) {
          for (int i = 0; i < 3_000_000; i++) {
            out.write("w" + i + "\n");
          }
        }
        return "a vocabulary of three million lines";
      }
    }
    Files.writeString(file, lines.stream().collect(Collectors.joining("\n", "", "\n")));
    return "lines of the vocabulary changed";
  }

  private static String graph(Random random, Path directory) throws IOException {
    byte[] graph = Files.readAllBytes(directory.resolve(GRAPH));
    for (int i = random.nextInt(3); i >= 0; i--) {
      graph = WireMutator.mutate(random, graph);
    }
    Files.write(directory.resolve(GRAPH), graph);
    return "a field of the graph changed, added or gone";
  }

  private static String hashes(Random random, Path directory) throws IOException {
    Path file = directory.resolve(MANIFEST);
    ObjectNode manifest = (ObjectNode) new ObjectMapper().readTree(file.toFile());
    String path =
        FuzzTexts.pick(
            random,
            List.of(
                GRAPH, "../x", "/etc/passwd", "..\\x", "C:\\x", "", ".", "x\u0000y", "nowhere"));
    String hash =
        FuzzTexts.pick(
            random, List.of("", "00", "f".repeat(64), "F".repeat(64), "x".repeat(10_000)));
    manifest.set("sha256", JSON.objectNode().put(path, hash));
    Files.writeString(file, manifest.toString());
    return "hashes of the manifest that are wrong";
  }

  /** Settings of a tokenizer that is not BERT's. */
  private static String tokenizer(Random random, Path directory) throws IOException {
    Path settings = directory.resolve("tokenizer_config.json");
    ObjectNode object = (ObjectNode) new ObjectMapper().readTree(settings.toFile());
    switch (random.nextInt(8)) {
      case 0 -> object.put("cls_token", "<s>");
      case 1 -> object.put("tokenizer_class", "RobertaTokenizer");
      case 2 -> object.put("do_basic_tokenize", false);
      case 3 -> object.put("word_tokenizer_type", "mecab");
      case 4 ->
          object.set(
              "added_tokens_decoder",
              JSON.objectNode().set("1", JSON.objectNode().put("content", "good")));
      case 5 -> object.put("unk_token", 5);
      case 6 ->
          Files.writeString(
              directory.resolve("tokenizer.json"),
              "{\"model\":{\"type\":\"BPE\",\"vocab\":{}}}",
              StandardCharsets.UTF_8);
      default ->
          Files.writeString(
              directory.resolve("tokenizer.json"),
              "{\"model\":{\"type\":\"WordPiece\",\"vocab\":{\"a\":-1}},\"normalizer\":{\"type\":\"Lowercase\"}}",
              StandardCharsets.UTF_8);
    }
    Files.writeString(settings, object.toString());
    return "settings of another tokenizer";
  }
}
