package org.solrelectra.training.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.solrelectra.lucene.FixtureModels;
import org.solrelectra.training.SmallCorpus;
import org.solrelectra.training.dataset.LabeledPair;
import org.solrelectra.training.evaluation.ClassificationMetrics;
import org.solrelectra.training.evaluation.QueryCandidates;
import org.solrelectra.training.evaluation.RankingMetrics;

/** tokenize, score and evaluate, on the small random models of the plugin's tests. */
class ServingCommandsTest {
  /** One length of sequence beside another changes nothing; printing keeps every digit. */
  private static final double EXACT = 0;

  private static final List<String> LABELS = List.of("business", "sport", "weather");

  @TempDir private Path folder;

  @Test
  void tokensHaveIdsAndOffsets() throws IOException {
    Path vocabulary = SmallCorpus.writeVocabulary(folder);
    CommandRun run = CommandRun.withInput("The  bänk?\n", "tokenize", "--vocabulary", vocabulary);
    assertEquals(
        "{\"ids\":[" + ids("the", "bank", "?") + "],\"offsets\":[[0,3],[5,9],[9,10]]}\n",
        run.out());
    CommandRun cased =
        CommandRun.withInput("The bank", "tokenize", "--vocabulary", vocabulary, "--cased");
    assertEquals(
        "{\"ids\":[" + ids("[UNK]", "bank") + "],\"offsets\":[[0,3],[4,8]]}\n", cased.out());
  }

  private static String ids(String... pieces) {
    List<String> ids = new ArrayList<>();
    for (String piece : pieces) {
      ids.add(String.valueOf(SmallCorpus.pieces().indexOf(piece)));
    }
    return String.join(",", ids);
  }

  /** Of all that other programs take for a line's end only \n is one. */
  @Test
  void eachLineGetsOneLine() throws IOException {
    Path vocabulary = SmallCorpus.writeVocabulary(folder);
    CommandRun run =
        CommandRun.withInput(
            "bank\rbank\u2028bank\u0085bank\f\n\n the", "tokenize", "--vocabulary", vocabulary);
    List<String> lines = run.out().lines().toList();
    assertEquals(3, lines.size(), run.out());
    // The control character U+0085 is dropped from the middle of a word.
    assertEquals(
        "[[0,4],[5,9],[10,14],[15,16],[16,17],[17,18],[18,19]]",
        new ObjectMapper().readTree(lines.get(0)).get("offsets").toString());
    assertEquals("{\"ids\":[],\"offsets\":[]}", lines.get(1));
    assertEquals("{\"ids\":[" + ids("the") + "],\"offsets\":[[1,4]]}", lines.get(2));
  }

  @Test
  void literalSpecialTokensAreTextUnlessAskedFor() throws IOException {
    Path vocabulary = SmallCorpus.writeVocabulary(folder);
    JsonNode plain =
        new ObjectMapper()
            .readTree(CommandRun.withInput("[SEP]", "tokenize", "--vocabulary", vocabulary).out());
    assertEquals("[0,1]", plain.get("offsets").get(0).toString());
    assertEquals("[4,5]", plain.get("offsets").get(plain.get("ids").size() - 1).toString());
    CommandRun honoured =
        CommandRun.withInput("[SEP]", "tokenize", "--vocabulary", vocabulary, "--special-tokens");
    assertEquals("{\"ids\":[" + ids("[SEP]") + "],\"offsets\":[[0,5]]}\n", honoured.out());
  }

  @Test
  void aModelsOwnTokenizerIsUsed() throws IOException {
    Path model = FixtureModels.copy("classifier", folder);
    CommandRun run = CommandRun.withInput("Bank", "tokenize", "--model", model);
    JsonNode tokens = new ObjectMapper().readTree(run.out());
    List<String> pieces = Files.readAllLines(model.resolve("vocab.txt"));
    assertEquals(pieces.indexOf("bank"), tokens.get("ids").get(0).asInt());
    assertEquals(1, tokens.get("ids").size());
  }

