package org.solrelectra.training.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.solrelectra.training.SmallCorpus;

/** From a pretraining run to model directories that are served and measured, by commands alone. */
class FineTuneAndExportIT {
  private static final List<String> SPORT = List.of("team goal", "goal late", "new team", "goal");
  private static final List<String> WEATHER = List.of("rain wind", "wind late", "new rain", "rain");

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
  void aClassifierLearnsItsExamplesByHeartAndIsServed() throws IOException {
    StringBuilder examples = new StringBuilder("text\tlabel\n");
    SPORT.forEach(text -> examples.append(text).append("\tsport\n"));
    WEATHER.forEach(text -> examples.append(text).append("\tweather\n"));
    Path data = Files.writeString(folder.resolve("data.tsv"), examples);
    Path tuned = folder.resolve("tuned");
    CommandRun run = fineTune("classify", data, data, tuned, "--epochs", 15);
    assertEquals(0, run.code(), run.err());
    assertTrue(run.out().contains("accuracy 1.0000 on " + data), run.out());
    Path model = folder.resolve("model");
    assertExported(CommandRun.of("export", "--checkpoint", tuned, "--output", model), model);
    CommandRun measured = CommandRun.of("evaluate", "--model", model, "--test", data, "--json");
    JsonNode json = new ObjectMapper().readTree(measured.out());
    assertEquals(1, json.get("model").get("accuracy").asDouble(), measured.out());
    JsonNode manifest = new ObjectMapper().readTree(model.resolve("manifest.json").toFile());
    assertEquals("classification", manifest.get("task").asText());
    assertEquals(1, manifest.get("provenance").get("dev").get("accuracy").asDouble());
    assertTrue(manifest.get("calibration").get("temperature").asDouble() > 0);
  }

  /** The pair decides the label: the texts are the same. */
  @Test
  void aClassifierOfPairsLearnsItsExamplesByHeart() throws IOException {
    StringBuilder examples = new StringBuilder("text\tpair\tlabel\n");
    SPORT.forEach(pair -> examples.append("lost\t").append(pair).append("\tsport\n"));
    WEATHER.forEach(pair -> examples.append("lost\t").append(pair).append("\tweather\n"));
    Path data = Files.writeString(folder.resolve("data.tsv"), examples);
    Path tuned = folder.resolve("tuned");
    CommandRun run = fineTune("classify", data, data, tuned, "--epochs", 15);
    assertEquals(0, run.code(), run.err());
    Path model = folder.resolve("model");
    assertExported(CommandRun.of("export", "--checkpoint", tuned, "--output", model), model);
    CommandRun measured = CommandRun.of("evaluate", "--model", model, "--test", data, "--json");
    JsonNode json = new ObjectMapper().readTree(measured.out());
    assertEquals(1, json.get("model").get("accuracy").asDouble(), measured.out() + run.out());
  }

  @Test
  void aRankerLearnsItsExamplesByHeartAndIsServed() throws IOException {
    StringBuilder examples = new StringBuilder();
    for (String query : List.of("lost", "found")) {
      WEATHER.forEach(text -> examples.append(pair(query, text, 0)));
      SPORT.forEach(text -> examples.append(pair(query, text, 1)));
    }
    Path data = Files.writeString(folder.resolve("data.jsonl"), examples);
    Path tuned = folder.resolve("tuned");
    CommandRun run = fineTune("rank", data, data, tuned, "--epochs", 15);
    assertEquals(0, run.code(), run.err());
    Path model = folder.resolve("model");
    assertExported(CommandRun.of("export", "--checkpoint", tuned, "--output", model), model);
    CommandRun measured = CommandRun.of("evaluate", "--model", model, "--test", data, "--json");
    JsonNode json = new ObjectMapper().readTree(measured.out());
    assertEquals(1, json.get("model").get("mrr10").asDouble(), measured.out() + run.out());
  }

  private static String pair(String query, String passage, int label) {
    return new ObjectMapper()
            .createObjectNode()
            .put("query", query)
            .put("passage", passage)
            .put("label", label)
        + "\n";
  }

  @Test
  void aRunsDiscriminatorIsExported() throws IOException {
    Path model = folder.resolve("model");
    assertExported(
        CommandRun.of("export", "--run", shared.resolve("run"), "--output", model), model);
    JsonNode manifest = new ObjectMapper().readTree(model.resolve("manifest.json").toFile());
    assertEquals("pretrained", manifest.get("task").asText());
    assertEquals(2, manifest.get("provenance").get("steps").asInt());
    assertEquals("TINY", manifest.get("provenance").get("pretraining").get("size").asText());
    CommandRun score = CommandRun.withInput("{\"text\":\"rain\"}", "score", "--model", model);
    assertEquals(3, new ObjectMapper().readTree(score.out()).get("logits").size(), score.err());
    CommandRun again = CommandRun.of("export", "--run", shared.resolve("run"), "--output", model);
    assertEquals(2, again.code());
    assertEquals(
        "electra export: " + model + " exists already; name another --output", again.errorLine());
    CommandRun evaluate =
        CommandRun.of("evaluate", "--model", model, "--test", shared.resolve("corpus.txt"));
    assertEquals(2, evaluate.code());
    assertEquals(
        "electra evaluate: --model must be for classification, ranking or regression; task=pretrained",
        evaluate.errorLine());
  }

