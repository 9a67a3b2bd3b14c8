package org.solrelectra.training.task;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.solrelectra.lucene.encoder.TokenBatchBuilder;
import org.solrelectra.lucene.model.TokenizerConfig;
import org.solrelectra.lucene.model.Truncation;
import org.solrelectra.training.GoldenFiles;
import org.solrelectra.training.SmallCorpus;
import org.solrelectra.training.dataset.InvalidDatasetException;
import org.solrelectra.training.network.Tensors;
import org.solrelectra.training.task.MultiLabelClassification.Example;

class MultiLabelClassificationIT {
  private static final double FLOAT32 = 1e-6;

  private static final List<Example> EXAMPLES =
      List.of(example(), example("a", "c"), example("c"), example("b", "c"));

  private static Example example(String... labels) {
    return new Example("the bank", null, Set.of(labels));
  }

  private static Objective objective(List<Example> training, List<Example> development)
      throws IOException {
    TokenBatchBuilder batches =
        new TokenBatchBuilder(
            SmallCorpus.vocabulary(), TokenizerConfig.bert(true, 32), 32, Truncation.PASSAGE);
    return new MultiLabelClassification().objective(training, development, batches);
  }

  /** By hand: the mean over six decisions of log(1 + exp(-x)) or log(1 + exp(x)). */
  @Test
  void theLossIsTheMeanOverAllDecisions() throws IOException {
    Objective objective = objective(EXAMPLES, EXAMPLES);
    assertEquals(List.of("a", "b", "c"), objective.head().labels());
    assertEquals("multi_label_classification", objective.head().problemType());
    try (PointerScope scope = new PointerScope()) {
      Tensor logits =
          Tensors.ofFloats(
              new float[] {0.5f, -1.25f, 2, -0.75f, 0.25f, -3}, GoldenFiles.DEVICE, 2, 3);
      Tensor loss = objective.loss(logits, new int[] {1, 2}, GoldenFiles.DEVICE);
      assertEquals(0.8523886423559895, loss.item_double(), FLOAT32);
    }
  }

  /** Below a half, but apart: with the thresholds chosen all decisions are right. */
  @Test
  void qualityIsThatOfTheThresholdsChosen() throws IOException {
    Objective objective = objective(EXAMPLES, EXAMPLES);
    List<float[]> logits =
        List.of(
            new float[] {-4, -4, -4},
            new float[] {-1, -4, -1},
            new float[] {-4, -4, -1},
            new float[] {-4, 3, -1});
    assertEquals(1, objective.quality(logits));
    Calibration calibration = objective.calibration(logits);
    double middle = (LabelThresholds.probability(-1, 1) + LabelThresholds.probability(-4, 1)) / 2;
    assertEquals(new Calibration(1, Map.of("a", middle, "b", 0.5, "c", middle)), calibration);
    assertEquals(List.of("a", "b", "c"), List.copyOf(calibration.thresholds().keySet()));
  }

  @Test
  void setsThatTeachOrMeasureNothingAreRefused() {
    assertRefused(
        "training examples must have at least two labels; labels: [a]",
        List.of(example(), example("a")),
        EXAMPLES);
    assertRefused(
        "an example of the development set must have a label, or there is nothing to measure;"
            + " examples=1",
        EXAMPLES,
        List.of(example()));
    assertRefused(
        "the development set: label 'd' is none of the model; labels: [a, b, c]",
        EXAMPLES,
        List.of(example("d")));
  }

  private static void assertRefused(
      String message, List<Example> training, List<Example> development) {
    assertEquals(
        message,
        assertThrows(InvalidDatasetException.class, () -> objective(training, development))
            .getMessage());
  }
}
