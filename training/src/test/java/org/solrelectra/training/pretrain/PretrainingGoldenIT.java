package org.solrelectra.training.pretrain;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.solrelectra.training.GoldenFiles;
import org.solrelectra.training.checkpoint.HuggingFaceWeights;
import org.solrelectra.training.checkpoint.SafeTensors.Values;
import org.solrelectra.training.network.Attention;
import org.solrelectra.training.network.ElectraConfig;
import org.solrelectra.training.network.Mode;
import org.solrelectra.training.network.ParameterSet;
import org.solrelectra.training.network.Tensors;
import org.solrelectra.training.optimization.LearningRateSchedule;
import org.solrelectra.training.optimization.Optimizer;
import org.solrelectra.training.optimization.Optimizer.BiasCorrection;
import org.solrelectra.training.pretrain.PretrainingTask.Denominators;
import org.solrelectra.training.pretrain.PretrainingTask.NoiseSeeding;
import org.solrelectra.training.pretrain.PretrainingTask.Outcome;

/** Losses, every gradient and ten updates of the joint objective, without any random number. */
class PretrainingGoldenIT {
  // Tolerances of golden/README.md: float32 against float64.
  private static final double LOSS = 2e-5;
  private static final double NORM = 1e-4;
  private static final double PARAMETER = 5e-5;
  private static final double STATISTIC = 1e-4;

  private static final LearningRateSchedule SCHEDULE =
      new LearningRateSchedule(LearningRateSchedule.Shape.ORIGINAL_LINEAR, 2e-3, 20, 4);

  @ParameterizedTest
  @CsvSource({
    "electra, discriminator, generator, NONE",
    "electra-adamw-corrected, discriminator, generator, STANDARD",
    "electra-projected, discriminator-head64, generator-projected, NONE"
  })
  void tenStepsAgree(
      String trace, String discriminator, String generator, BiasCorrection correction)
      throws IOException {
    ReplacedTokenDetection networks = networks(discriminator, generator);
    ParameterSet parameters = networks.parameters();
    Optimizer optimizer =
        new Optimizer(
            parameters,
            Optimizer.Settings.electra(correction, Optimizer.Matrices.ADAMW),
            name -> 1);
    Map<String, float[]> initial = values(parameters);
    JsonNode steps =
        GoldenFiles.json("pretraining/traces.json").get("traces").get(trace).get("float64");
    JsonNode batches = GoldenFiles.json("pretraining/batches.json.gz");
    assertEquals(10, steps.size());
    for (int step = 0; step < steps.size(); step++) {
      try (PointerScope scope = new PointerScope()) {
        JsonNode expected = steps.get(step);
        MaskedBatch batch = batch(batches.get(step), 0, 4);
        Outcome outcome =
            networks.forward(
                batch,
                Denominators.of(batch),
                given(batches.get(step), 0, 4),
                NoiseSeeding.NONE,
                Mode.TRAINING);
        Measurements.Accumulator accumulator = new Measurements.Accumulator(GoldenFiles.DEVICE);
        accumulator.add(outcome.measurements(), 1);
        checkMeasurements(expected, accumulator.result());
        outcome.total().backward();
        if (trace.equals("electra") && step == 0) {
          checkGradients(parameters);
        }
        assertEquals(expected.get("lr").asDouble(), SCHEDULE.rate(step), 1e-12);
        optimizer.step(SCHEDULE.rate(step));
        assertRelative(
            expected.get("gradient_norm").asDouble(),
            optimizer.norm(),
            NORM,
            "gradient norm of step " + step);
      }
      if (step == 0) {
        // The first rate is 0: parameters stay as they were, bit for bit.
        initial.forEach(
            (name, before) ->
                assertArrayEquals(before, Tensors.floats(parameters.get(name)), name));
      }
      if (trace.equals("electra") && (step == 1 || step == 9)) {
        checkParameters(
            parameters, "pretraining/electra-parameters-after-" + (step + 1) + ".safetensors");
      }
      checkStatistics(networks, optimizer, trace, step + 1);
    }
  }

