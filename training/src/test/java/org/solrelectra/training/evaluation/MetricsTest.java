package org.solrelectra.training.evaluation;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.solrelectra.training.dataset.LabeledPair;
import org.solrelectra.training.dataset.LabeledText;

/** Cases that were computed by hand. */
class MetricsTest {
  private static final double ROUNDING = 1e-12;

  @Test
  void accuracyAndMacroF1() {
    ClassificationMetrics metrics =
        ClassificationMetrics.of(List.of("a", "a", "b", "c"), List.of("a", "b", "b", "d"));
    assertEquals(0.5, metrics.accuracy(), ROUNDING);
    // a: 2/3, b: 2/3, c: 0, d: 0.
    assertEquals((2 / 3.0 + 2 / 3.0) / 4, metrics.macroF1(), ROUNDING);
    assertEquals(
        "truth and predicted must be of one length above 0; truth=1, predicted=0",
        assertThrows(
                IllegalArgumentException.class,
                () -> ClassificationMetrics.of(List.of("a"), List.of()))
            .getMessage());
  }

  @Test
  void rankingByHand() {
    // Ranked: c (grade 0), a (2), b (unjudged), d (1); e (1) was not found.
    List<RankedDocument> documents =
        List.of(
            new RankedDocument("a", 3),
            new RankedDocument("b", 2),
            new RankedDocument("c", 4),
            new RankedDocument("d", -1));
    RankingMetrics metrics =
        RankingMetrics.of(documents, Map.of("a", 2, "c", 0, "d", 1, "e", 1), 1);
    assertEquals(0.5, metrics.mrr10(), ROUNDING);
    assertEquals((1 / 2.0 + 2 / 4.0) / 3, metrics.map(), ROUNDING);
    double gain = 2 / log2(3) + 1 / log2(5);
    double best = 2 / log2(2) + 1 / log2(3) + 1 / log2(4);
    assertEquals(gain / best, metrics.ndcg10(), ROUNDING);
  }

  private static double log2(double value) {
    return Math.log(value) / Math.log(2);
  }

  @Test
  void theEleventhCountsForMeanPrecisionOnly() {
    List<RankedDocument> documents =
        java.util.stream.IntStream.range(0, 11)
            .mapToObj(i -> new RankedDocument("d" + i, -i))
            .toList();
    RankingMetrics metrics = RankingMetrics.of(documents, Map.of("d10", 1), 1);
    assertEquals(new RankingMetrics(0, 0, 1 / 11.0), metrics);
  }

  @Test
  void nothingRelevantIsNought() {
    assertEquals(
        new RankingMetrics(0, 0, 0),
        RankingMetrics.of(List.of(new RankedDocument("a", 1)), Map.of("a", 0), 1));
    assertThrows(IllegalArgumentException.class, () -> RankingMetrics.mean(List.of()));
  }

  @Test
  void ofEqualScoresTheLargerIdComesFirst() {
    assertEquals(
        List.of("ä", "b", "a", "z"),
        java.util.stream.Stream.of(
                new RankedDocument("a", 1),
                new RankedDocument("z", 0),
                new RankedDocument("ä", 1),
                new RankedDocument("b", 1))
            .sorted(RankedDocument.BEST_FIRST)
            .map(RankedDocument::id)
            .toList());
    // A zero has no sign here.
    assertEquals(
        List.of("b", "a"),
        java.util.stream.Stream.of(new RankedDocument("a", 0.0), new RankedDocument("b", -0.0))
            .sorted(RankedDocument.BEST_FIRST)
            .map(RankedDocument::id)
            .toList());
  }

  @Test
  void binaryMeasuresCountFromAGradeOn() {
    List<RankedDocument> documents =
        List.of(new RankedDocument("a", 3), new RankedDocument("b", 2), new RankedDocument("c", 1));
    Map<String, Integer> grades = Map.of("a", 1, "b", 0, "c", 2);
    RankingMetrics all = RankingMetrics.of(documents, grades, 1);
    RankingMetrics strict = RankingMetrics.of(documents, grades, 2);
    assertEquals(1, all.mrr10(), ROUNDING);
    assertEquals(1 / 3.0, strict.mrr10(), ROUNDING);
    assertEquals((1 + 2 / 3.0) / 2, all.map(), ROUNDING);
    assertEquals(1 / 3.0, strict.map(), ROUNDING);
    assertEquals(all.ndcg10(), strict.ndcg10(), "grades are gains whatever counts as relevant");
    assertThrows(IllegalArgumentException.class, () -> RankingMetrics.of(documents, grades, 0));
  }

