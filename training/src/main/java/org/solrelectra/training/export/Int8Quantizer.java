package org.solrelectra.training.export;

import ai.onnx.proto.OnnxMl;
import com.google.protobuf.ByteString;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Rewrites a graph so that its matrix products are computed in int8 by ONNX Runtime on a CPU.
 *
 * <ul>
 *   <li>The weights of a product with a constant matrix are int8, symmetric, with a scale for each
 *       output. What it is multiplied with is quantized while it runs: by the range that it had in
 *       runs before ({@code QuantizeLinear}, {@code MatMulIntegerToFloat}), or by the least and
 *       largest value of that run ({@code DynamicQuantizeMatMul}). The latter needs no such runs,
 *       but a score then depends on what else is in the run: {@link
 *       org.solrelectra.lucene.encoder.OnnxEncoder} runs each sequence alone.
 *   <li>Weights take 7 of the 8 bits, for on x86 without VNNI two products of 8 bits are added up
 *       in 16, which overflows. That costs next to nothing (measured: 0.991 in place of 0.992 of
 *       cosine to float32).
 *   <li>A large table that rows are looked up in, such as the words', is int8 with a scale for each
 *       row: a quarter of the file.
 *   <li>Heads stay float32: they take no time, and what they round reaches the score unmixed.
 * </ul>
 */
final class Int8Quantizer {
  /** The largest weight: twice its product with 255, added up, fits 16 bits. */
  static final int LARGEST = 64;

  /** As large as the table of some hundred rows, which is not worth a node. */
  private static final long LEAST_TABLE = 1 << 16;

  /** Products with fewer outputs are heads. */
  private static final long LEAST_OUTPUTS = 16;

  private static final String QUANTIZED = ".uint8";
  private static final String SCALE = ".scale";
  private static final String ZERO = ".zero";

  private static final List<String> HEADS =
      List.of("classifier.", "discriminator_predictions.", "qa_outputs.");

  private final OnnxMl.GraphProto graph;
  private final Map<String, ActivationScale> activationScales;
  private final OnnxMl.GraphProto.Builder result;
  private final Map<String, OnnxMl.TensorProto> floats = new HashMap<>();
  private final Map<String, OnnxMl.TensorProto> added = new HashMap<>();
  private int products;

  private Int8Quantizer(OnnxMl.GraphProto graph, Map<String, ActivationScale> activationScales) {
    this.graph = graph;
    this.activationScales = activationScales;
    this.result = graph.toBuilder().clearNode().clearInitializer();
    for (OnnxMl.TensorProto tensor : graph.getInitializerList()) {
      if (tensor.getDataType() == OnnxMl.TensorProto.DataType.FLOAT_VALUE
          && tensor.getExternalDataCount() == 0) {
        floats.put(tensor.getName(), tensor);
      }
    }
  }

  /** Returns the names of the tensors that products quantize while they run. */
  static Set<String> activations(OnnxMl.ModelProto model) {
    Int8Quantizer quantizer = new Int8Quantizer(model.getGraph(), Map.of());
    return model.getGraph().getNodeList().stream()
        .filter(quantizer::isProduct)
        .map(node -> node.getInput(0))
        .collect(Collectors.toSet());
  }

  /**
   * Returns a quantized copy.
   *
   * @param activationScales of {@link #activations}; a tensor without one has a scale of each run
   * @throws IllegalArgumentException if there is no product with a constant float32 matrix in the
   *     file itself
   */
  static OnnxMl.ModelProto quantize(
      OnnxMl.ModelProto model, Map<String, ActivationScale> activationScales) {
    OnnxMl.ModelProto.Builder quantized =
        model.toBuilder()
            .setGraph(new Int8Quantizer(model.getGraph(), activationScales).quantize());
    if (model.getOpsetImportList().stream()
        .noneMatch(opset -> opset.getDomain().equals(OnnxGraph.MICROSOFT))) {
      quantized.addOpsetImport(
          OnnxMl.OperatorSetIdProto.newBuilder()
              .setDomain(OnnxGraph.MICROSOFT)
              .setVersion(OnnxGraph.MICROSOFT_VERSION));
    }
    return quantized.build();
  }

  private OnnxMl.GraphProto quantize() {
    for (OnnxMl.NodeProto node : graph.getNodeList()) {
      if (isProduct(node)) {
        products++;
        product(node);
      } else if (isLookUp(node)) {
        lookUp(node);
      } else {
        result.addNode(node);
      }
    }
    if (products == 0) {
      throw new IllegalArgumentException(
          "the graph holds no product with a constant matrix of float32 that could be quantized");
    }
    Set<String> read = new HashSet<>();
    addRead(result.getNodeList(), read);
    graph.getOutputList().forEach(output -> read.add(output.getName()));
    Set<String> dropped = new HashSet<>();
    for (OnnxMl.TensorProto tensor : graph.getInitializerList()) {
      if (read.contains(tensor.getName())) {
        result.addInitializer(tensor);
      } else {
        dropped.add(tensor.getName());
      }
    }
    // Graphs of before ONNX 1.4 list their weights as inputs, too.
    List<OnnxMl.ValueInfoProto> inputs =
        graph.getInputList().stream().filter(input -> !dropped.contains(input.getName())).toList();
    result.clearInput().addAllInput(inputs);
    added.values().forEach(result::addInitializer);
    return result.build();
  }