  private static void assertExported(CommandRun run, Path model) {
    assertEquals(0, run.code(), run.err());
    assertTrue(
        run.out()
            .matches(
                "written: \\Q"
                    + model
                    + "\\E; largest difference of a logit to libtorch: \\d\\.\\de-0[5-9]\\R"),
        run.out());
    assertTrue(Files.exists(model.resolve("model.onnx")));
    assertTrue(Files.exists(model.resolve("model.safetensors")));
  }

  @Test
  void aLabelThatIsNeverTrainedIsNamed() throws IOException {
    Path train = Files.writeString(folder.resolve("train.tsv"), "text\tlabel\na\tx\nb\ty\n");
    Path development = Files.writeString(folder.resolve("dev.tsv"), "text\tlabel\na\tz\n");
    Path tuned = folder.resolve("tuned");
    CommandRun run = fineTune("classify", train, development, tuned);
    assertEquals(1, run.code());
    assertEquals(
        "electra finetune: label 'z' of the development set is in no training example; labels: [x, y]",
        run.errorLine());
    assertFalse(Files.exists(tuned));
    CommandRun single = fineTune("classify", development, development, tuned);
    assertEquals(
        "electra finetune: training examples must have at least two labels; labels: [z]",
        single.errorLine());
  }

  @Test
  void aDevelopmentSetWithNothingToRankIsNamed() throws IOException {
    Path pairs = Files.writeString(folder.resolve("a.tsv"), "query\tpassage\tlabel\nq\tp\t1\n");
    CommandRun run = fineTune("rank", pairs, pairs, folder.resolve("tuned"));
    assertEquals(1, run.code());
    assertEquals(
        "electra finetune: the development set must have a query with a relevant passage and another;"
            + " pairs=1",
        run.errorLine());
  }

  @Test
  void textsAreNotPairs() throws IOException {
    Path texts = Files.writeString(folder.resolve("a.tsv"), "text\tlabel\na\t1\n");
    CommandRun run = fineTune("rank", texts, texts, folder.resolve("tuned"));
    assertEquals(1, run.code());
    assertTrue(
        run.errorLine()
            .startsWith("electra finetune: " + texts + " line 2: the header has no column 'query'"),
        run.err());
  }

  @Test
  void aVocabularyOfAnotherSizeIsNamed() throws IOException {
    Path model = Files.createDirectory(folder.resolve("model"));
    try (Stream<Path> files = Files.list(shared.resolve("run/discriminator"))) {
      for (Path file : files.toList()) {
        Files.copy(file, model.resolve(file.getFileName().toString()));
      }
    }
    List<String> pieces = new ArrayList<>(SmallCorpus.pieces());
    pieces.add("another");
    Files.write(model.resolve("vocab.txt"), pieces);
    Path data = Files.writeString(folder.resolve("a.tsv"), "text\tlabel\na\t1\nb\t2\n");
    CommandRun run =
        CommandRun.of(
            "finetune",
            "--task",
            "classify",
            "--model",
            model,
            "--train",
            data,
            "--dev",
            data,
            "--output",
            folder.resolve("tuned"));
    assertEquals(1, run.code());
    assertEquals(
        "electra finetune: "
            + model
            + ": vocabulary and config.json do not belong together; vocab_size="
            + SmallCorpus.pieces().size()
            + ", pieces="
            + pieces.size(),
        run.errorLine());
  }

  @Test
  void anOutputIsNotOverwritten() throws IOException {
    Path data = Files.writeString(folder.resolve("a.tsv"), "text\tlabel\na\t1\nb\t2\n");
    CommandRun run = fineTune("classify", data, data, folder);
    assertEquals(2, run.code());
    assertEquals(
        "electra finetune: " + folder + " exists already; name another --output", run.errorLine());
  }

  @Test
  void theGeneratorIsNotExported() throws IOException {
    Path generator = shared.resolve("run/generator");
    CommandRun run =
        CommandRun.of("export", "--checkpoint", generator, "--output", folder.resolve("model"));
    assertEquals(1, run.code());
    assertEquals(
        "electra export: only ElectraForPreTraining and ElectraForSequenceClassification can be"
            + " exported; architectures=ElectraForMaskedLM",
        run.errorLine());
  }

  private static CommandRun fineTune(
      String task, Path train, Path development, Path output, Object... more) {
    List<Object> arguments =
        new ArrayList<>(
            List.of(
                "finetune",
                "--task",
                task,
                "--model",
                shared.resolve("run/discriminator"),
                "--train",
                train,
                "--dev",
                development,
                "--output",
                output,
                "--threads",
                1,
                "--learning-rate",
                "2e-3",
                "--layer-decay",
                1));
    arguments.addAll(Arrays.asList(more));
    return CommandRun.of(arguments.toArray());
  }
}
