package org.solrelectra.training.evaluation;

import de.bwaldvogel.liblinear.Feature;
import de.bwaldvogel.liblinear.FeatureNode;
import de.bwaldvogel.liblinear.Linear;
import de.bwaldvogel.liblinear.Model;
import de.bwaldvogel.liblinear.Parameter;
import de.bwaldvogel.liblinear.Problem;
import de.bwaldvogel.liblinear.SolverType;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.lucene.analysis.Analyzer;
import org.apache.lucene.analysis.TokenStream;
import org.apache.lucene.analysis.shingle.ShingleAnalyzerWrapper;
import org.apache.lucene.analysis.standard.StandardAnalyzer;
import org.apache.lucene.analysis.tokenattributes.CharTermAttribute;
import org.solrelectra.training.dataset.LabeledText;

/**
 * Logistic regression on TF-IDF of words and pairs of neighbouring words, which a team tries before
 * it trains a network: one regression for each label against all others, by liblinear, as
 * scikit-learn's {@code TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True)} and {@code
 * LogisticRegression(solver="liblinear", C=10)} do it.
 */
final class LogisticRegressionBaseline {
  static final String NAME = "logistic regression on TF-IDF";

  /** The inverse of the regularization; tuned on no data set. */
  private static final double COST = 10;

  private static final double TOLERANCE = 0.01;
  private static final int LARGEST_SHINGLE = 2;

  private final Map<String, Integer> terms = new HashMap<>();
  private final List<Integer> documentFrequencies = new ArrayList<>();
  private final List<String> labels = new ArrayList<>();
  private final int documents;
  private final Model model;

  /**
   * @param training examples of at least two labels
   */
  LogisticRegressionBaseline(List<LabeledText> training, Analyzer analyzer) throws IOException {
    this.documents = training.size();
    List<Map<String, Integer>> counts = new ArrayList<>(documents);
    for (LabeledText example : training) {
      Map<String, Integer> ofExample = counts(example, analyzer);
      counts.add(ofExample);
      for (String term : ofExample.keySet()) {
        int id = terms.computeIfAbsent(term, added -> terms.size());
        if (id == documentFrequencies.size()) {
          documentFrequencies.add(0);
        }
        documentFrequencies.set(id, documentFrequencies.get(id) + 1);
      }
    }
    Map<String, Integer> labelIds = new HashMap<>();
    Problem problem = new Problem();
    problem.l = documents;
    problem.n = terms.size() + 1;
    problem.bias = 1;
    problem.x = new Feature[documents][];
    problem.y = new double[documents];
    for (int i = 0; i < documents; i++) {
      problem.x[i] = features(counts.get(i));
      String label = training.get(i).label();
      problem.y[i] =
          labelIds.computeIfAbsent(
              label,
              added -> {
                labels.add(added);
                return labels.size() - 1;
              });
    }
    Linear.disableDebugOutput();
    this.model = Linear.train(problem, new Parameter(SolverType.L2R_LR, COST, TOLERANCE));
  }

  /** Returns its measures on {@code test}. */
  static ClassificationMetrics measure(List<LabeledText> training, List<LabeledText> test)
      throws IOException {
    try (Analyzer words = new StandardAnalyzer();
        Analyzer analyzer = new ShingleAnalyzerWrapper(words, LARGEST_SHINGLE)) {
      LogisticRegressionBaseline baseline = new LogisticRegressionBaseline(training, analyzer);
      List<String> predicted = new ArrayList<>(test.size());
      for (LabeledText example : test) {
        Feature[] features = baseline.features(counts(example, analyzer));
        predicted.add(baseline.labels.get((int) Linear.predict(baseline.model, features)));
      }
      return ClassificationMetrics.of(test.stream().map(LabeledText::label).toList(), predicted);
    }
  }

  /** Returns how often each term stands in a text. */
  private static Map<String, Integer> counts(LabeledText example, Analyzer analyzer)
      throws IOException {
    Map<String, Integer> counts = new TreeMap<>();
    try (TokenStream stream = analyzer.tokenStream("text", example.words())) {
      CharTermAttribute term = stream.addAttribute(CharTermAttribute.class);
      stream.reset();
      while (stream.incrementToken()) {
        counts.merge(term.toString(), 1, Integer::sum);
      }
      stream.end();
    }
    return counts;
  }

  /** Returns a text's row, of length 1, with the constant that stands for the bias behind it. */
  private Feature[] features(Map<String, Integer> counts) {
    TreeMap<Integer, Double> values = new TreeMap<>();
    double squares = 0;
    for (Map.Entry<String, Integer> entry : counts.entrySet()) {
      Integer id = terms.get(entry.getKey());
      if (id != null) {
        double inverse = Math.log((1.0 + documents) / (1 + documentFrequencies.get(id))) + 1;
        double value = (1 + Math.log(entry.getValue())) * inverse;
        values.put(id, value);
        squares += value * value;
      }
    }
    double length = squares == 0 ? 1 : Math.sqrt(squares);
    List<Feature> features = new ArrayList<>(values.size() + 1);
    // liblinear counts features from 1.
    values.forEach((id, value) -> features.add(new FeatureNode(id + 1, value / length)));
    features.add(new FeatureNode(terms.size() + 1, 1));
    return features.toArray(Feature[]::new);
  }
}
