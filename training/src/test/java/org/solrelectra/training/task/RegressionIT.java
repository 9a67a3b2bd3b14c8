package org.solrelectra.training.task;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.solrelectra.lucene.encoder.TokenBatchBuilder;
import org.solrelectra.lucene.model.TokenizerConfig;
import org.solrelectra.lucene.model.Truncation;
import org.solrelectra.training.GoldenFiles;
import org.solrelectra.training.SmallCorpus;
import org.solrelectra.training.dataset.DatasetReader;
import org.solrelectra.training.dataset.InvalidDatasetException;
import org.solrelectra.training.network.Tensors;
import org.solrelectra.training.task.Regression.Example;

class RegressionIT {
  private static final double FLOAT32 = 1e-6;

  @TempDir private Path folder;

  private static List<Example> examples(float... numbers) {
    List<Example> examples = new ArrayList<>();
    for (float number : numbers) {
      examples.add(new Example("the bank", null, number));
    }
    return examples;
  }

  private static Objective objective(List<Example> training, List<Example> development)
      throws IOException {
    TokenBatchBuilder batches =
        new TokenBatchBuilder(
            SmallCorpus.vocabulary(), TokenizerConfig.bert(true, 32), 32, Truncation.PASSAGE);
    return new Regression().objective(training, development, batches);
  }

  /** ((0.5 + 1.25)^2 + (-2 - 0.5)^2 + (3 - 3.5)^2) / 3. */
  @Test
  void theLossIsTheMeanSquaredError() throws IOException {
    Objective objective = objective(examples(7, -1.25f, 0.5f, 3.5f), examples(1, 2, 3));
    try (PointerScope scope = new PointerScope()) {
      Tensor logits = Tensors.ofFloats(new float[] {0.5f, -2, 3}, GoldenFiles.DEVICE, 3, 1);
      Tensor loss = objective.loss(logits, new int[] {1, 2, 3}, GoldenFiles.DEVICE);
      assertEquals((3.0625 + 6.25 + 0.25) / 3, loss.item_double(), FLOAT32);
    }
    List<float[]> line = List.of(new float[] {5}, new float[] {7}, new float[] {9});
    assertEquals(1, objective.quality(line), FLOAT32);
    List<float[]> flat = List.of(new float[] {5}, new float[] {5}, new float[] {5});
    assertEquals(0, objective.quality(flat));
  }

  @Test
  void equalNumbersTeachNothing() {
    assertEquals(
        "the development set must have at least two different labels, or nothing can be learnt or"
            + " measured; label=2.0",
        assertThrows(InvalidDatasetException.class, () -> objective(examples(1, 3), examples(2, 2)))
            .getMessage());
  }

  @Test
  void labelsAreNumbers() throws IOException {
    DatasetReader reader = new DatasetReader(text -> true, warning -> {});
    Regression regression = new Regression();
    Path good =
        Files.writeString(
            folder.resolve("a.jsonl"),
            "{\"text\":\"a\",\"label\":2.5}\n{\"text\":\"b\",\"pair\":\"c\",\"label\":\"-1e2\"}\n");
    assertEquals(
        List.of(new Example("a", null, 2.5f), new Example("b", "c", -100)),
        reader.read(good, regression::read));
    for (String label : List.of("high", "NaN", "1f", "1e39")) {
      Path bad = Files.writeString(folder.resolve("a.tsv"), "text\tlabel\na\t" + label + "\n");
      assertEquals(
          bad + " line 2: the label must be a number of float32; label='" + label + "'",
          assertThrows(InvalidDatasetException.class, () -> reader.read(bad, regression::read))
              .getMessage());
    }
  }
}