  /** Adds what nodes read, those of subgraphs included. */
  private static void addRead(List<OnnxMl.NodeProto> nodes, Set<String> read) {
    for (OnnxMl.NodeProto node : nodes) {
      read.addAll(node.getInputList());
      for (OnnxMl.AttributeProto attribute : node.getAttributeList()) {
        addRead(attribute.getG().getNodeList(), read);
        attribute.getGraphsList().forEach(subgraph -> addRead(subgraph.getNodeList(), read));
      }
    }
  }

  private boolean isProduct(OnnxMl.NodeProto node) {
    boolean gemm = node.getOpType().equals("Gemm");
    if (!node.getDomain().isEmpty()
        || !(gemm || node.getOpType().equals("MatMul"))
        || !isMatrix(node.getInput(1))
        || HEADS.stream().anyMatch(node.getInput(1)::startsWith)) {
      return false;
    }
    boolean plain =
        real(node, "alpha", 1) == 1
            && real(node, "beta", 1) == 1
            && integer(node, "transA", 0) == 0;
    boolean biased = gemm && node.getInputCount() > 2 && !node.getInput(2).isEmpty();
    long outputs = floats.get(node.getInput(1)).getDims(isTransposed(node) ? 0 : 1);
    return plain && outputs >= LEAST_OUTPUTS && (!biased || isVector(node.getInput(2), outputs));
  }

  private boolean isMatrix(String name) {
    return floats.containsKey(name) && floats.get(name).getDimsCount() == 2;
  }

  private boolean isVector(String name, long length) {
    OnnxMl.TensorProto tensor = floats.get(name);
    return tensor != null && tensor.getDimsList().equals(List.of(length));
  }

  private static boolean isTransposed(OnnxMl.NodeProto node) {
    return integer(node, "transB", 0) != 0;
  }

  private static long integer(OnnxMl.NodeProto node, String name, long usual) {
    return node.getAttributeList().stream()
        .filter(attribute -> attribute.getName().equals(name))
        .mapToLong(OnnxMl.AttributeProto::getI)
        .findFirst()
        .orElse(usual);
  }

  private static double real(OnnxMl.NodeProto node, String name, double usual) {
    return node.getAttributeList().stream()
        .filter(attribute -> attribute.getName().equals(name))
        .mapToDouble(OnnxMl.AttributeProto::getF)
        .findFirst()
        .orElse(usual);
  }

  private void product(OnnxMl.NodeProto node) {
    OnnxMl.TensorProto matrix = floats.get(node.getInput(1));
    boolean transposed = isTransposed(node);
    int rows = Math.toIntExact(matrix.getDims(transposed ? 1 : 0));
    int columns = Math.toIntExact(matrix.getDims(transposed ? 0 : 1));
    float[] exact = values(matrix);
    float[] scales = new float[columns];
    byte[] rounded = new byte[rows * columns]; // [rows, columns], as the operator reads it
    for (int column = 0; column < columns; column++) {
      float largest = 0;
      for (int row = 0; row < rows; row++) {
        float value = exact[transposed ? column * rows + row : row * columns + column];
        largest = Math.max(largest, Math.abs(value));
      }
      scales[column] = scale(largest);
      for (int row = 0; row < rows; row++) {
        float value = exact[transposed ? column * rows + row : row * columns + column];
        rounded[row * columns + column] = (byte) Math.round(value / scales[column]);
      }
    }
    String name = matrix.getName();
    String suffix = transposed ? ".transposed" : "";
    String weights = add(name + suffix + ".int8", bytes(rounded, rows, columns));
    String weightScales = add(name + suffix + ".scales", floats(scales, columns));
    String weightZeros = add(name + suffix + ".zeros", bytes(new byte[columns], columns));
    OnnxMl.NodeProto.Builder quantized =
        OnnxMl.NodeProto.newBuilder()
            .setDomain(OnnxGraph.MICROSOFT)
            .setName(node.getName())
            .addOutput(node.getOutput(0));
    String values = node.getInput(0);
    if (activationScales.containsKey(values)) {
      quantizeOnce(values);
      quantized
          .setOpType("MatMulIntegerToFloat")
          .addAllInput(List.of(values + QUANTIZED, weights))
          .addAllInput(List.of(values + SCALE, weightScales, values + ZERO, weightZeros));
    } else {
      quantized
          .setOpType("DynamicQuantizeMatMul")
          .addAllInput(List.of(values, weights, weightScales, weightZeros));
    }
    if (node.getInputCount() > 2) {
      quantized.addInput(node.getInput(2));
    }
    result.addNode(quantized);
  }

