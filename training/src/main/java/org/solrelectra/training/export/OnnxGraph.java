package org.solrelectra.training.export;

import ai.onnx.proto.OnnxMl;
import com.google.protobuf.ByteString;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** A graph of ONNX that is written node by node, in the order in which they run. */
final class OnnxGraph {
  /** The last before exporters needed newer runtimes; the first with LayerNormalization. */
  private static final int OPSET = 17;

  /** ONNX 1.12, the first with opset 17. */
  private static final int IR_VERSION = 8;

  /** Operators of ONNX Runtime's own. */
  static final String MICROSOFT = "com.microsoft";

  static final int MICROSOFT_VERSION = 1;

  private final OnnxMl.GraphProto.Builder graph = OnnxMl.GraphProto.newBuilder();
  private final Set<String> names = new HashSet<>();
  private boolean usesMicrosoft;

  OnnxGraph(String name) {
    graph.setName(name);
  }

  /** An attribute of a node. */
  static OnnxMl.AttributeProto attribute(String name, long... values) {
    OnnxMl.AttributeProto.Builder attribute = OnnxMl.AttributeProto.newBuilder().setName(name);
    attribute.setType(OnnxMl.AttributeProto.AttributeType.INTS);
    for (long value : values) {
      attribute.addInts(value);
    }
    return attribute.build();
  }

  static OnnxMl.AttributeProto integer(String name, long value) {
    return OnnxMl.AttributeProto.newBuilder()
        .setName(name)
        .setType(OnnxMl.AttributeProto.AttributeType.INT)
        .setI(value)
        .build();
  }

  static OnnxMl.AttributeProto real(String name, double value) {
    return OnnxMl.AttributeProto.newBuilder()
        .setName(name)
        .setType(OnnxMl.AttributeProto.AttributeType.FLOAT)
        .setF((float) value)
        .build();
  }

  /** Adds an int64 input [batch_size, sequence_length]. */
  String input(String name) {
    graph.addInput(
        value(name, OnnxMl.TensorProto.DataType.INT64, List.of("batch_size", "sequence_length")));
    return claim(name);
  }

  /** Adds a float output; a dimension is a name, or a number in digits. */
  void output(String name, List<String> dimensions) {
    graph.addOutput(value(name, OnnxMl.TensorProto.DataType.FLOAT, dimensions));
  }

  private static OnnxMl.ValueInfoProto value(
      String name, OnnxMl.TensorProto.DataType type, List<String> dimensions) {
    OnnxMl.TensorShapeProto.Builder shape = OnnxMl.TensorShapeProto.newBuilder();
    for (String dimension : dimensions) {
      OnnxMl.TensorShapeProto.Dimension.Builder builder =
          OnnxMl.TensorShapeProto.Dimension.newBuilder();
      if (Character.isDigit(dimension.charAt(0))) {
        builder.setDimValue(Long.parseLong(dimension));
      } else {
        builder.setDimParam(dimension);
      }
      shape.addDim(builder);
    }
    return OnnxMl.ValueInfoProto.newBuilder()
        .setName(name)
        .setType(
            OnnxMl.TypeProto.newBuilder()
                .setTensorType(
                    OnnxMl.TypeProto.Tensor.newBuilder()
                        .setElemType(type.getNumber())
                        .setShape(shape)))
        .build();
  }

  /** Adds float weights and returns their name. */
  String weights(String name, float[] values, long... shape) {
    ByteBuffer bytes =
        ByteBuffer.allocate(values.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asFloatBuffer().put(values);
    addInitializer(name, OnnxMl.TensorProto.DataType.FLOAT, bytes, shape);
    return claim(name);
  }

  /** Adds a vector of whole numbers and returns its name. */
  String integers(String name, long... values) {
    ByteBuffer bytes =
        ByteBuffer.allocate(values.length * Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asLongBuffer().put(values);
    addInitializer(name, OnnxMl.TensorProto.DataType.INT64, bytes, values.length);
    return claim(name);
  }

  /** Adds one whole number, without dimensions, and returns its name. */
  String index(String name, long value) {
    ByteBuffer bytes =
        ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN).putLong(0, value);
    addInitializer(name, OnnxMl.TensorProto.DataType.INT64, bytes);
    return claim(name);
  }

  private void addInitializer(
      String name, OnnxMl.TensorProto.DataType type, ByteBuffer bytes, long... shape) {
    OnnxMl.TensorProto.Builder tensor =
        OnnxMl.TensorProto.newBuilder()
            .setName(name)
            .setDataType(type.getNumber())
            .setRawData(ByteString.copyFrom(bytes.array()));
    for (long length : shape) {
      tensor.addDims(length);
    }
    graph.addInitializer(tensor);
  }

  /** Adds a node with one output and returns the output's name. */
  String node(
      String operator, String output, List<String> inputs, OnnxMl.AttributeProto... attributes) {
    nodeWithOutputs(operator, List.of(output), inputs, attributes);
    return output;
  }

  /** Adds a node of an operator of {@link #MICROSOFT} and returns its output's name. */
  String microsoftNode(
      String operator, String output, List<String> inputs, OnnxMl.AttributeProto... attributes) {
    usesMicrosoft = true;
    add(operator, MICROSOFT, List.of(output), inputs, attributes);
    return output;
  }

  /** Adds a node with several outputs. */
  void nodeWithOutputs(
      String operator,
      List<String> outputs,
      List<String> inputs,
      OnnxMl.AttributeProto... attributes) {
    add(operator, "", outputs, inputs, attributes);
  }

  private void add(
      String operator,
      String domain,
      List<String> outputs,
      List<String> inputs,
      OnnxMl.AttributeProto... attributes) {
    for (String input : inputs) {
      if (!names.contains(input)) {
        throw new IllegalStateException(
            "node " + operator + " takes '" + input + "', which nothing gives yet");
      }
    }
    graph.addNode(
        OnnxMl.NodeProto.newBuilder()
            .setOpType(operator)
            .setDomain(domain)
            .setName(outputs.get(0))
            .addAllInput(inputs)
            .addAllOutput(outputs)
            .addAllAttribute(List.of(attributes)));
    outputs.forEach(this::claim);
  }

  /** Says whether a value of this name was added. */
  boolean has(String name) {
    return names.contains(name);
  }

  private String claim(String name) {
    if (!names.add(name)) {
      throw new IllegalStateException("two values have the name " + name);
    }
    return name;
  }

  /** Returns the file's content. */
  OnnxMl.ModelProto build() {
    OnnxMl.ModelProto.Builder model =
        OnnxMl.ModelProto.newBuilder()
            .setIrVersion(IR_VERSION)
            .setProducerName("solr-electra")
            .addOpsetImport(OnnxMl.OperatorSetIdProto.newBuilder().setDomain("").setVersion(OPSET))
            .setGraph(graph);
    if (usesMicrosoft) {
      model.addOpsetImport(
          OnnxMl.OperatorSetIdProto.newBuilder()
              .setDomain(MICROSOFT)
              .setVersion(MICROSOFT_VERSION));
    }
    return model.build();
  }
}
