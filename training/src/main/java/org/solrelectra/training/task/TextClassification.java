package org.solrelectra.training.task;

import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.solrelectra.lucene.encoder.Encoder;
import org.solrelectra.lucene.encoder.TokenBatchBuilder;
import org.solrelectra.lucene.encoder.TokenSequence;
import org.solrelectra.lucene.model.Excerpt;
import org.solrelectra.lucene.model.Manifest;
import org.solrelectra.lucene.model.Task;
import org.solrelectra.training.checkpoint.HuggingFaceDirectory.Head;
import org.solrelectra.training.dataset.ExampleRow;
import org.solrelectra.training.dataset.InvalidDatasetException;
import org.solrelectra.training.dataset.LabeledText;
import org.solrelectra.training.dataset.TextSequences;
import org.solrelectra.training.evaluation.Agreement;
import org.solrelectra.training.evaluation.ClassificationMetrics;
import org.solrelectra.training.evaluation.ClassifierBaselines;
import org.solrelectra.training.evaluation.ClassifierPredictions;
import org.solrelectra.training.evaluation.EvaluationTable;
import org.solrelectra.training.network.Tensors;

/** One label a text, or a pair of texts: cross-entropy, and accuracy on the development set. */
public final class TextClassification implements ModelTask<LabeledText> {
  private static final String PROBLEM = "single_label_classification";

  @Override
  public String name() {
    return "classify";
  }

  @Override
  public String description() {
    return "one label a text or a pair of texts. Keys: text, label and, of pairs, pair. The epoch with"
        + " the best accuracy is kept, a temperature fitted. Measured: accuracy, macro-F1; with --train"
        + " beside the majority class, Lucene's own classifiers, and logistic regression on TF-IDF.";
  }

  @Override
  public Task manifestTask() {
    return Task.CLASSIFICATION;
  }

  @Override
  public Manifest.Activation activation() {
    return Manifest.Activation.SOFTMAX;
  }

  @Override
  public NetworkHead networkHead() {
    return NetworkHead.SEQUENCE_CLASSIFICATION;
  }

  @Override
  public boolean isTaskOf(Head head) {
    return head.labels().size() != 1
        && (head.problemType() == null || PROBLEM.equals(head.problemType()));
  }

  @Override
  public boolean isTaskOf(Manifest manifest) {
    return manifest.task() == Task.CLASSIFICATION
        && manifest.activation() == Manifest.Activation.SOFTMAX;
  }

  @Override
  public int usualEpochs() {
    return 10;
  }

  @Override
  public LabeledText read(ExampleRow row) throws InvalidDatasetException {
    return LabeledText.of(row);
  }

  @Override
  public TokenSequence sequence(LabeledText example, TokenBatchBuilder batches) {
    return TextSequences.of(example.text(), example.pair(), batches);
  }

  @Override
  public Objective objective(
      List<LabeledText> training, List<LabeledText> development, TokenBatchBuilder batches)
      throws InvalidDatasetException {
    return new SingleLabels(training, development, batches);
  }

  @Override
  public EvaluationTable evaluate(
      Encoder encoder,
      List<LabeledText> test,
      List<LabeledText> training,
      EvaluationOptions options)
      throws IOException {
    List<String> truth = test.stream().map(LabeledText::label).toList();
    Map<String, ClassificationMetrics> measured = new LinkedHashMap<>();
    measured.put(
        "model",
        ClassificationMetrics.of(
            truth, ClassifierPredictions.of(encoder, test, options.source()).labels()));
    if (!training.isEmpty()) {
      measured.putAll(ClassifierBaselines.measure(training, test));
    }
    Map<String, List<Double>> rows = new LinkedHashMap<>();
    measured.forEach(
        (name, metrics) -> rows.put(name, List.of(metrics.accuracy(), metrics.macroF1())));
    return new EvaluationTable(
        Map.of("examples", test.size()),
        List.of(
            new EvaluationTable.Column("accuracy", "accuracy"),
            new EvaluationTable.Column("macro-F1", "macroF1")),
        rows);
  }

  @Override
  public Agreement compare(
      Encoder reference, Encoder smaller, List<LabeledText> test, EvaluationOptions options)
      throws IOException {
    return Agreement.ofClassifiers(reference, smaller, test, options.source());
  }

  private static final class SingleLabels implements Objective {
    private final List<String> labels;
    private final List<TokenSequence> training;
    private final List<TokenSequence> development;
    private final int[] trainingLabels;
    private final int[] developmentLabels;

    /**
     * @throws InvalidDatasetException if a label of the development set is never trained, or there
     *     is but one label
     */
    private SingleLabels(
        List<LabeledText> training, List<LabeledText> development, TokenBatchBuilder batches)
        throws InvalidDatasetException {
      this.labels = List.copyOf(new TreeSet<>(training.stream().map(LabeledText::label).toList()));
      if (labels.size() < 2) {
        throw new InvalidDatasetException(
            "training examples must have at least two labels; labels: " + Excerpt.of(labels));
      }
      this.trainingLabels = ids(training, "training");
      this.developmentLabels = ids(development, "development");
      this.training = TextSequences.of(training, batches);
      this.development = TextSequences.of(development, batches);
    }

    private int[] ids(List<LabeledText> examples, String set) throws InvalidDatasetException {
      int[] ids = new int[examples.size()];
      for (int i = 0; i < ids.length; i++) {
        ids[i] = labels.indexOf(examples.get(i).label());
        if (ids[i] < 0) {
          throw new InvalidDatasetException(
              "label '"
                  + Excerpt.of(examples.get(i).label())
                  + "' of the "
                  + set
                  + " set is in no training example; labels: "
                  + Excerpt.of(labels));
        }
      }
      return ids;
    }

    @Override
    public Head head() {
      return Head.classifier(labels);
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
      long[] targets = new long[examples.length];
      for (int i = 0; i < targets.length; i++) {
        targets[i] = trainingLabels[examples[i]];
      }
      return torch.cross_entropy_loss(logits, Tensors.ofLongs(targets, device, targets.length));
    }

    @Override
    public double quality(List<float[]> logits) {
      int right = 0;
      for (int i = 0; i < logits.size(); i++) {
        if (largest(logits.get(i)) == developmentLabels[i]) {
          right++;
        }
      }
      return (double) right / logits.size();
    }

    private static int largest(float[] values) {
      int largest = 0;
      for (int i = 1; i < values.length; i++) {
        if (values[i] > values[largest]) {
          largest = i;
        }
      }
      return largest;
    }

    @Override
    public String qualityName() {
      return "accuracy";
    }

    @Override
    public Calibration calibration(List<float[]> logits) {
      return Calibration.of(Temperature.fit(logits, developmentLabels));
    }
  }
}