  @Test
  void microBatchesWithGlobalDenominatorsAddUpToTheBatch() throws IOException {
    JsonNode expected = GoldenFiles.json("pretraining/traces.json").get("micro_batches_step_0");
    JsonNode batch = GoldenFiles.json("pretraining/batches.json.gz").get(0);
    for (String way : new String[] {"mean_of_means", "global_denominators"}) {
      ReplacedTokenDetection networks = networks("discriminator", "generator");
      Optimizer optimizer =
          new Optimizer(networks.parameters(), Optimizer.Settings.electra(), name -> 1);
      double total = 0;
      Denominators whole = Denominators.of(batch(batch, 0, 4));
      try (PointerScope scope = new PointerScope()) {
        for (int half = 0; half < 2; half++) {
          MaskedBatch part = batch(batch, 2 * half, 2 * half + 2);
          boolean global = way.equals("global_denominators");
          Outcome outcome =
              networks.forward(
                  part,
                  global ? whole : Denominators.of(part),
                  given(batch, 2 * half, 2 * half + 2),
                  NoiseSeeding.NONE,
                  Mode.TRAINING);
          Tensor loss =
              global ? outcome.total() : outcome.total().mul(new org.bytedeco.pytorch.Scalar(0.5));
          loss.backward();
          total += loss.item_double();
        }
        assertRelative(expected.get(way).get("total_loss").asDouble(), total, LOSS, way);
        optimizer.step(0);
        assertRelative(
            expected.get(way).get("gradient_norm").asDouble(), optimizer.norm(), NORM, way);
      }
    }
  }

  @Test
  void theMaskedLanguageModellingArmAgrees() throws IOException {
    ElectraConfig config = GoldenFiles.config("electra-tiny/discriminator");
    ParameterSet parameters = new ParameterSet(1, GoldenFiles.DEVICE);
    PretrainingTask task = new LanguageModeling(parameters, config, Attention.BIDIRECTIONAL);
    Map<String, Values> weights =
        new HashMap<>(GoldenFiles.tensors("electra-tiny/discriminator/model.safetensors"));
    weights.putAll(GoldenFiles.tensors("pretraining/mlm-arm-head.safetensors"));
    HuggingFaceWeights.load(
        weights,
        parameters,
        "",
        name -> false,
        name -> name.startsWith("discriminator_predictions"),
        "mlm-arm");
    Optimizer optimizer = new Optimizer(parameters, Optimizer.Settings.electra(), name -> 1);
    JsonNode steps =
        GoldenFiles.json("pretraining/traces.json").get("traces").get("mlm-arm").get("float64");
    JsonNode batches = GoldenFiles.json("pretraining/batches.json.gz");
    assertEquals(5, steps.size());
    for (int step = 0; step < steps.size(); step++) {
      try (PointerScope scope = new PointerScope()) {
        MaskedBatch batch = batch(batches.get(step), "mlm_arm_input_ids", 0, 4);
        Tensor loss =
            task.forward(batch, Denominators.of(batch), NoiseSeeding.NONE, Mode.TRAINING).total();
        loss.backward();
        assertRelative(
            steps.get(step).get("mlm_loss").asDouble(), loss.item_double(), LOSS, "step " + step);
        optimizer.step(SCHEDULE.rate(step));
        assertRelative(
            steps.get(step).get("gradient_norm").asDouble(),
            optimizer.norm(),
            NORM,
            "step " + step);
      }
    }
    checkStatisticsOf(HuggingFaceWeights.of(parameters, ""), "mlm-arm", "5");
  }

  @Test
  void gumbelSamplesAgree() throws IOException {
    Map<String, Values> golden = GoldenFiles.tensors("pretraining/gumbel.safetensors");
    Tensor logits = tensor(golden.get("logits"));
    Tensor uniform = tensor(golden.get("uniform"));
    for (String temperature : new String[] {"1.0", "0.7"}) {
      long[] sampled =
          Tensors.longs(
              ReplacementSampler.byGumbel(logits, uniform, Double.parseDouble(temperature)));
      float[] expected = golden.get("ids_temperature_" + temperature).floats();
      for (int i = 0; i < expected.length; i++) {
        assertEquals((long) expected[i], sampled[i]);
      }
    }
  }