  @Test
  void inputIsUtf8WhateverTheLocale() throws Exception {
    Path vocabulary = SmallCorpus.writeVocabulary(folder);
    ProcessBuilder builder =
        CommandRun.process(
            List.of("-Dfile.encoding=ISO-8859-1"), "tokenize", "--vocabulary", vocabulary);
    builder.environment().put("LC_ALL", "C");
    Process process = builder.start();
    try (OutputStream input = process.getOutputStream()) {
      input.write("bänk 😀 the\n".getBytes(StandardCharsets.UTF_8));
    }
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertEquals(0, process.waitFor(), output);
    assertEquals(
        "{\"ids\":[" + ids("bank", "[UNK]", "the") + "],\"offsets\":[[0,4],[5,7],[8,11]]}",
        output.strip());
  }

  @Test
  void brokenInputIsReportedWithItsByte() throws IOException {
    Path vocabulary = SmallCorpus.writeVocabulary(folder);
    CommandRun run =
        CommandRun.withInput(
            new byte[] {'t', 'h', 'e', '\n', (byte) 0xc3}, "tokenize", "--vocabulary", vocabulary);
    assertEquals(1, run.code());
    assertEquals(
        "electra tokenize: standard input is not UTF-8 text; malformed at byte 4: 0xc3",
        run.errorLine());
  }

  @Test
  void manyScoresAreThoseOfEachAlone() throws IOException {
    Path model = FixtureModels.copy("ranker", folder);
    List<String> lines = new ArrayList<>();
    for (int i = 0; i < 70; i++) {
      ObjectNode line = new ObjectMapper().createObjectNode();
      line.put("text", "the bank " + (char) ('a' + i % 26) + (char) ('a' + i / 26));
      if (i % 2 == 0) {
        line.put("pair", "money ".repeat(i));
      } else if (i % 3 == 0) {
        line.putNull("pair");
      }
      lines.add(line.toString());
    }
    List<JsonNode> together = score(model, String.join("\n", lines));
    assertEquals(lines.size(), together.size());
    for (int i = 0; i < lines.size(); i += 23) {
      List<JsonNode> alone = score(model, lines.get(i) + "\n");
      assertEquals(
          alone.get(0).get("logits").get(0).asDouble(),
          together.get(i).get("logits").get(0).asDouble(),
          EXACT,
          lines.get(i));
    }
    assertEquals(lines.size(), together.stream().distinct().count());
  }

  private static List<JsonNode> score(Path model, String input) throws IOException {
    CommandRun run = CommandRun.withInput(input, "score", "--model", model);
    assertEquals(0, run.code(), run.err());
    List<JsonNode> scores = new ArrayList<>();
    for (String line : run.out().split("\n")) {
      scores.add(new ObjectMapper().readTree(line));
    }
    return scores;
  }

  /** What came before the broken line is answered: how much must not hang on buffers. */
  @Test
  void aBrokenLineIsNamedAfterTheAnswersBeforeIt() throws IOException {
    Path model = FixtureModels.copy("classifier", folder);
    String good = "{\"text\":\"rain\"}\n";
    assertError(model, good + "{\"text\":", "line 2 is not JSON: ");
    assertError(model, good + "\n", "line 2 lacks the key 'text'");
    assertError(model, good + "{\"pair\":\"x\"}\n", "line 2 lacks the key 'text'");
    assertError(
        model,
        good + "{\"text\":\"a\",\"pair\":5}\n",
        "line 2: the key 'pair' must be text; pair=5");
    assertError(model, good + good.strip() + good, "line 2 is not JSON: Trailing token");
  }

  private static void assertError(Path model, String input, String message) {
    CommandRun run = CommandRun.withInput(input, "score", "--model", model);
    assertEquals(1, run.code());
    assertTrue(run.errorLine().startsWith("electra score: standard input " + message), run.err());
    assertEquals(1, run.out().lines().count(), run.out());
  }

