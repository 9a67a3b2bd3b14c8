package org.solrelectra.training.evaluation;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import org.solrelectra.lucene.encoder.Deadline;
import org.solrelectra.lucene.encoder.Encoder;
import org.solrelectra.lucene.encoder.WindowPolicy;
import org.solrelectra.lucene.search.CrossEncoder;
import org.solrelectra.training.dataset.InvalidDatasetException;
import org.solrelectra.training.dataset.LabeledText;

/**
 * How far a model that was made smaller says what the one it was made from says.
 *
 * @param examples texts, or queries
 * @param metric what both are measured by, such as accuracy or nDCG@10
 * @param reference of the model that was made smaller
 * @param smaller of the smaller one
 * @param measures how far both agree whatever is right, by their keys in JSON; only what is known
 * @param inWords the same for people
 * @param largestDifference of a logit
 */
public record Agreement(
    int examples,
    String metric,
    double reference,
    double smaller,
    Map<String, Double> measures,
    String inWords,
    double largestDifference) {
  private static final int TOP = 10;

  /**
   * Compares two classifiers by the share of texts that get the same label.
   *
   * @param source of the examples, for messages
   */
  public static Agreement ofClassifiers(
      Encoder reference, Encoder smaller, List<LabeledText> examples, String source)
      throws IOException {
    ClassifierPredictions expected = ClassifierPredictions.of(reference, examples, source);
    ClassifierPredictions actual = ClassifierPredictions.of(smaller, examples, source);
    List<String> truth = examples.stream().map(LabeledText::label).toList();
    double difference = 0;
    int same = 0;
    for (int i = 0; i < examples.size(); i++) {
      difference =
          Math.max(difference, largestDifference(expected.logits().get(i), actual.logits().get(i)));
      if (expected.labels().get(i).equals(actual.labels().get(i))) {
        same++;
      }
    }
    return new Agreement(
        examples.size(),
        "accuracy",
        ClassificationMetrics.of(truth, expected.labels()).accuracy(),
        ClassificationMetrics.of(truth, actual.labels()).accuracy(),
        Map.of("same_label", (double) same / examples.size()),
        String.format(
            Locale.ROOT, "the same label for %.4f of them", (double) same / examples.size()),
        difference);
  }

  /**
   * Compares two rankers by the mean over queries of Kendall's tau-b between both orders, and, over
   * queries with more than ten passages, of the share of the first ten that both have in common.
   *
   * @param relevantFrom the least grade that makes a query count: one with such a passage and
   *     another
   * @throws InvalidDatasetException if there is no such query
   */
  public static Agreement ofRankers(
      Encoder reference, Encoder smaller, List<QueryCandidates> queries, int relevantFrom)
      throws IOException {
    CrossEncoder first = new CrossEncoder(reference);
    CrossEncoder second = new CrossEncoder(smaller);
    List<RankingMetrics> expected = new ArrayList<>();
    List<RankingMetrics> actual = new ArrayList<>();
    List<Double> taus = new ArrayList<>();
    List<Double> overlaps = new ArrayList<>();
    double difference = 0;
    for (QueryCandidates query : queries) {
      if (query.isRankable(relevantFrom)) {
        float[] a =
            first
                .score(query.query(), query.passages(), WindowPolicy.BEGINNING, Deadline.NONE)
                .logits();
        float[] b =
            second
                .score(query.query(), query.passages(), WindowPolicy.BEGINNING, Deadline.NONE)
                .logits();
        expected.add(query.measure(doubles(a), relevantFrom));
        actual.add(query.measure(doubles(b), relevantFrom));
        difference = Math.max(difference, largestDifference(a, b));
        taus.add(kendallTau(a, b));
        if (a.length > TOP) {
          overlaps.add(overlap(a, b));
        }
      }
    }
    if (expected.isEmpty()) {
      throw new InvalidDatasetException(
          "there is no query with a relevant passage and another to compare by");
    }
    return new Agreement(
        expected.size(),
        "nDCG@10",
        RankingMetrics.mean(expected).ndcg10(),
        RankingMetrics.mean(actual).ndcg10(),
        measures(mean(taus), mean(overlaps)),
        String.format(
            Locale.ROOT,
            "Kendall's tau %.4f, overlap of the first ten %s",
            mean(taus),
            overlaps.isEmpty()
                ? "unknown, for no query has more passages"
                : String.format(Locale.ROOT, "%.4f", mean(overlaps))),
        difference);
  }

  private static Map<String, Double> measures(double kendallTau, double top10Overlap) {
    Map<String, Double> measures = new LinkedHashMap<>();
    measures.put("kendall_tau", kendallTau);
    measures.put("top10_overlap", top10Overlap);
    measures.values().removeIf(value -> value.isNaN());
    return measures;
  }

  /** Returns by how much the metric is lower; below 0 if it is higher. */
  public double loss() {
    return reference - smaller;
  }

  private static double[] doubles(float[] values) {
    return IntStream.range(0, values.length).mapToDouble(i -> values[i]).toArray();
  }

  private static double mean(List<Double> values) {
    return values.stream()
        .mapToDouble(Double::doubleValue)
        .filter(value -> !Double.isNaN(value))
        .average()
        .orElse(Double.NaN);
  }

  /** Returns the largest difference of two rows of logits. */
  public static double largestDifference(float[] a, float[] b) {
    double largest = 0;
    for (int i = 0; i < a.length; i++) {
      largest = Math.max(largest, Math.abs((double) a[i] - b[i]));
    }
    return largest;
  }

  /**
   * Returns Kendall's tau-b of two lists of scores (Kendall 1945): 1 for the same order, -1 for the
   * reverse, 0 if all of {@code b} are equal; NaN if all of {@code a} are.
   */
  static double kendallTau(float[] a, float[] b) {
    long agreeing = 0;
    long untiedInA = 0;
    long untiedInB = 0;
    for (int i = 0; i < a.length; i++) {
      for (int j = 0; j < i; j++) {
        int inA = Float.compare(a[i], a[j]);
        int inB = Float.compare(b[i], b[j]);
        agreeing += inA == 0 || inB == 0 ? 0 : inA > 0 == inB > 0 ? 1 : -1;
        untiedInA += inA == 0 ? 0 : 1;
        untiedInB += inB == 0 ? 0 : 1;
      }
    }
    if (untiedInB == 0 && untiedInA > 0) {
      return 0;
    }
    return agreeing / Math.sqrt((double) untiedInA * untiedInB);
  }

  private static double overlap(float[] a, float[] b) {
    Set<Integer> common = new HashSet<>(top(a));
    common.retainAll(top(b));
    return (double) common.size() / TOP;
  }

  private static List<Integer> top(float[] scores) {
    return IntStream.range(0, scores.length)
        .boxed()
        .sorted((i, j) -> Float.compare(scores[j], scores[i]))
        .limit(TOP)
        .toList();
  }
}
