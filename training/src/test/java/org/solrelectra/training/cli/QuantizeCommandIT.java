package org.solrelectra.training.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.solrelectra.lucene.model.ModelDirectory;
import org.solrelectra.training.checkpoint.HuggingFaceDirectory.Head;
import org.solrelectra.training.export.FixtureModelMaker;
import org.solrelectra.training.export.ModelExporter;
import org.solrelectra.training.task.Calibration;

class QuantizeCommandIT {
  private static final List<String> WORDS =
      List.of("bank", "card", "account", "money", "rain", "match", "team", "goal", "market");

  @TempDir private Path folder;

  private Path export(Head head, ModelExporter.Graphs graphs) throws IOException {
    Path model = folder.resolve("model");
    ModelExporter.export(
        FixtureModelMaker.model(head),
        new ModelExporter.Options(
            "a-model", "1", null, graphs, Calibration.NONE, new ObjectMapper().createObjectNode()),
        model);
    return model;
  }

  private Path ranker() throws IOException {
    return export(Head.ranker(), ModelExporter.Graphs.ALL);
  }

  private Path pairs() throws IOException {
    StringBuilder lines = new StringBuilder();
    for (int query = 0; query < 6; query++) {
      for (int passage = 0; passage < 14; passage++) {
        ObjectNode pair = new ObjectMapper().createObjectNode();
        pair.put("query", WORDS.get(query) + " of the " + WORDS.get((query + 3) % WORDS.size()));
        pair.put("passage", WORDS.get(passage % WORDS.size()) + " " + "the price ".repeat(passage));
        pair.put("label", passage % 5 == 0 ? 1 : 0);
        lines.append(pair).append('\n');
      }
    }
    return Files.writeString(folder.resolve("pairs.jsonl"), lines);
  }