  @Test
  void aClassifierIsMeasured() throws IOException {
    Path model = FixtureModels.copy("classifier", folder);
    StringBuilder test = new StringBuilder("text\tlabel\n");
    StringBuilder input = new StringBuilder();
    List<String> truth = new ArrayList<>();
    for (int i = 0; i < 30; i++) {
      String text = "rain " + "goal ".repeat(i % 7) + (char) ('a' + i % 26);
      truth.add(LABELS.get(i % 3));
      test.append(text).append('\t').append(truth.get(i)).append('\n');
      input.append(new ObjectMapper().createObjectNode().put("text", text)).append('\n');
    }
    Path file = Files.writeString(folder.resolve("test.tsv"), test);
    List<String> predicted = new ArrayList<>();
    for (JsonNode scores : score(model, input.toString())) {
      int best = 0;
      for (int label = 1; label < LABELS.size(); label++) {
        if (scores.get("logits").get(label).asDouble()
            > scores.get("logits").get(best).asDouble()) {
          best = label;
        }
      }
      predicted.add(LABELS.get(best));
    }
    ClassificationMetrics expected = ClassificationMetrics.of(truth, predicted);
    CommandRun run =
        CommandRun.of("evaluate", "--model", model, "--test", file, "--train", file, "--json");
    assertEquals(0, run.code(), run.err());
    JsonNode json = new ObjectMapper().readTree(run.out());
    assertEquals("classification", json.get("task").asText());
    assertEquals(30, json.get("examples").asInt());
    assertEquals(expected.accuracy(), json.get("model").get("accuracy").asDouble(), 1e-12);
    assertEquals(expected.macroF1(), json.get("model").get("macroF1").asDouble(), 1e-12);
    assertEquals(1 / 3.0, json.get("majority class").get("accuracy").asDouble(), 1e-12);
    assertTrue(json.has("SimpleNaiveBayesClassifier"), run.out());
    assertTrue(json.has("KNearestNeighborClassifier, k=10"), run.out());
    CommandRun table = CommandRun.of("evaluate", "--model", model, "--test", file);
    assertEquals(
        String.format(
            java.util.Locale.ROOT,
            "30 examples%n%45s %8s%nmodel %39.4f %8.4f%n",
            "accuracy",
            "macro-F1",
            expected.accuracy(),
            expected.macroF1()),
        table.out());
  }

  @Test
  void aRankerIsMeasuredBesideBm25() throws IOException {
    Path model = FixtureModels.copy("ranker", folder);
    List<LabeledPair> pairs = new ArrayList<>();
    StringBuilder test = new StringBuilder();
    StringBuilder input = new StringBuilder();
    for (int query = 0; query < 6; query++) {
      for (int passage = 0; passage < 5; passage++) {
        String text = "rain number " + (char) ('a' + query);
        String pair = "the team " + "goal ".repeat(passage) + (char) ('a' + query);
        pairs.add(new LabeledPair(text, pair, passage == query % 5 ? 1 : 0));
        ObjectNode line = new ObjectMapper().createObjectNode();
        input.append(line.put("text", text).put("pair", pair)).append('\n');
        line = new ObjectMapper().createObjectNode();
        line.put("query", text).put("passage", pair);
        test.append(line.put("label", pairs.get(pairs.size() - 1).grade())).append('\n');
      }
    }
    Path file = Files.writeString(folder.resolve("test.jsonl"), test);
    List<JsonNode> scores = score(model, input.toString());
    List<RankingMetrics> measured = new ArrayList<>();
    int at = 0;
    for (QueryCandidates candidates : QueryCandidates.group(pairs)) {
      double[] logits = new double[candidates.passages().size()];
      for (int i = 0; i < logits.length; i++) {
        logits[i] = scores.get(at++).get("logits").get(0).asDouble();
      }
      measured.add(candidates.measure(logits, 1));
    }
    RankingMetrics expected = RankingMetrics.mean(measured);
    CommandRun run = CommandRun.of("evaluate", "--model", model, "--test", file, "--json");
    assertEquals(0, run.code(), run.err());
    JsonNode json = new ObjectMapper().readTree(run.out());
    assertEquals(6, json.get("queries").asInt());
    assertEquals(expected.mrr10(), json.get("model").get("mrr10").asDouble(), 1e-12);
    assertEquals(expected.ndcg10(), json.get("model").get("ndcg10").asDouble(), 1e-12);
    assertEquals(expected.map(), json.get("model").get("map").asDouble(), 1e-12);
    assertTrue(json.has("bm25") && json.has("bm25 + 1.0 * logit"), run.out());
  }

