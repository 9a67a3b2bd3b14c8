package org.solrelectra.training.task;

import java.io.IOException;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
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
import org.solrelectra.training.evaluation.RegressionMetrics;
import org.solrelectra.training.network.Tensors;

/**
 * A number a text, or a pair of texts: squared error, and Pearson's correlation on the development
 * set. The one logit is the number.
 */
public final class Regression implements ModelTask<Regression.Example> {
  private static final String PROBLEM = "regression";

  /**
   * A text, or a pair of texts, and its number.
   *
   * @param pair the second text; null if there is one alone
   */
  public record Example(String text, String pair, float number) {}

  @Override
  public String name() {
    return "regression";
  }

  @Override
  public String description() {
    return "a number a text or a pair of texts. Keys: text, label (a number) and, of pairs, pair. The"
        + " epoch with the best correlation (Pearson) is kept. Measured: Pearson's and Spearman's"
        + " correlation and the root of the mean squared error.";
  }

  @Override
  public Task manifestTask() {
    return Task.REGRESSION;
  }

  @Override
  public Manifest.Activation activation() {
    return Manifest.Activation.NONE;
  }

  @Override
  public NetworkHead networkHead() {
    return NetworkHead.SEQUENCE_CLASSIFICATION;
  }

  @Override
  public boolean isTaskOf(Head head) {
    return head.labels().size() == 1 && PROBLEM.equals(head.problemType());
  }

  @Override
  public boolean isTaskOf(Manifest manifest) {
    return manifest.task() == Task.REGRESSION;
  }

  @Override
  public int usualEpochs() {
    return 10;
  }

  @Override
  public Example read(ExampleRow row) throws InvalidDatasetException {
    return new Example(row.text("text"), row.has("pair") ? row.text("pair") : null, number(row));
  }

  private static float number(ExampleRow row) throws InvalidDatasetException {
    String label = row.label();
    String message =
        row.where() + ": the label must be a number of float32; label='" + Excerpt.of(label) + "'";
    try {
      float number = new BigDecimal(label).floatValue();
      if (Float.isInfinite(number)) {
        throw new InvalidDatasetException(message);
      }
      return number;
    } catch (NumberFormatException e) {
      throw new InvalidDatasetException(message, e);
    }
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

  private static double[] numbers(List<Example> examples, String source)
      throws InvalidDatasetException {
    double[] numbers = examples.stream().mapToDouble(Example::number).toArray();
    if (examples.stream().map(Example::number).distinct().count() < 2) {
      throw new InvalidDatasetException(
          source
              + " must have at least two different labels, or nothing can be learnt or measured;"
              + " label="
              + numbers[0]);
    }
    return numbers;
  }

  @Override
  public Objective objective(
      List<Example> training, List<Example> development, TokenBatchBuilder batches)
      throws InvalidDatasetException {
    return new Numbers(training, development, batches);
  }

  private static List<float[]> logits(Encoder encoder, List<Example> examples) throws IOException {
    TokenBatchBuilder batches = TokenBatchBuilder.of(encoder.model());
    EncoderOutput output =
        encoder.encode(new TokenBatch(sequences(examples, batches), 0), Deadline.NONE, Lane.QUERY);
    List<float[]> logits = new ArrayList<>();
    for (int i = 0; i < output.size(); i++) {
      logits.add(output.logits(i));
    }
    return logits;
  }

  private static double[] first(List<float[]> logits) {
    return logits.stream().mapToDouble(row -> row[0]).toArray();
  }

  @Override
  public EvaluationTable evaluate(
      Encoder encoder, List<Example> test, List<Example> training, EvaluationOptions options)
      throws IOException {
    RegressionMetrics metrics =
        RegressionMetrics.of(numbers(test, options.source()), first(logits(encoder, test)));
    return new EvaluationTable(
        Map.of("examples", test.size()),
        List.of(
            new EvaluationTable.Column("Pearson", "pearson"),
            new EvaluationTable.Column("Spearman", "spearman"),
            new EvaluationTable.Column("RMSE", "rmse")),
        Map.of(
            "model",
            List.of(metrics.pearson(), metrics.spearman(), metrics.rootMeanSquaredError())));
  }

  @Override
  public Agreement compare(
      Encoder reference, Encoder smaller, List<Example> test, EvaluationOptions options)
      throws IOException {
    double[] truth = numbers(test, options.source());
    double[] expected = first(logits(reference, test));
    double[] actual = first(logits(smaller, test));
    double largest = 0;
    for (int i = 0; i < expected.length; i++) {
      largest = Math.max(largest, Math.abs(expected[i] - actual[i]));
    }
    double both = RegressionMetrics.of(expected, actual).pearson();
    return new Agreement(
        test.size(),
        "Pearson",
        RegressionMetrics.of(truth, expected).pearson(),
        RegressionMetrics.of(truth, actual).pearson(),
        Map.of("pearson_of_both", both),
        String.format(Locale.ROOT, "correlation of both %.4f", both),
        largest);
  }

  private static final class Numbers implements Objective {
    private final List<Example> examples;
    private final double[] developmentNumbers;
    private final List<TokenSequence> training;
    private final List<TokenSequence> development;

    /**
     * @throws InvalidDatasetException if all examples of a set have the same number
     */
    private Numbers(List<Example> training, List<Example> development, TokenBatchBuilder batches)
        throws InvalidDatasetException {
      numbers(training, "the training set");
      this.examples = training;
      this.developmentNumbers = numbers(development, "the development set");
      this.training = sequences(training, batches);
      this.development = sequences(development, batches);
    }

    @Override
    public Head head() {
      return new Head(
          NetworkHead.SEQUENCE_CLASSIFICATION.architecture(), List.of("LABEL_0"), PROBLEM);
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
      float[] targets = new float[examples.length];
      for (int i = 0; i < targets.length; i++) {
        targets[i] = this.examples.get(examples[i]).number();
      }
      return torch.mse_loss(logits.squeeze(-1), Tensors.ofFloats(targets, device, targets.length));
    }

    @Override
    public double quality(List<float[]> logits) {
      return RegressionMetrics.of(developmentNumbers, first(logits)).pearson();
    }

    @Override
    public String qualityName() {
      return "Pearson";
    }

    @Override
    public Calibration calibration(List<float[]> logits) {
      return Calibration.NONE;
    }
  }
}