  private static Map<String, byte[]> content(Path directory) throws IOException {
    Map<String, byte[]> content = new TreeMap<>();
    try (Stream<Path> files = Files.list(directory)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        content.put(file.getFileName().toString(), Files.readAllBytes(file));
      }
    }
    return content;
  }

  private void assertNothingIsLeftBeside(Path model) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      assertTrue(
          files.allMatch(file -> file.equals(model) || file.toString().endsWith(".jsonl")),
          "beside the model nothing must be left");
    }
  }

  @Test
  void aRankersGraphInInt8IsWhatThePluginRuns() throws IOException {
    Path model = ranker();
    Map<String, byte[]> before = content(model);
    Path note = Files.createDirectory(model.resolve("notes")).resolve("of-mine.txt");
    Files.writeString(note, "kept");
    assertEquals("model.fast.onnx", graph(model));
    CommandRun run =
        CommandRun.of("quantize", "--model", model, "--test", pairs(), "--limit", 1, "--json");
    assertEquals(0, run.code(), run.err());
    assertEquals("model.int8.onnx", graph(model));
    Map<String, byte[]> after = content(model);
    before.forEach(
        (name, bytes) -> {
          if (!name.equals("manifest.json")) {
            assertArrayEquals(bytes, after.get(name), name);
          }
        });
    assertEquals("kept", Files.readString(note), "what lies in folders must stay");
    assertTrue(after.get("model.int8.onnx").length < after.get("model.fast.onnx").length);
    JsonNode report =
        new ObjectMapper().readTree(model.resolve("manifest.json").toFile()).get("quantization");
    assertEquals(report, new ObjectMapper().readTree(run.lastLine()));
    assertEquals("model.fast.onnx", report.get("source").asText());
    assertEquals("nDCG@10", report.get("metric").asText());
    assertEquals(6, report.get("examples").asInt());
    assertTrue(report.get("kendall_tau").asDouble() > 0.8, report.toString());
    assertTrue(report.get("top10_overlap").asDouble() > 0.8, report.toString());
    assertTrue(report.get("largest_difference").asDouble() > 0, "int8 must round");
    assertFalse(report.get("forced").asBoolean());
    assertNothingIsLeftBeside(model);
    // Once more from the graph in float32, not from the rounded one.
    assertEquals(
        0, CommandRun.of("quantize", "--model", model, "--test", pairs(), "--limit", 1).code());
    assertArrayEquals(after.get("model.int8.onnx"), content(model).get("model.int8.onnx"));
  }

  @Test
  void calibratedScalesStandInTheGraph() throws IOException {
    Path model = ranker();
    Path pairs = pairs();
    CommandRun run = CommandRun.of("quantize", "--model", model, "--test", pairs, "--limit", 1);
    assertEquals(0, run.code(), run.err());
    assertTrue(ModelDirectory.open(model).hasDynamicScales());
    run =
        CommandRun.of(
            "quantize",
            "--model",
            model,
            "--test",
            pairs,
            "--calibration",
            pairs,
            "--limit",
            1,
            "--json");
    assertEquals(0, run.code(), run.err());
    assertFalse(ModelDirectory.open(model).hasDynamicScales());
    JsonNode report = new ObjectMapper().readTree(run.lastLine());
    assertEquals("pairs.jsonl", report.get("calibration").asText());
    assertTrue(report.get("scheme").asText().startsWith("static"), report.toString());
    assertTrue(report.get("kendall_tau").asDouble() > 0.8, report.toString());
    assertNothingIsLeftBeside(model);
  }

  private static String graph(Path model) throws IOException {
    return ModelDirectory.open(model).graphFile().getFileName().toString();
  }

  @ParameterizedTest
  @ValueSource(strings = {"STANDARD", "ALL"})
  void aClassifierIsMeasuredByItsLabels(ModelExporter.Graphs graphs) throws IOException {
    Path model = export(Head.classifier(List.of("business", "sport", "weather")), graphs);
    StringBuilder lines = new StringBuilder();
    for (int i = 0; i < 30; i++) {
      lines.append(
          new ObjectMapper()
              .createObjectNode()
              .put("text", WORDS.get(i % WORDS.size()) + " the market".repeat(i % 7))
              .put("label", List.of("business", "sport", "weather").get(i % 3)));
      lines.append('\n');
    }
    Path test = Files.writeString(folder.resolve("texts.jsonl"), lines);
    CommandRun run =
        CommandRun.of("quantize", "--model", model, "--test", test, "--limit", 1, "--json");
    assertEquals(0, run.code(), run.err());
    JsonNode report = new ObjectMapper().readTree(run.lastLine());
    assertEquals("accuracy", report.get("metric").asText());
    assertTrue(report.get("same_label").asDouble() > 0.8, report.toString());
    assertFalse(report.has("kendall_tau"));
  }

  /** A head of noise whose rounding turns the order round: any loss is above such a limit. */
  @Test
  void whatCostsTooMuchIsNotWrittenUnlessForced() throws IOException {
    Path model = ranker();
    Path test = pairs();
    Map<String, byte[]> before = content(model);
    CommandRun measured = null;
    // nDCG may also rise by chance; from one of the two sides it must fall.
    for (String grade : List.of("0", "1")) {
      String turned = Files.readString(test).replace("\"label\":" + grade, "\"label\":9");
      String other = grade.equals("0") ? "1" : "0";
      Path file =
          Files.writeString(
              folder.resolve("turned-" + grade + ".jsonl"),
              turned.replace("\"label\":" + other, "\"label\":0").replace(":9", ":1"));
      CommandRun run = CommandRun.of("quantize", "--model", model, "--test", file, "--limit", 0);
      if (run.code() != 0) {
        measured = run;
        test = file;
        break;
      }
      for (String name : List.of("model.int8.onnx", "manifest.json")) {
        Files.delete(model.resolve(name));
      }
      Files.write(model.resolve("manifest.json"), before.get("manifest.json"));
    }
    assertTrue(measured != null, "rounding must cost something on one of the two sets");
    assertEquals(1, measured.code());
    assertTrue(measured.err().contains("nothing was written; --force"), measured.err());
    Map<String, byte[]> after = content(model);
    assertEquals(before.keySet(), after.keySet());
    before.forEach((name, bytes) -> assertArrayEquals(bytes, after.get(name), name));
    assertNothingIsLeftBeside(model);
    CommandRun forced =
        CommandRun.of(
            "quantize", "--model", model, "--test", test, "--limit", 0, "--force", "--json");
    assertEquals(0, forced.code(), forced.err());
    assertTrue(new ObjectMapper().readTree(forced.lastLine()).get("forced").asBoolean());
  }

  @Test
  void whatCannotBeMeasuredOrReplacedIsRefused() throws IOException {
    Path model = ranker();
    Path texts =
        Files.writeString(
            folder.resolve("one.jsonl"), "{\"query\":\"a\",\"passage\":\"b\",\"label\":1}\n");
    CommandRun run = CommandRun.of("quantize", "--model", model, "--test", texts);
    assertEquals(1, run.code());
    assertTrue(run.err().contains("no query with a relevant passage and another"), run.err());
    assertFalse(Files.exists(model.resolve("model.int8.onnx")));
    CommandRun nowhere =
        CommandRun.of("quantize", "--model", folder.resolve("none"), "--test", texts);
    assertEquals(1, nowhere.code());
    assertTrue(nowhere.err().contains("there is no such folder"), nowhere.err());
    Files.delete(model.resolve("manifest.json"));
    CommandRun without = CommandRun.of("quantize", "--model", model, "--test", texts);
    assertEquals(2, without.code());
    assertTrue(without.err().contains("has no manifest.json"), without.err());
  }
}