  @Test
  void aLongPassageIsMeasuredInWindows() throws IOException {
    Path model = FixtureModels.copy("ranker", folder);
    String longPassage = "goal ".repeat(2000);
    Path file =
        Files.writeString(
            folder.resolve("test.tsv"),
            "query\tpassage\tlabel\nrain\t" + longPassage + "\t1\nrain\tteam\t0\n");
    assertEquals(2, sequences(model, file, 1));
    assertEquals(4, sequences(model, file, 3));
    CommandRun wrong =
        CommandRun.of("evaluate", "--model", model, "--test", file, "--max-windows", 0);
    assertEquals(2, wrong.code());
    assertEquals(
        "electra evaluate: --max-windows must be at least 1; --max-windows=0", wrong.errorLine());
  }

  private static int sequences(Path model, Path test, int maxWindows) throws IOException {
    CommandRun run =
        CommandRun.of(
            "evaluate", "--model", model, "--test", test, "--max-windows", maxWindows, "--json");
    assertEquals(0, run.code(), run.err());
    return new ObjectMapper().readTree(run.out()).get("sequences").asInt();
  }

  @Test
  void aLabelTheModelDoesNotHaveIsNamed() throws IOException {
    Path model = FixtureModels.copy("classifier", folder);
    Path file = Files.writeString(folder.resolve("test.tsv"), "text\tlabel\nrain\tclimate\n");
    CommandRun run = CommandRun.of("evaluate", "--model", model, "--test", file);
    assertEquals(1, run.code());
    assertEquals(
        "electra evaluate: "
            + file
            + ": label 'climate' is not in config.json; labels: [business, sport, weather]",
        run.errorLine());
  }

  @Test
  void aVocabularyOfAnotherModelIsRefused() throws IOException {
    Path model = FixtureModels.copy("classifier", folder);
    Files.writeString(model.resolve("vocab.txt"), String.join("\n", SmallCorpus.pieces()) + "\n");
    CommandRun run = CommandRun.withInput("rain", "tokenize", "--model", model);
    assertEquals(1, run.code());
    assertTrue(run.errorLine().startsWith("electra tokenize: " + model), run.err());
    assertTrue(run.errorLine().contains("vocab.txt"), run.err());
  }

  @Test
  void aTruncatedGraphIsRefused() throws IOException {
    Path model = FixtureModels.copy("classifier", folder);
    Path graph = model.resolve("model.onnx");
    Files.write(graph, java.util.Arrays.copyOf(Files.readAllBytes(graph), 1000));
    CommandRun run = CommandRun.withInput("{\"text\":\"rain\"}", "score", "--model", model);
    assertEquals(1, run.code());
    assertTrue(run.errorLine().startsWith("electra score: " + graph), run.err());
    assertEquals("", run.out());
  }

  @Test
  void aTestSetWithNothingToRankIsAnError() throws IOException {
    Path model = FixtureModels.copy("ranker", folder);
    Path file = Files.writeString(folder.resolve("t.tsv"), "query\tpassage\tlabel\nq\tp\t1\n");
    CommandRun run = CommandRun.of("evaluate", "--model", model, "--test", file);
    assertEquals(1, run.code());
    assertEquals(
        "electra evaluate: " + file + " holds no query with a relevant passage and another",
        run.errorLine());
  }
}