  /** Else a ranker that scores all alike would have found what the file lists first. */
  @Test
  void equalScoresSayNothingOfTheFilesOrder() {
    int first = 0;
    for (int query = 0; query < 200; query++) {
      List<LabeledPair> pairs = new ArrayList<>();
      for (int passage = 0; passage < 4; passage++) {
        pairs.add(new LabeledPair("q", "passage " + query + " " + passage, passage == 0 ? 1 : 0));
      }
      double mrr10 = QueryCandidates.group(pairs).get(0).measure(new double[4], 1).mrr10();
      java.util.Collections.reverse(pairs);
      assertEquals(mrr10, QueryCandidates.group(pairs).get(0).measure(new double[4], 1).mrr10());
      first += mrr10 == 1 ? 1 : 0;
    }
    assertEquals(50, first, 20);
  }

  @Test
  void candidatesAreGroupedByQuery() {
    List<QueryCandidates> queries =
        QueryCandidates.group(
            List.of(
                new LabeledPair("q", "one", 0),
                new LabeledPair("r", "one", 1),
                new LabeledPair("q", "two", 1),
                new LabeledPair("q", "three", 0)));
    assertEquals(List.of("q", "r"), queries.stream().map(QueryCandidates::query).toList());
    assertEquals(List.of("one", "two", "three"), queries.get(0).passages());
    assertEquals(1, queries.get(0).measure(new double[] {1, 2, 1}, 1).mrr10(), ROUNDING);
    assertTrue(queries.get(0).isRankable(1));
    assertFalse(queries.get(0).isRankable(2));
    assertFalse(queries.get(1).isRankable(1));
  }

  @Test
  void bm25ScoresEachQuerysOwnCandidates() throws IOException {
    List<QueryCandidates> queries =
        QueryCandidates.group(
            List.of(
                new LabeledPair("lost cards?", "I lost my card yesterday", 1),
                new LabeledPair("lost cards?", "rain and wind", 0),
                new LabeledPair("lost cards?", "I lost my umbrella, hat, coat and shoes", 0),
                new LabeledPair("wind AND (", "rain and wind", 1),
                new LabeledPair("wind AND yesterday", "rain and wind", 1),
                new LabeledPair("the", "I lost my card yesterday", 0)));
    List<double[]> scores = Bm25Baseline.scores(queries);
    double[] first = scores.get(0);
    assertTrue(first[0] > first[2] && first[2] > 0, "stemmed terms, both of them, count most");
    assertEquals(0, first[1]);
    assertTrue(scores.get(1)[0] > 0, "characters of the query syntax are text");
    assertEquals(0, scores.get(3)[0], "a query of stop words finds nothing");
    assertTrue(scores.get(2)[0] > 0, "capitals make no operator");
    // idf * tf / (tf + k1 (1 - b + b length / mean)) of one term in a collection of three.
    double idf = Math.log(1 + (3 - 1 + 0.5) / (1 + 0.5));
    double mean = (5 + 2 + 7) / 3.0;
    double expected = idf / (1 + 1.2 * (1 - 0.75 + 0.75 * 2 / mean));
    assertEquals(expected, scores.get(1)[0], 1e-6);
  }

  @Test
  void baselinesAreLucenesOwnAndLogisticRegression() throws IOException {
    List<LabeledText> training =
        List.of(
            new LabeledText("rain wind storm", null, "weather"),
            new LabeledText("sun rain cloud", null, "weather"),
            new LabeledText("goal team match", null, "sport"));
    List<LabeledText> test =
        List.of(
            new LabeledText("storm rain", null, "weather"),
            new LabeledText("team goal", null, "sport"));
    Map<String, ClassificationMetrics> measured = ClassifierBaselines.measure(training, test);
    assertEquals(
        List.of(
            "majority class",
            "SimpleNaiveBayesClassifier",
            "KNearestNeighborClassifier, k=10",
            "logistic regression on TF-IDF"),
        List.copyOf(measured.keySet()));
    assertEquals(0.5, measured.get("majority class").accuracy(), ROUNDING);
    assertEquals(1, measured.get("SimpleNaiveBayesClassifier").accuracy(), ROUNDING);
    assertEquals(1, measured.get("logistic regression on TF-IDF").accuracy(), ROUNDING);
  }
}
