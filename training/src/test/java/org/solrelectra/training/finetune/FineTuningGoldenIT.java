package org.solrelectra.training.finetune;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.solrelectra.lucene.SharedFiles;
import org.solrelectra.lucene.encoder.TokenBatchBuilder;
import org.solrelectra.lucene.model.TokenizerConfig;
import org.solrelectra.lucene.model.Truncation;
import org.solrelectra.lucene.model.Vocabulary;
import org.solrelectra.training.GoldenFiles;
import org.solrelectra.training.checkpoint.HuggingFaceWeights;
import org.solrelectra.training.checkpoint.SafeTensors.Values;
import org.solrelectra.training.dataset.LabeledPair;
import org.solrelectra.training.dataset.LabeledText;
import org.solrelectra.training.network.Mode;
import org.solrelectra.training.network.ParameterSet;
import org.solrelectra.training.network.SequenceClassificationNetwork;
import org.solrelectra.training.network.Tensors;
import org.solrelectra.training.optimization.LayerwiseDecay;
import org.solrelectra.training.optimization.LearningRateSchedule;
import org.solrelectra.training.optimization.Optimizer;
import org.solrelectra.training.task.Objective;
import org.solrelectra.training.task.PassageRanking;
import org.solrelectra.training.task.TextClassification;

/** Five updates of each task: losses, logits, gradient norms and the parameters they lead to. */
class FineTuningGoldenIT {
  // Tolerances of golden/README.md: float32 against float64.
  private static final double LOSS = 2e-5;
  private static final double NORM = 1e-4;
  private static final double PARAMETER = 5e-5;
  private static final double STATISTIC = 1e-4;
  private static final float LOGIT = 1e-4f;

  private static final int STEPS = 5;
  private static final int ROWS = 8;

  @ParameterizedTest
  @CsvSource({
    "classification-mean, 5, 1",
    "classification-mean-layerwise-corrected, 5, 0.8",
    "bce-mean, 1, 1"
  })
  void fiveStepsAgree(String trace, int labels, double layerDecay) throws IOException {
    JsonNode golden = GoldenFiles.json("finetune/traces.json");
    JsonNode steps = golden.get("traces").get(trace).get("float64");
    JsonNode batches = GoldenFiles.json("finetune/batches.json.gz");
    assertEquals(STEPS, steps.size());
    String folder = "electra-tiny/classifier-" + labels;
    ParameterSet parameters = new ParameterSet(1, GoldenFiles.DEVICE);
    SequenceClassificationNetwork network =
        new SequenceClassificationNetwork(parameters, GoldenFiles.config(folder), labels);
    HuggingFaceWeights.load(
        GoldenFiles.tensors(folder + "/model.safetensors"),
        parameters,
        "",
        name -> false,
        name -> false,
        folder);
    Objective task = labels == 1 ? ranking(batches) : classification(batches);
    assertEquals(labels, task.labels());
    ToDoubleFunction<String> factor =
        new LayerwiseDecay(3, layerDecay, LayerwiseDecay.Variant.CORRECTED)::multiplier;
    Optimizer optimizer = new Optimizer(parameters, Optimizer.Settings.electra(), factor);
    LearningRateSchedule schedule =
        new LearningRateSchedule(LearningRateSchedule.Shape.ORIGINAL_LINEAR, 1e-3, 10, 2);
    for (int step = 0; step < STEPS; step++) {
      try (PointerScope scope = new PointerScope()) {
        JsonNode expected = steps.get(step);
        JsonNode batch = batches.get(step);
        Tensor logits =
            network.forward(
                tensor(batch.get("input_ids")),
                tensor(batch.get("token_type_ids")),
                tensor(batch.get("attention_mask")),
                Mode.TRAINING);
        assertArrayEquals(floats(expected.get("logits")), Tensors.floats(logits), LOGIT);
        int first = step * ROWS;
        Tensor loss =
            task.loss(logits, IntStream.range(first, first + ROWS).toArray(), GoldenFiles.DEVICE);
        assertRelative(expected.get("loss").asDouble(), loss.item_double(), LOSS, "loss " + step);
        loss.backward();
        assertEquals(expected.get("lr").asDouble(), schedule.rate(step), 1e-15);
        optimizer.step(schedule.rate(step));
        assertRelative(
            expected.get("gradient_norm").asDouble(),
            optimizer.norm(),
            NORM,
            "gradient norm of step " + step);
      }
    }
    checkStatistics(trace, HuggingFaceWeights.of(parameters, ""));
  }

  private static void checkStatistics(String trace, Map<String, Values> actual) throws IOException {
    JsonNode expected = GoldenFiles.json("finetune/tensor-statistics.json.gz").get(trace);
    assertEquals(actual.size(), expected.size());
    for (Map.Entry<String, JsonNode> entry : expected.properties()) {
      float[] values = actual.get(entry.getKey()).floats();
      double squares = 0;
      for (float value : values) {
        squares += (double) value * value;
      }
      String name = trace + " " + entry.getKey();
      assertEquals(entry.getValue().get(1).asDouble(), Math.sqrt(squares), STATISTIC, name);
      assertEquals(entry.getValue().get(2).asDouble(), values[0], PARAMETER, name);
      assertEquals(entry.getValue().get(3).asDouble(), values[values.length - 1], PARAMETER, name);
    }
  }

  /** The golden rows are ids already: the texts only carry the labels in. */
  private static Objective classification(JsonNode batches) throws IOException {
    List<LabeledText> examples = new ArrayList<>();
    for (JsonNode batch : batches) {
      batch
          .get("class_labels")
          .forEach(label -> examples.add(new LabeledText("", null, label.asText())));
    }
    return new TextClassification().objective(examples, examples, builder());
  }

  private static Objective ranking(JsonNode batches) throws IOException {
    List<LabeledPair> examples = new ArrayList<>();
    for (JsonNode batch : batches) {
      batch
          .get("binary_labels")
          .forEach(label -> examples.add(new LabeledPair("q", "", label.asInt())));
    }
    return new PassageRanking().objective(examples, examples, builder());
  }

  private static TokenBatchBuilder builder() throws IOException {
    return new TokenBatchBuilder(
        Vocabulary.read(SharedFiles.require("golden/electra-tiny/vocab.txt")),
        TokenizerConfig.bert(true, 128),
        128,
        Truncation.PASSAGE);
  }

  private static Tensor tensor(JsonNode rows) {
    return Tensors.ofLongs(
        GoldenFiles.longs(rows), GoldenFiles.DEVICE, rows.size(), rows.get(0).size());
  }

  private static float[] floats(JsonNode rows) {
    List<Float> values = new ArrayList<>();
    for (JsonNode row : rows) {
      if (row.isArray()) {
        row.forEach(value -> values.add((float) value.asDouble()));
      } else {
        values.add((float) row.asDouble());
      }
    }
    assertTrue(values.size() >= ROWS);
    float[] floats = new float[values.size()];
    for (int i = 0; i < floats.length; i++) {
      floats[i] = values.get(i);
    }
    return floats;
  }

  private static void assertRelative(
      double expected, double actual, double tolerance, String what) {
    assertEquals(expected, actual, Math.abs(expected) * tolerance, what);
  }
}
