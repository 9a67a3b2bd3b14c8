package org.solrelectra.training.task;

import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.solrelectra.lucene.encoder.Deadline;
import org.solrelectra.lucene.encoder.Encoder;
import org.solrelectra.lucene.encoder.EncoderOutput;
import org.solrelectra.lucene.encoder.Lane;
import org.solrelectra.lucene.encoder.TokenBatch;
import org.solrelectra.lucene.encoder.TokenBatchBuilder;
import org.solrelectra.lucene.encoder.TokenSequence;
import org.solrelectra.lucene.model.Excerpt;
import org.solrelectra.lucene.model.Manifest;
import org.solrelectra.lucene.model.Task;
import org.solrelectra.training.checkpoint.HuggingFaceDirectory.Head;
import org.solrelectra.training.dataset.ExampleRow;
import org.solrelectra.training.dataset.InvalidDatasetException;
import org.solrelectra.training.dataset.TextSequences;
import org.solrelectra.training.evaluation.Agreement;
import org.solrelectra.training.evaluation.EvaluationTable;
import org.solrelectra.training.evaluation.MultiLabelMetrics;
import org.solrelectra.training.network.Tensors;

/**
 * Any number of labels a text, or a pair of texts, also none: sigmoid cross-entropy of each label,
 * and micro-F1 on the development set by the thresholds that are best there.
 */
public final class MultiLabelClassification implements ModelTask<MultiLabelClassification.Example> {
  private static final String PROBLEM = "multi_label_classification";

  /**
   * A text, or a pair of texts, and the labels it has.
   *
   * @param pair the second text; null if there is one alone
   */
  public record Example(String text, String pair, Set<String> labels) {}

  @Override
  public String name() {
    return "multi-label";
  }

  @Override
  public String description() {
    return "any number of labels a text or a pair of texts, also none. Keys: text, label (an array, in"
        + " JSONL) and, of pairs, pair. For each label the threshold with the best F1 on --dev is chosen;"
        + " the epoch with the best micro-F1 is kept. Measured: micro-F1, macro-F1, and the share of"
        + " texts whose labels are all right (exact match).";
  }

  @Override
  public Task manifestTask() {
    return Task.CLASSIFICATION;
  }

  @Override
  public Manifest.Activation activation() {
    return Manifest.Activation.SIGMOID;
  }

  @Override
  public NetworkHead networkHead() {
    return NetworkHead.SEQUENCE_CLASSIFICATION;
  }

  @Override
  public boolean isTaskOf(Head head) {
    return head.labels().size() != 1 && PROBLEM.equals(head.problemType());
  }

  @Override
  public boolean isTaskOf(Manifest manifest) {
    return manifest.task() == Task.CLASSIFICATION
        && manifest.activation() == Manifest.Activation.SIGMOID;
  }

  @Override
  public int usualEpochs() {
    return 10;
  }

  @Override
  public Example read(ExampleRow row) throws InvalidDatasetException {
    return new Example(row.text("text"), row.has("pair") ? row.text("pair") : null, row.labels());
  }

  @Override
  public TokenSequence sequence(Example example, TokenBatchBuilder batches) {
    return TextSequences.of(example.text(), example.pair(), batches);
  }

  private static List<TokenSequence> sequences(List<Example> examples, TokenBatchBuilder batches) {
    return examples.stream()
        .map(example -> TextSequences.of(example.text(), example.pair(), batches))
        .toList();
  }

  @Override
  public Objective objective(
      List<Example> training, List<Example> development, TokenBatchBuilder batches)
      throws InvalidDatasetException {
    return new LabelSets(training, development, batches);
  }

  /** What a served model says. */
  private record Predictions(List<float[]> logits, List<boolean[]> labels) {

    static Predictions of(Encoder encoder, List<Example> examples) throws IOException {
      Manifest manifest = encoder.model().manifest();
      List<String> names = encoder.model().labels();
      TokenBatchBuilder batches = TokenBatchBuilder.of(encoder.model());
      EncoderOutput output =
          encoder.encode(
              new TokenBatch(sequences(examples, batches), 0), Deadline.NONE, Lane.QUERY);
      List<float[]> logits = new ArrayList<>();
      List<boolean[]> labels = new ArrayList<>();
      for (int example = 0; example < output.size(); example++) {
        float[] row = output.logits(example);
        boolean[] has = new boolean[row.length];
        for (int label = 0; label < row.length; label++) {
          double threshold =
              manifest.thresholds().getOrDefault(names.get(label), LabelThresholds.USUAL);
          has[label] = LabelThresholds.probability(row[label], manifest.temperature()) >= threshold;
        }
        logits.add(row);
        labels.add(has);
      }
      return new Predictions(logits, labels);
    }
  }

  private static List<boolean[]> truth(List<Example> examples, List<String> labels, String source)
      throws InvalidDatasetException {
    List<boolean[]> truth = new ArrayList<>(examples.size());
    for (Example example : examples) {
      boolean[] has = new boolean[labels.size()];
      for (String label : example.labels()) {
        int id = labels.indexOf(label);
        if (id < 0) {
          throw new InvalidDatasetException(
              source
                  + ": label '"
                  + Excerpt.of(label)
                  + "' is none of the model; labels: "
                  + Excerpt.of(labels));
        }
        has[id] = true;
      }
      truth.add(has);
    }
    return truth;
  }

