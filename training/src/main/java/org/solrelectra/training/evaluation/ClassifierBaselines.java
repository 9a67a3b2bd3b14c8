package org.solrelectra.training.evaluation;

import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.apache.lucene.analysis.Analyzer;
import org.apache.lucene.analysis.en.EnglishAnalyzer;
import org.apache.lucene.classification.Classifier;
import org.apache.lucene.classification.KNearestNeighborClassifier;
import org.apache.lucene.classification.SimpleNaiveBayesClassifier;
import org.apache.lucene.document.Document;
import org.apache.lucene.document.Field;
import org.apache.lucene.document.StringField;
import org.apache.lucene.document.TextField;
import org.apache.lucene.index.DirectoryReader;
import org.apache.lucene.index.IndexWriter;
import org.apache.lucene.index.IndexWriterConfig;
import org.apache.lucene.store.ByteBuffersDirectory;
import org.apache.lucene.store.Directory;
import org.apache.lucene.util.BytesRef;
import org.solrelectra.training.dataset.LabeledText;

/**
 * Classifiers that need no network: the commonest label, Lucene's own as Solr sets them up, and
 * logistic regression on TF-IDF. What a fine-tuned model has to beat.
 */
public final class ClassifierBaselines {
  private static final String TEXT = "text";
  private static final String LABEL = "label";
  private static final int NEIGHBOURS = 10;

  private ClassifierBaselines() {}

  /** Returns each baseline's measures on {@code test} by its name. */
  public static Map<String, ClassificationMetrics> measure(
      List<LabeledText> training, List<LabeledText> test) throws IOException {
    Map<String, ClassificationMetrics> results = new LinkedHashMap<>();
    List<String> truth = test.stream().map(LabeledText::label).toList();
    String majority = majority(training);
    results.put(
        "majority class",
        ClassificationMetrics.of(truth, truth.stream().map(t -> majority).toList()));
    try (Analyzer analyzer = new EnglishAnalyzer();
        Directory directory = index(training, analyzer);
        DirectoryReader reader = DirectoryReader.open(directory)) {
      results.put(
          "SimpleNaiveBayesClassifier",
          measure(
              new SimpleNaiveBayesClassifier(reader, analyzer, null, LABEL, TEXT), test, truth));
      results.put(
          "KNearestNeighborClassifier, k=" + NEIGHBOURS,
          measure(
              new KNearestNeighborClassifier(
                  reader, null, analyzer, null, NEIGHBOURS, 1, 1, LABEL, TEXT),
              test,
              truth));
    }
    results.put(
        LogisticRegressionBaseline.NAME, LogisticRegressionBaseline.measure(training, test));
    return results;
  }

  private static String majority(List<LabeledText> training) {
    Map<String, Long> counts =
        training.stream().collect(Collectors.groupingBy(LabeledText::label, Collectors.counting()));
    return counts.entrySet().stream()
        .max(Map.Entry.<String, Long>comparingByValue().thenComparing(Map.Entry.comparingByKey()))
        .orElseThrow()
        .getKey();
  }

  private static Directory index(List<LabeledText> training, Analyzer analyzer) throws IOException {
    Directory directory = new ByteBuffersDirectory();
    try (IndexWriter writer = new IndexWriter(directory, new IndexWriterConfig(analyzer))) {
      for (LabeledText example : training) {
        Document document = new Document();
        document.add(new TextField(TEXT, example.words(), Field.Store.YES));
        document.add(new StringField(LABEL, example.label(), Field.Store.YES));
        writer.addDocument(document);
      }
    }
    return directory;
  }

  private static ClassificationMetrics measure(
      Classifier<BytesRef> classifier, List<LabeledText> test, List<String> truth)
      throws IOException {
    List<String> predicted = new ArrayList<>(test.size());
    for (LabeledText example : test) {
      var result = classifier.assignClass(example.text());
      predicted.add(
          result == null || result.getAssignedClass() == null
              ? ""
              : result.getAssignedClass().utf8ToString());
    }
    return ClassificationMetrics.of(truth, predicted);
  }
}
