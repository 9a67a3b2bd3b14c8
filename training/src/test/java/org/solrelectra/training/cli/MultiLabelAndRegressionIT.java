package org.solrelectra.training.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.solrelectra.lucene.encoder.OnnxEncoder;
import org.solrelectra.lucene.encoder.WorkerPool;
import org.solrelectra.lucene.model.Manifest;
import org.solrelectra.lucene.model.ModelDirectory;
import org.solrelectra.lucene.search.CrossEncoder;
import org.solrelectra.training.SmallCorpus;

/** Tasks that are lines of a list: trained, exported, measured and quantized by commands alone. */
class MultiLabelAndRegressionIT {
  private static final List<String> SPORT = List.of("team goal", "goal late", "new team", "goal");
  private static final List<String> WEATHER = List.of("rain wind", "wind late", "new rain", "rain");
  private static final List<String> NEITHER = List.of("new late", "old price", "the price", "old");

  @TempDir private static Path shared;
  @TempDir private Path folder;

  @BeforeAll
  static void pretrain() throws IOException {
    CommandRun run =
        CommandRun.of(
            "pretrain",
            "--corpus",
            SmallCorpus.writeText(shared, 60),
            "--vocabulary",
            SmallCorpus.writeVocabulary(shared),
            "--size",
            "tiny",
            "--steps",
            2,
            "--output",
            shared.resolve("run"),
            "--batch-size",
            2,
            "--sequence-length",
            16,
            "--threads",
            1);
    assertEquals(0, run.code(), run.err());
  }

  @Test
  void labelsThatDoNotExcludeEachOtherAreLearntByHeart() throws IOException {
    StringBuilder examples = new StringBuilder();
    for (int i = 0; i < SPORT.size(); i++) {
      examples.append(labelled(SPORT.get(i), "sport"));
      examples.append(labelled(WEATHER.get(i), "weather"));
      examples.append(labelled(SPORT.get(i) + " " + WEATHER.get(i), "weather", "sport"));
      examples.append(labelled(NEITHER.get(i)));
    }
    Path data = Files.writeString(folder.resolve("data.jsonl"), examples);
    Path model = trained("multi-label", data);
    JsonNode config = json(model.resolve("config.json"));
    assertEquals("multi_label_classification", config.get("problem_type").asText());
    JsonNode manifest = json(model.resolve("manifest.json"));
    assertEquals("classification", manifest.get("task").asText());
    assertEquals("sigmoid", manifest.get("activation").asText());
    JsonNode thresholds = manifest.get("calibration").get("thresholds");
    assertEquals(2, thresholds.size());
    assertEquals(
        thresholds.get("sport").asDouble(),
        ModelDirectory.open(model).manifest().thresholds().get("sport"));
    JsonNode measured = evaluated(model, data);
    assertEquals("classification", measured.get("task").asText());
    assertEquals(16, measured.get("examples").asInt());
    for (String measure : List.of("microF1", "macroF1", "exactMatch")) {
      assertEquals(1, measured.get("model").get(measure).asDouble(), measured.toString());
    }
    JsonNode quantized = quantized(model, data);
    assertEquals("micro-F1", quantized.get("metric").asText());
    assertEquals(1, quantized.get("float32").asDouble());
    assertTrue(quantized.get("same_labels").asDouble() > 0.8, quantized.toString());
  }

  private static String labelled(String text, String... labels) {
    ObjectNode line = new ObjectMapper().createObjectNode().put("text", text);
    List.of(labels).forEach(line.putArray("label")::add);
    return line + "\n";
  }

  @Test
  void numbersAreLearntByHeart() throws IOException {
    StringBuilder examples = new StringBuilder("text\tlabel\n");
    for (int i = 0; i < SPORT.size(); i++) {
      examples.append(SPORT.get(i)).append("\t2.5\n");
      examples.append(WEATHER.get(i)).append("\t-1\n");
      examples.append(NEITHER.get(i)).append("\t0.5\n");
    }
    Path data = Files.writeString(folder.resolve("data.tsv"), examples);
    Path model = trained("regression", data);
    assertEquals("regression", json(model.resolve("config.json")).get("problem_type").asText());
    JsonNode manifest = json(model.resolve("manifest.json"));
    assertEquals("regression", manifest.get("task").asText());
    assertEquals("none", manifest.get("activation").asText());
    assertEquals(Manifest.Activation.NONE, ModelDirectory.open(model).manifest().activation());
    JsonNode measured = evaluated(model, data);
    assertEquals("regression", measured.get("task").asText());
    assertTrue(measured.get("model").get("pearson").asDouble() > 0.95, measured.toString());
    assertTrue(measured.get("model").get("spearman").asDouble() > 0.85, measured.toString());
    assertTrue(measured.get("model").get("rmse").asDouble() < 0.6, measured.toString());
    JsonNode quantized = quantized(model, data);
    assertEquals("Pearson", quantized.get("metric").asText());
    assertTrue(quantized.get("pearson_of_both").asDouble() > 0.95, quantized.toString());
    // One logit makes no ranker.
    try (WorkerPool pool = new WorkerPool(0);
        OnnxEncoder encoder = OnnxEncoder.open(ModelDirectory.open(model), pool)) {
      assertEquals(
          "the model must be for ranking: one label, or a positive_label in manifest.json; task of"
              + " model=regression, labels=[LABEL_0]",
          assertThrows(IllegalArgumentException.class, () -> new CrossEncoder(encoder))
              .getMessage());
    }
  }

  private Path trained(String task, Path data) {
    Path tuned = folder.resolve("tuned");
    CommandRun run =
        CommandRun.of(
            "finetune",
            "--task",
            task,
            "--model",
            shared.resolve("run/discriminator"),
            "--train",
            data,
            "--dev",
            data,
            "--output",
            tuned,
            "--threads",
            1,
            "--batch-size",
            4,
            "--epochs",
            40,
            "--learning-rate",
            "2e-3",
            "--layer-decay",
            1);
    assertEquals(0, run.code(), run.err());
    Path model = folder.resolve("model");
    CommandRun export = CommandRun.of("export", "--checkpoint", tuned, "--output", model);
    assertEquals(0, export.code(), export.err());
    return model;
  }

  private static JsonNode evaluated(Path model, Path data) throws IOException {
    CommandRun run = CommandRun.of("evaluate", "--model", model, "--test", data, "--json");
    assertEquals(0, run.code(), run.err());
    return new ObjectMapper().readTree(run.out());
  }

  private static JsonNode quantized(Path model, Path data) throws IOException {
    CommandRun run =
        CommandRun.of(
            "quantize",
            "--model",
            model,
            "--test",
            data,
            "--calibration",
            data,
            "--limit",
            1,
            "--json");
    assertEquals(0, run.code(), run.err());
    return new ObjectMapper().readTree(run.lastLine());
  }

  private static JsonNode json(Path file) throws IOException {
    return new ObjectMapper().readTree(file.toFile());
  }
}
