package org.solrelectra.training.export;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.onnx.proto.OnnxMl;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.LongBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.solrelectra.training.checkpoint.HuggingFaceModel;
import org.solrelectra.training.export.OnnxExporter.Operators;

/**
 * Profiles both graphs on the ONNX Runtime that is built with: which operators are fast changes
 * from release to release (LayerNormalization became eight times faster in 1.30,
 * SkipLayerNormalization four times slower).
 */
class ServingOperatorsIT {
  private static final int LAYERS = 6;
  private static final int LENGTH = 128;
  private static final int RUNS = 24;

  private static final Set<String> NORMS =
      Set.of("LayerNormalization", "SkipLayerNormalization", "Add");
  private static final Set<String> PRODUCTS = Set.of("Gemm", "FusedGemm", "DynamicQuantizeMatMul");

  /** What {@code model.fast.onnx} took of the time of {@code model.onnx} when it was designed. */
  private static final double NORMS_THEN = 0.235;

  private static final double ALL_BUT_PRODUCTS_THEN = 0.49;

  /** What products in int8 took of those in float32, on AVX2; with VNNI it is less. */
  private static final double INT8_PRODUCTS_THEN = 0.62;

  /** By how much a share may grow before the choice of operators has to be made again. */
  private static final double GROWTH = 1.2;

  @TempDir private Path folder;

  /** Opens a graph that is profiled while it runs. */
  private OrtSession open(HuggingFaceModel model, Operators operators)
      throws IOException, OrtException {
    Path file = folder.resolve(operators + ".onnx");
    OnnxExporter.write(model, operators, file);
    return open(file);
  }

  /** The same with the products of {@link Operators#ONNX_RUNTIME} in int8. */
  private OrtSession openQuantized() throws IOException, OrtException {
    Path file = folder.resolve("INT8.onnx");
    byte[] fast = Files.readAllBytes(folder.resolve(Operators.ONNX_RUNTIME + ".onnx"));
    Files.write(
        file, Int8Quantizer.quantize(OnnxMl.ModelProto.parseFrom(fast), Map.of()).toByteArray());
    return open(file);
  }

  private OrtSession open(Path file) throws OrtException {
    try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
      options.setIntraOpNumThreads(1);
      options.setInterOpNumThreads(1);
      options.enableProfiling(file.toString());
      return OrtEnvironment.getEnvironment().createSession(file.toString(), options);
    }
  }

  /**
   * Returns the microseconds by operator of a run: of each node the median, which no pause moves.
   */
  private static Map<String, Double> micros(OrtSession session) throws IOException, OrtException {
    Map<String, List<Double>> ofNode = new HashMap<>();
    Map<String, String> operator = new HashMap<>();
    for (JsonNode event : new ObjectMapper().readTree(Path.of(session.endProfiling()).toFile())) {
      String name = event.path("name").asText();
      if (event.path("cat").asText().equals("Node") && name.endsWith("_kernel_time")) {
        operator.put(name, event.path("args").path("op_name").asText());
        ofNode.computeIfAbsent(name, key -> new ArrayList<>()).add(event.path("dur").asDouble());
      }
    }
    Map<String, Double> micros = new HashMap<>();
    ofNode.forEach(
        (name, times) -> {
          assertEquals(RUNS, times.size(), name);
          Collections.sort(times);
          micros.merge(operator.get(name), times.get(RUNS / 2), Double::sum);
        });
    return micros;
  }

  private static void run(OrtEnvironment environment, OrtSession session, int run)
      throws OrtException {
    long[] ids = new long[LENGTH];
    long[] ones = new long[LENGTH];
    for (int i = 0; i < LENGTH; i++) {
      ids[i] = 5 + (31L * i + 7L * run) % 40;
      ones[i] = 1;
    }
    Map<String, OnnxTensor> inputs = new HashMap<>();
    try {
      for (String name : session.getInputNames()) {
        long[] values =
            name.equals("input_ids")
                ? ids
                : name.equals("attention_mask") ? ones : new long[LENGTH];
        inputs.put(
            name,
            OnnxTensor.createTensor(environment, LongBuffer.wrap(values), new long[] {1, LENGTH}));
      }
      session.run(inputs).close();
    } finally {
      inputs.values().forEach(OnnxTensor::close);
    }
  }

  private static double sum(Map<String, Double> micros, Set<String> operators) {
    return operators.stream().mapToDouble(name -> micros.getOrDefault(name, 0.0)).sum();
  }

  @Test
  void theChosenOperatorsAreTheFastOnes() throws IOException, OrtException {
    HuggingFaceModel model = FixtureModelMaker.smallRanker(LAYERS, LENGTH);
    Map<String, Double> standard;
    Map<String, Double> fast;
    Map<String, Double> int8;
    try (OrtSession first = open(model, Operators.STANDARD);
        OrtSession second = open(model, Operators.ONNX_RUNTIME);
        OrtSession third = openQuantized()) {
      // In turn, so that both see the same of what else the machine does.
      for (int i = 0; i < RUNS; i++) {
        run(OrtEnvironment.getEnvironment(), first, i);
        run(OrtEnvironment.getEnvironment(), second, i);
        run(OrtEnvironment.getEnvironment(), third, i);
      }
      standard = micros(first);
      fast = micros(second);
      int8 = micros(third);
    }
    String both = "standard: " + standard + "; fast: " + fast + "; int8: " + int8;
    double norms = sum(fast, NORMS) / sum(standard, NORMS);
    assertTrue(norms < GROWTH * NORMS_THEN, "norms and residuals: " + norms + "; " + both);
    double rest = allButProducts(fast) / allButProducts(standard);
    assertTrue(
        rest < GROWTH * ALL_BUT_PRODUCTS_THEN, "LayerNorm, GELU, attention: " + rest + "; " + both);
    double products = sum(int8, PRODUCTS) / sum(fast, PRODUCTS);
    assertTrue(
        products < GROWTH * INT8_PRODUCTS_THEN, "products in int8: " + products + "; " + both);
    double others = allButProducts(int8) / allButProducts(fast);
    assertTrue(others < GROWTH, "what int8 leaves as it was: " + others + "; " + both);
  }

  private static double allButProducts(Map<String, Double> micros) {
    return micros.values().stream().mapToDouble(Double::doubleValue).sum() - sum(micros, PRODUCTS);
  }
}
