package org.solrelectra.training.evaluation;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Test;
import org.solrelectra.lucene.SharedFiles;
import org.solrelectra.training.GoldenFiles;

/** What evaluate prints, against scikit-learn and trec_eval. */
class MetricsGoldenTest {
  // Tolerances of golden/README.md.
  private static final double CLASSIFICATION = 1e-12;
  private static final double RANKING = 1e-9;

  @Test
  void classificationAgrees() throws IOException {
    JsonNode cases = GoldenFiles.json("metrics/classification.json");
    assertEquals(44, cases.size());
    for (JsonNode one : cases) {
      ClassificationMetrics metrics =
          ClassificationMetrics.of(strings(one.get("truth")), strings(one.get("prediction")));
      assertEquals(one.get("accuracy").asDouble(), metrics.accuracy(), CLASSIFICATION);
      assertEquals(one.get("f1_macro").asDouble(), metrics.macroF1(), CLASSIFICATION);
    }
  }

  private static List<String> strings(JsonNode values) {
    List<String> strings = new ArrayList<>();
    values.forEach(value -> strings.add(value.asText()));
    return strings;
  }

  @Test
  void rankingAgrees() throws IOException {
    Map<String, List<RankingMetrics>> inBoth = new TreeMap<>();
    Map<String, List<RankingMetrics>> withJudgements = new TreeMap<>();
    int lists = 0;
    for (JsonNode topic : lines("metrics/ranking.jsonl.gz")) {
      lists++;
      List<RankedDocument> documents = new ArrayList<>();
      for (JsonNode result : topic.get("results")) {
        documents.add(new RankedDocument(result.get(0).asText(), result.get(1).asDouble()));
      }
      String name = topic.get("run").asText() + " topic " + topic.get("topic").asText();
      if (topic.get("qrels").isNull()) {
        continue;
      }
      Map<String, Integer> grades = new HashMap<>();
      topic
          .get("qrels")
          .properties()
          .forEach(entry -> grades.put(entry.getKey(), entry.getValue().asInt()));
      RankingMetrics metrics = RankingMetrics.of(documents, grades, 1);
      String run = topic.get("run").asText();
      withJudgements.computeIfAbsent(run, key -> new ArrayList<>()).add(metrics);
      if (!documents.isEmpty()) {
        check(topic.get("expected"), metrics, name);
        assertEquals(
            strings(topic.get("order")),
            documents.stream()
                .sorted(RankedDocument.BEST_FIRST)
                .limit(10)
                .map(RankedDocument::id)
                .toList(),
            name);
        inBoth.computeIfAbsent(run, key -> new ArrayList<>()).add(metrics);
      }
    }
    assertEquals(75, lists);
    JsonNode means = GoldenFiles.json("metrics/ranking-means.json");
    assertEquals(3, inBoth.size());
    inBoth.forEach(
        (run, list) -> {
          JsonNode expected = means.get(run);
          assertEquals(expected.get("topics_in_both").asInt(), list.size());
          check(expected.get("mean_over_topics_in_both"), RankingMetrics.mean(list), run);
          List<RankingMetrics> all = withJudgements.get(run);
          assertEquals(expected.get("topics_with_qrels").asInt(), all.size());
          check(expected.get("mean_over_topics_with_qrels"), RankingMetrics.mean(all), run);
        });
  }

  private static void check(JsonNode expected, RankingMetrics actual, String name) {
    assertEquals(expected.get("mrr_10").asDouble(), actual.mrr10(), RANKING, name);
    assertEquals(expected.get("ndcg_10_linear").asDouble(), actual.ndcg10(), RANKING, name);
    assertEquals(expected.get("map").asDouble(), actual.map(), RANKING, name);
  }

  private static List<JsonNode> lines(String name) throws IOException {
    List<JsonNode> records = new ArrayList<>();
    ObjectMapper json = new ObjectMapper();
    try (BufferedReader reader =
        new BufferedReader(
            new InputStreamReader(
                new GZIPInputStream(Files.newInputStream(SharedFiles.require("golden/" + name))),
                StandardCharsets.UTF_8))) {
      for (String line = reader.readLine(); line != null; line = reader.readLine()) {
        records.add(json.readTree(line));
      }
    }
    return records;
  }
}
