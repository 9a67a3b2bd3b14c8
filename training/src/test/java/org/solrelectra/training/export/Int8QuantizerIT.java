package org.solrelectra.training.export;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.onnx.proto.OnnxMl;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.solrelectra.training.random.KeyedRandom;
import org.solrelectra.training.random.KeyedRandom.Purpose;

/** Small graphs, run by ONNX Runtime as they are and quantized. */
class Int8QuantizerIT {
  private static final int ROWS = 5;
  private static final int IN = 48;
  private static final int OUT = 32;

  private final KeyedRandom random = new KeyedRandom(7, Purpose.SHUFFLE, 0);

  private float[] random(int count) {
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return values;
  }

  /** A graph of one product: [rows, in] to [rows, out]. */
  private OnnxMl.ModelProto product(String operator, boolean transposed, float[] weights) {
    OnnxGraph graph = new OnnxGraph("product");
    String ids = graph.input("input_ids"); // int64, as all inputs are
    String x =
        graph.node(
            "Cast",
            "x",
            List.of(ids),
            OnnxGraph.integer("to", OnnxMl.TensorProto.DataType.FLOAT_VALUE));
    String matrix =
        transposed
            ? graph.weights("layer.weight", weights, OUT, IN)
            : graph.weights("layer.weight", weights, IN, OUT);
    List<String> inputs = new ArrayList<>(List.of(x, matrix));
    List<OnnxMl.AttributeProto> attributes = new ArrayList<>();
    if (operator.equals("Gemm")) {
      inputs.add(graph.weights("layer.bias", random(OUT), OUT));
      attributes.add(OnnxGraph.integer("transB", transposed ? 1 : 0));
    }
    graph.node(operator, "logits", inputs, attributes.toArray(OnnxMl.AttributeProto[]::new));
    graph.output("logits", List.of("batch_size", String.valueOf(OUT)));
    return graph.build();
  }

  private static float[] run(OnnxMl.ModelProto model, long[][] input) throws OrtException {
    OrtEnvironment environment = OrtEnvironment.getEnvironment();
    try (OrtSession session = environment.createSession(model.toByteArray());
        OnnxTensor tensor = OnnxTensor.createTensor(environment, input);
        OrtSession.Result result = session.run(Map.of("input_ids", tensor))) {
      FloatBuffer buffer = ((OnnxTensor) result.get(0)).getFloatBuffer();
      float[] values = new float[buffer.remaining()];
      buffer.get(values);
      return values;
    }
  }

  /** Of the extremes that overflow 16 bits if weights take 8. */
  private static long[][] extremes() {
    long[][] input = new long[ROWS][IN];
    for (int row = 0; row < ROWS; row++) {
      for (int i = 0; i < IN; i++) {
        input[row][i] = row == 0 ? 100 : (row * 31L + i * 17L) % 101;
      }
    }
    return input;
  }

  @ParameterizedTest
  @CsvSource({"Gemm, false", "Gemm, true", "MatMul, false"})
  void productsAreThoseOfTheRoundedWeights(String operator, boolean transposed)
      throws OrtException {
    float[] weights = random(IN * OUT);
    for (int i = 0; i < IN; i++) {
      // One output of equal weights, the largest that there are; one of nothing.
      weights[transposed ? i : i * OUT] = 3;
      weights[transposed ? IN + i : i * OUT + 1] = 0;
    }
    OnnxMl.ModelProto model = product(operator, transposed, weights);
    OnnxMl.ModelProto quantized = Int8Quantizer.quantize(model);
    assertEquals(
        List.of("Cast", "DynamicQuantizeMatMul"),
        quantized.getGraph().getNodeList().stream().map(OnnxMl.NodeProto::getOpType).toList());
    assertTrue(
        quantized.getGraph().getInitializerList().stream()
            .noneMatch(tensor -> tensor.getName().equals("layer.weight")),
        "the weights in float32 must not stay in the file");
    float[] expected = run(model, extremes());
    float[] actual = run(quantized, extremes());
    for (int i = 0; i < expected.length; i++) {
      // A weight is off by 1/128 of the largest of its output, an input by 1/510 of the range.
      double bound = IN * 100 * 3 / 128.0;
      assertEquals(expected[i], actual[i], bound, "logit " + i);
      if (i % OUT == 0) {
        assertEquals(expected[i], actual[i], 0.01 * expected[i], "an output must not saturate");
      }
    }
  }

  @Test
  void weightsTakeSevenBits() {
    OnnxMl.ModelProto quantized = Int8Quantizer.quantize(product("Gemm", false, random(IN * OUT)));
    OnnxMl.TensorProto weights =
        quantized.getGraph().getInitializerList().stream()
            .filter(tensor -> tensor.getName().endsWith(".int8"))
            .findFirst()
            .orElseThrow();
    int largest = 0;
    for (byte value : weights.getRawData().toByteArray()) {
      largest = Math.max(largest, Math.abs(value));
    }
    assertEquals(Int8Quantizer.LARGEST, largest);
  }

  /** Of an expert's mind: alpha is not 1, so this is not a plain product. */
  @Test
  void whatIsNoPlainProductStaysAsItIs() {
    OnnxMl.ModelProto model = product("Gemm", false, random(IN * OUT));
    OnnxMl.ModelProto.Builder scaled = model.toBuilder();
    scaled.getGraphBuilder().getNodeBuilder(1).addAttribute(OnnxGraph.real("alpha", 0.5));
    assertThrows(IllegalArgumentException.class, () -> Int8Quantizer.quantize(scaled.build()));
  }
}