  @Override
  public EvaluationTable evaluate(
      Encoder encoder, List<Example> test, List<Example> training, EvaluationOptions options)
      throws IOException {
    List<boolean[]> truth = truth(test, encoder.model().labels(), options.source());
    MultiLabelMetrics metrics = MultiLabelMetrics.of(truth, Predictions.of(encoder, test).labels());
    return new EvaluationTable(
        Map.of("examples", test.size()),
        List.of(
            new EvaluationTable.Column("micro-F1", "microF1"),
            new EvaluationTable.Column("macro-F1", "macroF1"),
            new EvaluationTable.Column("exact", "exactMatch")),
        Map.of("model", List.of(metrics.microF1(), metrics.macroF1(), metrics.exactMatch())));
  }

  @Override
  public Agreement compare(
      Encoder reference, Encoder smaller, List<Example> test, EvaluationOptions options)
      throws IOException {
    List<boolean[]> truth = truth(test, reference.model().labels(), options.source());
    Predictions expected = Predictions.of(reference, test);
    Predictions actual = Predictions.of(smaller, test);
    double difference = 0;
    for (int i = 0; i < test.size(); i++) {
      difference =
          Math.max(
              difference,
              Agreement.largestDifference(expected.logits().get(i), actual.logits().get(i)));
    }
    double same = MultiLabelMetrics.of(expected.labels(), actual.labels()).exactMatch();
    return new Agreement(
        test.size(),
        "micro-F1",
        MultiLabelMetrics.of(truth, expected.labels()).microF1(),
        MultiLabelMetrics.of(truth, actual.labels()).microF1(),
        Map.of("same_labels", same),
        String.format(Locale.ROOT, "the same labels for %.4f of them", same),
        difference);
  }

  private static final class LabelSets implements Objective {
    private final List<String> labels;
    private final List<TokenSequence> training;
    private final List<TokenSequence> development;
    private final List<boolean[]> trainingLabels;
    private final List<boolean[]> developmentLabels;

    /**
     * @throws InvalidDatasetException if there are fewer than two labels, one of the development
     *     set is never trained, or no example there has one
     */
    private LabelSets(List<Example> training, List<Example> development, TokenBatchBuilder batches)
        throws InvalidDatasetException {
      Set<String> found = new TreeSet<>();
      training.forEach(example -> found.addAll(example.labels()));
      this.labels = List.copyOf(found);
      if (labels.size() < 2) {
        throw new InvalidDatasetException(
            "training examples must have at least two labels; labels: " + Excerpt.of(labels));
      }
      if (development.stream().allMatch(example -> example.labels().isEmpty())) {
        throw new InvalidDatasetException(
            "an example of the development set must have a label, or there is nothing to measure;"
                + " examples="
                + development.size());
      }
      this.trainingLabels = truth(training, labels, "the training set");
      this.developmentLabels = truth(development, labels, "the development set");
      this.training = sequences(training, batches);
      this.development = sequences(development, batches);
    }

    @Override
    public Head head() {
      return new Head(NetworkHead.SEQUENCE_CLASSIFICATION.architecture(), labels, PROBLEM);
    }

    @Override
    public List<TokenSequence> training() {
      return training;
    }

    @Override
    public List<TokenSequence> development() {
      return development;
    }

    @Override
    public Tensor loss(Tensor logits, int[] examples, Device device) {
      float[] targets = new float[examples.length * labels.size()];
      for (int row = 0; row < examples.length; row++) {
        boolean[] has = trainingLabels.get(examples[row]);
        for (int label = 0; label < has.length; label++) {
          targets[row * has.length + label] = has[label] ? 1 : 0;
        }
      }
      return torch.binary_cross_entropy_with_logits(
          logits, Tensors.ofFloats(targets, device, examples.length, labels.size()));
    }

    @Override
    public double quality(List<float[]> logits) {
      double[] thresholds = LabelThresholds.best(logits, developmentLabels);
      List<boolean[]> predicted = new ArrayList<>();
      for (float[] row : logits) {
        boolean[] has = new boolean[row.length];
        for (int label = 0; label < row.length; label++) {
          has[label] = LabelThresholds.probability(row[label], 1) >= thresholds[label];
        }
        predicted.add(has);
      }
      return MultiLabelMetrics.of(developmentLabels, predicted).microF1();
    }

    @Override
    public String qualityName() {
      return "micro-F1";
    }

    @Override
    public Calibration calibration(List<float[]> logits) {
      double[] thresholds = LabelThresholds.best(logits, developmentLabels);
      Map<String, Double> byLabel = new LinkedHashMap<>();
      for (int label = 0; label < thresholds.length; label++) {
        byLabel.put(labels.get(label), thresholds[label]);
      }
      return new Calibration(1, byLabel);
    }
  }
}