  private static ReplacedTokenDetection networks(String discriminator, String generator)
      throws IOException {
    ParameterSet parameters = new ParameterSet(1, GoldenFiles.DEVICE);
    ReplacedTokenDetection networks =
        new ReplacedTokenDetection(
            parameters,
            GoldenFiles.config("electra-tiny/" + discriminator),
            GoldenFiles.config("electra-tiny/" + generator),
            ReplacedTokenDetection.Settings.electra());
    HuggingFaceWeights.load(
        GoldenFiles.tensors("electra-tiny/discriminator/model.safetensors"),
        parameters,
        "",
        name -> false,
        name -> false,
        discriminator);
    HuggingFaceWeights.load(
        GoldenFiles.tensors("electra-tiny/" + generator + "/model.safetensors"),
        parameters,
        HuggingFaceWeights.GENERATOR,
        name -> false,
        name -> false,
        generator);
    return networks;
  }

  private static MaskedBatch batch(JsonNode record, int from, int to) {
    return batch(record, "generator_input_ids", from, to);
  }

  private static MaskedBatch batch(JsonNode record, String maskedIds, int from, int to) {
    int length = record.get("input_ids").get(0).size();
    return new MaskedBatch(
        to - from,
        length,
        rows(record, "input_ids", from, to),
        rows(record, "token_type_ids", from, to),
        null,
        rows(record, "attention_mask", from, to),
        java.util.Arrays.stream(GoldenFiles.longs(record.get("positions")))
            .filter(position -> position >= (long) from * length && position < (long) to * length)
            .map(position -> position - (long) from * length)
            .toArray(),
        null,
        rows(record, maskedIds, from, to));
  }

  private static long[] rows(JsonNode record, String key, int from, int to) {
    int length = record.get(key).get(0).size();
    return java.util.Arrays.copyOfRange(
        GoldenFiles.longs(record.get(key)), from * length, to * length);
  }

  /** A sampler that returns what the record says. */
  private static ReplacementSampler given(JsonNode record, int from, int to) {
    int length = record.get("input_ids").get(0).size();
    long[] positions = GoldenFiles.longs(record.get("positions"));
    long[] all = GoldenFiles.longs(record.get("sampled_ids"));
    long[] sampled =
        java.util.stream.IntStream.range(0, all.length)
            .filter(i -> positions[i] >= (long) from * length && positions[i] < (long) to * length)
            .mapToLong(i -> all[i])
            .toArray();
    return logits -> Tensors.ofLongs(sampled, GoldenFiles.DEVICE, sampled.length);
  }

  private static Tensor tensor(Values values) {
    return Tensors.ofFloats(values.floats(), GoldenFiles.DEVICE, values.shape());
  }

  private static Map<String, float[]> values(ParameterSet parameters) {
    Map<String, float[]> values = new HashMap<>();
    parameters.all().forEach((name, tensor) -> values.put(name, Tensors.floats(tensor)));
    return values;
  }

  private static void checkMeasurements(JsonNode expected, Measurements actual) {
    assertRelative(expected.get("mlm_loss").asDouble(), actual.mlmLoss(), LOSS, "mlm_loss");
    assertRelative(expected.get("rtd_loss").asDouble(), actual.rtdLoss(), LOSS, "rtd_loss");
    assertRelative(expected.get("total_loss").asDouble(), actual.totalLoss(), LOSS, "total_loss");
    assertEquals(expected.get("mlm_accuracy").asDouble(), actual.mlmAccuracy(), 1e-9);
    assertEquals(expected.get("rtd_accuracy").asDouble(), actual.rtdAccuracy(), 1e-9);
    assertEquals(expected.get("rtd_precision").asDouble(), actual.rtdPrecision(), 1e-9);
    assertEquals(expected.get("rtd_recall").asDouble(), actual.rtdRecall(), 1e-9);
    assertEquals(expected.get("replaced_fraction").asDouble(), actual.replacedFraction(), 1e-9);
  }