  /** Adds a tensor in 8 bits, which several products may read. */
  private void quantizeOnce(String values) {
    ActivationScale scale = activationScales.get(values);
    if (added.containsKey(values + SCALE)) {
      return;
    }
    byte[] zero = {(byte) scale.zeroPoint()};
    result.addNode(
        OnnxMl.NodeProto.newBuilder()
            .setOpType("QuantizeLinear")
            .setName(values + QUANTIZED)
            .addInput(values)
            .addInput(add(values + SCALE, floats(new float[] {scale.scale()})))
            .addInput(
                add(
                    values + ZERO,
                    tensor(OnnxMl.TensorProto.DataType.UINT8, ByteString.copyFrom(zero))))
            .addOutput(values + QUANTIZED));
  }

  private boolean isLookUp(OnnxMl.NodeProto node) {
    return node.getDomain().isEmpty()
        && node.getOpType().equals("Gather")
        && isMatrix(node.getInput(0))
        && integer(node, "axis", 0) == 0
        && floats.get(node.getInput(0)).getDims(0) * floats.get(node.getInput(0)).getDims(1)
            >= LEAST_TABLE;
  }

  private void lookUp(OnnxMl.NodeProto node) {
    OnnxMl.TensorProto table = floats.get(node.getInput(0));
    int rows = Math.toIntExact(table.getDims(0));
    int columns = Math.toIntExact(table.getDims(1));
    float[] values = values(table);
    float[] scales = new float[rows];
    byte[] rounded = new byte[rows * columns];
    for (int row = 0; row < rows; row++) {
      float largest = 0;
      for (int i = row * columns; i < (row + 1) * columns; i++) {
        largest = Math.max(largest, Math.abs(values[i]));
      }
      // Nothing is added up here, so all 8 bits.
      scales[row] = largest == 0 ? 1 : largest / Byte.MAX_VALUE;
      for (int i = row * columns; i < (row + 1) * columns; i++) {
        rounded[i] = (byte) Math.round(values[i] / scales[row]);
      }
    }
    String name = table.getName();
    String output = node.getOutput(0);
    String ids = node.getInput(1);
    result.addNode(
        node.toBuilder()
            .setInput(0, add(name + ".rows.int8", bytes(rounded, rows, columns)))
            .setName(output + ".int8")
            .setOutput(0, output + ".int8"));
    result.addNode(
        OnnxMl.NodeProto.newBuilder()
            .setOpType("Cast")
            .setName(output + ".cast")
            .addInput(output + ".int8")
            .addOutput(output + ".cast")
            .addAttribute(OnnxGraph.integer("to", OnnxMl.TensorProto.DataType.FLOAT_VALUE)));
    result.addNode(
        OnnxMl.NodeProto.newBuilder()
            .setOpType("Gather")
            .setName(output + ".scales")
            .addInput(add(name + ".rows.scales", floats(scales, rows, 1)))
            .addInput(ids)
            .addOutput(output + ".scales")
            .addAttribute(OnnxGraph.integer("axis", 0)));
    result.addNode(
        OnnxMl.NodeProto.newBuilder()
            .setOpType("Mul")
            .setName(output)
            .addInput(output + ".cast")
            .addInput(output + ".scales")
            .addOutput(output));
  }

  private static float scale(float largest) {
    return largest == 0 ? 1 : largest / LARGEST;
  }

  private static float[] values(OnnxMl.TensorProto tensor) {
    if (tensor.getFloatDataCount() > 0) {
      float[] values = new float[tensor.getFloatDataCount()];
      for (int i = 0; i < values.length; i++) {
        values[i] = tensor.getFloatData(i);
      }
      return values;
    }
    float[] values = new float[tensor.getRawData().size() / Float.BYTES];
    tensor
        .getRawData()
        .asReadOnlyByteBuffer()
        .order(ByteOrder.LITTLE_ENDIAN)
        .asFloatBuffer()
        .get(values);
    return values;
  }

  private String add(String name, OnnxMl.TensorProto.Builder tensor) {
    added.putIfAbsent(name, tensor.setName(name).build());
    return name;
  }

  private static OnnxMl.TensorProto.Builder bytes(byte[] values, long... shape) {
    return tensor(OnnxMl.TensorProto.DataType.INT8, ByteString.copyFrom(values), shape);
  }

  private static OnnxMl.TensorProto.Builder floats(float[] values, long... shape) {
    ByteBuffer bytes =
        ByteBuffer.allocate(values.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asFloatBuffer().put(values);
    return tensor(OnnxMl.TensorProto.DataType.FLOAT, ByteString.copyFrom(bytes), shape);
  }

  private static OnnxMl.TensorProto.Builder tensor(
      OnnxMl.TensorProto.DataType type, ByteString content, long... shape) {
    OnnxMl.TensorProto.Builder tensor =
        OnnxMl.TensorProto.newBuilder().setDataType(type.getNumber()).setRawData(content);
    for (long length : shape) {
      tensor.addDims(length);
    }
    return tensor;
  }
}
