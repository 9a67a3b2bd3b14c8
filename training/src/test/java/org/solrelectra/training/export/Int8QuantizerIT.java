package org.solrelectra.training.export;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.onnx.proto.OnnxMl;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import com.google.protobuf.ByteString;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.solrelectra.lucene.encoder.OutputRanges;
import org.solrelectra.lucene.encoder.TokenSequence;
import org.solrelectra.training.random.KeyedRandom;
import org.solrelectra.training.random.KeyedRandom.Purpose;

/** Small graphs, run by ONNX Runtime as they are and quantized. */
class Int8QuantizerIT {
  private static final int ROWS = 5;
  private static final int IN = 48;
  private static final int OUT = 32;
  private static final int ROWS_OF_TABLE = 1500;

  @TempDir private Path folder;

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
    return run(model, input, "logits");
  }

  private static float[] run(OnnxMl.ModelProto model, long[][] input, String output)
      throws OrtException {
    OrtEnvironment environment = OrtEnvironment.getEnvironment();
    try (OrtSession session = environment.createSession(model.toByteArray());
        OnnxTensor tensor = OnnxTensor.createTensor(environment, input);
        OrtSession.Result result = session.run(Map.of("input_ids", tensor))) {
      FloatBuffer buffer = ((OnnxTensor) result.get(output).orElseThrow()).getFloatBuffer();
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
    OnnxMl.ModelProto quantized = Int8Quantizer.quantize(model, Map.of());
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

  /** The first and the last row in one run with other rows, and alone. */
  @Test
  void withCalibratedScalesARowDoesNotDependOnTheOthers() throws IOException, OrtException {
    OnnxMl.ModelProto model = product("Gemm", false, random(IN * OUT));
    assertEquals(Set.of("x"), Int8Quantizer.activations(model));
    TokenSequence sequence = new TokenSequence(ints(0, 100), new int[IN]);
    Map<String, ActivationScale> scales =
        ActivationScale.calibrate(
            model,
            Set.of("x"),
            List.of(sequence, new TokenSequence(ints(-100, 50), new int[IN])),
            folder.resolve("open.onnx"));
    assertEquals(Map.of("x", scale(-100, 100)), scales);
    OnnxMl.ModelProto quantized = Int8Quantizer.quantize(model, scales);
    assertEquals(
        List.of("Cast", "QuantizeLinear", "MatMulIntegerToFloat"),
        quantized.getGraph().getNodeList().stream().map(OnnxMl.NodeProto::getOpType).toList());
    float[] expected = run(model, extremes());
    float[] together = run(quantized, extremes());
    for (int row : new int[] {0, ROWS - 1}) {
      float[] alone = run(quantized, new long[][] {extremes()[row]});
      assertArrayEquals(Arrays.copyOfRange(together, row * OUT, (row + 1) * OUT), alone);
    }
    for (int i = 0; i < expected.length; i++) {
      assertEquals(expected[i], together[i], IN * 100 * 3 / 128.0, "logit " + i);
    }
  }

  /** One of the two numbers, the other, and so on. */
  private static int[] ints(int first, int second) {
    int[] ints = new int[IN];
    for (int i = 0; i < IN; i++) {
      ints[i] = i % 2 == 0 ? first : second;
    }
    return ints;
  }

  private static ActivationScale scale(float least, float largest) {
    return ActivationScale.of(new OutputRanges.Range(least, largest));
  }

  @Test
  void aScaleHas255Steps() {
    assertEquals(new ActivationScale(1, 100), scale(-100, 155));
    assertEquals(new ActivationScale(1, 0), scale(0, 255));
    assertEquals(new ActivationScale(1, 255), scale(-255, 0));
    assertEquals(new ActivationScale(1, 0), scale(0, 0));
  }

  @Test
  void weightsTakeSevenBits() {
    OnnxMl.ModelProto quantized =
        Int8Quantizer.quantize(product("Gemm", false, random(IN * OUT)), Map.of());
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

  /**
   * A table of words that rows are read of, and that is multiplied with.
   *
   * @param untransposed whether the ids, [1, rows], are; else the rows that were read, as in a
   *     language model's head
   */
  private OnnxMl.ModelProto table(boolean untransposed) {
    OnnxGraph graph = new OnnxGraph("table");
    String ids = graph.input("input_ids"); // [batch, seq]
    float[] values = random(ROWS_OF_TABLE * IN);
    for (int i = 0; i < IN; i++) {
      values[i] = 0; // the row of padding
      values[IN + i] *= 100; // a row that must not take the others' digits
    }
    String words = graph.weights("words", values, ROWS_OF_TABLE, IN);
    String looked =
        graph.node("Gather", "looked", List.of(words, ids), OnnxGraph.integer("axis", 0));
    String rows = graph.integers("rows", -1, IN);
    graph.node("Reshape", "flat", List.of(looked, rows)); // [batch * seq, in]
    if (untransposed) {
      String x =
          graph.node(
              "Cast",
              "x",
              List.of(ids),
              OnnxGraph.integer("to", OnnxMl.TensorProto.DataType.FLOAT_VALUE));
      graph.node("MatMul", "logits", List.of(x, words));
      graph.output("logits", List.of("batch_size", String.valueOf(IN)));
    } else {
      graph.node("Gemm", "logits", List.of("flat", words), OnnxGraph.integer("transB", 1));
      graph.output("logits", List.of("batch_size", String.valueOf(ROWS_OF_TABLE)));
    }
    graph.output("flat", List.of("batch_size", String.valueOf(IN)));
    return graph.build();
  }

  @Test
  void rowsOfATableHaveAScaleOfTheirOwn() throws OrtException {
    OnnxMl.ModelProto model = table(false);
    OnnxMl.ModelProto quantized = Int8Quantizer.quantize(model, Map.of());
    long[][] ids = {{0, 1, 2, 3, ROWS_OF_TABLE - 1}};
    float[] expected = run(model, ids, "flat");
    float[] actual = run(quantized, ids, "flat");
    for (int row = 0; row < ids[0].length; row++) {
      float largest = 0;
      for (int i = row * IN; i < (row + 1) * IN; i++) {
        largest = Math.max(largest, Math.abs(expected[i]));
      }
      for (int i = row * IN; i < (row + 1) * IN; i++) {
        assertEquals(expected[i], actual[i], largest / 254 + 1e-6, "row " + row);
      }
    }
  }

  @Test
  void aTableMayBeMultipliedWithAsWell() throws OrtException {
    OnnxMl.ModelProto model = table(true);
    long[][] ids = new long[1][ROWS_OF_TABLE];
    ids[0][1] = 1; // the product is this row
    float[] expected = run(model, ids, "logits");
    float[] actual = run(Int8Quantizer.quantize(model, Map.of()), ids, "logits");
    for (int i = 0; i < IN; i++) {
      assertEquals(expected[i], actual[i], 0.02 * Math.abs(expected[i]) + 0.1, "column " + i);
    }
  }

  /** So wrote exporters of before ONNX 1.4. */
  @Test
  void weightsThatAreListedAsInputsAreNoneAfterwards() throws OrtException {
    OnnxMl.ModelProto plain = product("Gemm", false, random(IN * OUT));
    OnnxMl.ModelProto.Builder model = plain.toBuilder();
    OnnxMl.TypeProto.Builder type = OnnxMl.TypeProto.newBuilder();
    OnnxMl.TypeProto.Tensor.Builder tensor = type.getTensorTypeBuilder();
    tensor.setElemType(OnnxMl.TensorProto.DataType.FLOAT_VALUE);
    tensor.getShapeBuilder().addDimBuilder().setDimValue(IN);
    tensor.getShapeBuilder().addDimBuilder().setDimValue(OUT);
    model
        .getGraphBuilder()
        .addInput(OnnxMl.ValueInfoProto.newBuilder().setName("layer.weight").setType(type));
    OnnxMl.ModelProto quantized = Int8Quantizer.quantize(model.build(), Map.of());
    assertEquals(
        List.of("input_ids"),
        quantized.getGraph().getInputList().stream().map(OnnxMl.ValueInfoProto::getName).toList());
    assertArrayEquals(
        run(Int8Quantizer.quantize(plain, Map.of()), extremes()), run(quantized, extremes()));
  }

  @Test
  void whatABranchReadsStays() throws OrtException {
    OnnxMl.ModelProto.Builder model = product("Gemm", false, random(IN * OUT)).toBuilder();
    OnnxMl.GraphProto.Builder graph = model.getGraphBuilder();
    OnnxMl.ValueInfoProto.Builder output = graph.getOutput(0).toBuilder().setName("of_branch");
    OnnxMl.NodeProto.Builder choice =
        OnnxMl.NodeProto.newBuilder().setOpType("If").addInput("yes").addOutput("chosen");
    for (String name : List.of("then_branch", "else_branch")) {
      OnnxMl.GraphProto branch =
          OnnxMl.GraphProto.newBuilder()
              .setName(name)
              .addNode(
                  OnnxMl.NodeProto.newBuilder()
                      .setOpType("MatMul")
                      .addInput("x")
                      .addInput("layer.weight")
                      .addOutput("of_branch"))
              .addOutput(output)
              .build();
      choice.addAttribute(
          OnnxMl.AttributeProto.newBuilder()
              .setName(name)
              .setType(OnnxMl.AttributeProto.AttributeType.GRAPH)
              .setG(branch));
    }
    graph.addInitializer(
        OnnxMl.TensorProto.newBuilder()
            .setName("yes")
            .setDataType(OnnxMl.TensorProto.DataType.BOOL_VALUE)
            .setRawData(ByteString.copyFrom(new byte[] {1})));
    graph.addNode(choice);
    graph.addOutput(output.setName("chosen"));
    assertArrayEquals(
        run(model.build(), extremes(), "chosen"),
        run(Int8Quantizer.quantize(model.build(), Map.of()), extremes(), "chosen"));
  }

  /** Times alpha, it is no plain product. */
  @Test
  void whatIsNoPlainProductStaysAsItIs() {
    OnnxMl.ModelProto model = product("Gemm", false, random(IN * OUT));
    OnnxMl.ModelProto.Builder scaled = model.toBuilder();
    scaled.getGraphBuilder().getNodeBuilder(1).addAttribute(OnnxGraph.real("alpha", 0.5));
    assertThrows(
        IllegalArgumentException.class, () -> Int8Quantizer.quantize(scaled.build(), Map.of()));
  }
}