  private static void checkGradients(ParameterSet parameters) throws IOException {
    Map<String, Values> expected =
        GoldenFiles.tensors("pretraining/electra-gradients-step-0.safetensors");
    ParameterSet gradients = new ParameterSet(1, GoldenFiles.DEVICE);
    new ReplacedTokenDetection(
        gradients,
        GoldenFiles.config("electra-tiny/discriminator"),
        GoldenFiles.config("electra-tiny/generator"),
        ReplacedTokenDetection.Settings.electra());
    parameters.all().forEach((name, tensor) -> gradients.set(name, Tensors.floats(tensor.grad())));
    Map<String, Values> actual = named(gradients);
    assertEquals(expected.keySet(), actual.keySet());
    expected.forEach(
        (name, values) -> {
          float[] got = actual.get(name).floats();
          for (int i = 0; i < got.length; i++) {
            float want = values.floats()[i];
            assertEquals(want, got[i], 2e-4 + 1e-4 * Math.abs(want), name);
          }
        });
  }

  private static void checkParameters(ParameterSet parameters, String file) throws IOException {
    Map<String, Values> actual = named(parameters);
    Map<String, Values> expected = GoldenFiles.tensors(file);
    assertEquals(expected.keySet(), actual.keySet());
    expected.forEach(
        (name, values) ->
            assertArrayEquals(values.floats(), actual.get(name).floats(), (float) PARAMETER, name));
  }

  /** The golden names: the discriminator's, and the generator's own with their prefix. */
  private static Map<String, Values> named(ParameterSet parameters) {
    Map<String, Values> all = new HashMap<>(HuggingFaceWeights.of(parameters, ""));
    HuggingFaceWeights.of(parameters, HuggingFaceWeights.GENERATOR)
        .forEach((name, values) -> all.putIfAbsent(ownName(name), values));
    return all;
  }

  private static String ownName(String name) {
    return name.startsWith("electra.embeddings.") ? name : HuggingFaceWeights.GENERATOR + name;
  }

  private static void checkStatistics(
      ReplacedTokenDetection networks, Optimizer optimizer, String trace, int update)
      throws IOException {
    JsonNode statistics = GoldenFiles.json("pretraining/tensor-statistics.json.gz").get(trace);
    if (statistics.has(String.valueOf(update))) {
      checkStatisticsOf(named(networks.parameters()), trace, String.valueOf(update));
    }
    if (update == 10) {
      for (String moment : new String[] {"moment1", "moment2"}) {
        ParameterSet copy = new ParameterSet(1, GoldenFiles.DEVICE);
        boolean projected = trace.equals("electra-projected");
        new ReplacedTokenDetection(
            copy,
            GoldenFiles.config(
                "electra-tiny/" + (projected ? "discriminator-head64" : "discriminator")),
            GoldenFiles.config("electra-tiny/" + (projected ? "generator-projected" : "generator")),
            ReplacedTokenDetection.Settings.electra());
        (moment.equals("moment1") ? optimizer.firstMoments() : optimizer.secondMoments())
            .forEach((name, tensor) -> copy.set(name, Tensors.floats(tensor)));
        checkStatisticsOf(named(copy), trace, moment);
      }
    }
  }

  private static void checkStatisticsOf(Map<String, Values> actual, String trace, String when)
      throws IOException {
    JsonNode expected =
        GoldenFiles.json("pretraining/tensor-statistics.json.gz").get(trace).get(when);
    assertTrue(expected.size() > 10);
    for (Map.Entry<String, JsonNode> entry : expected.properties()) {
      float[] values = actual.get(entry.getKey()).floats();
      double squares = 0;
      for (float value : values) {
        squares += (double) value * value;
      }
      String name = trace + " " + when + " " + entry.getKey();
      assertEquals(entry.getValue().get(1).asDouble(), Math.sqrt(squares), STATISTIC, name);
      assertEquals(entry.getValue().get(2).asDouble(), values[0], PARAMETER, name);
      assertEquals(entry.getValue().get(3).asDouble(), values[values.length - 1], PARAMETER, name);
    }
  }

  private static void assertRelative(
      double expected, double actual, double tolerance, String what) {
    assertEquals(expected, actual, Math.abs(expected) * tolerance, what);
  }
}
