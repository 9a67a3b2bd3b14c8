package org.solrelectra.lucene.model;

import ai.onnx.proto.OnnxMl;
import com.google.protobuf.CodedInputStream;
import com.google.protobuf.InvalidProtocolBufferException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Finds the largest tensor that a graph declares, and refuses a graph in which it is larger than a
 * model may be, before ONNX Runtime sees it: when a session is made, constants are computed, and
 * what the system has not got ends the process.
 *
 * <p>Declared are the shapes of inputs, outputs, weights (sparse ones as what they become) and
 * values between operators, and the shapes that {@code ConstantOfShape} and {@code Expand} get as
 * constants. Between operators a graph need not declare any: what it takes there is measured when
 * it is opened.
 */
public final class GraphMemory {
  private static final int LENGTH_DELIMITED = 2;
  private static final int MODEL_GRAPH = 7 << 3 | LENGTH_DELIMITED;
  private static final int GRAPH_NODE = 1 << 3 | LENGTH_DELIMITED;
  private static final int GRAPH_INITIALIZER = 5 << 3 | LENGTH_DELIMITED;
  private static final int GRAPH_INPUT = 11 << 3 | LENGTH_DELIMITED;
  private static final int GRAPH_OUTPUT = 12 << 3 | LENGTH_DELIMITED;
  private static final int GRAPH_VALUE = 13 << 3 | LENGTH_DELIMITED;
  private static final int GRAPH_SPARSE_INITIALIZER = 15 << 3 | LENGTH_DELIMITED;
  private static final int TENSOR_DIMS = 1 << 3;
  private static final int TENSOR_PACKED_DIMS = 1 << 3 | LENGTH_DELIMITED;
  private static final int TENSOR_TYPE = 2 << 3;
  private static final int TENSOR_NAME = 8 << 3 | LENGTH_DELIMITED;

  /** A tensor that takes more bytes in the file holds no shape. */
  private static final int LARGEST_SHAPE_BYTES = 4096;

  private final Path file;
  private final int length;
  private final long limitBytes;
  private final List<OnnxMl.ValueInfoProto> values = new ArrayList<>();
  private final List<OnnxMl.NodeProto> nodes = new ArrayList<>();
  private final Map<String, Long> symbols = new HashMap<>();
  private final Map<String, List<Long>> constants = new HashMap<>();

  private GraphMemory(Path file, int length, long limitBytes) {
    this.file = file;
    this.length = length;
    this.limitBytes = limitBytes;
  }

  /**
   * Checks a graph.
   *
   * @param length of the longest sequence in tokens, which the second dimension of {@code
   *     input_ids} and all of its name are taken for; the first and others without a number are
   *     taken for 1
   * @param limitBytes that one tensor may take
   * @throws InvalidModelException if a tensor is larger, or the file is no ONNX file
   */
  public static void check(Path file, int length, long limitBytes) throws IOException {
    GraphMemory graph = new GraphMemory(file, length, limitBytes);
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      ByteBuffer bytes = channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size());
      graph.readModel(CodedInputStream.newInstance(bytes));
    } catch (InvalidProtocolBufferException e) {
      throw new InvalidModelException(
          file + " is not an ONNX file or is cut short: " + e.getMessage(), e);
    }
    for (OnnxMl.ValueInfoProto value : graph.values) {
      graph.checkValue(value);
    }
    for (OnnxMl.NodeProto node : graph.nodes) {
      graph.checkNode(node);
    }
  }

  private void readModel(CodedInputStream model) throws IOException {
    for (int tag = model.readTag(); tag != 0; tag = model.readTag()) {
      if (tag == MODEL_GRAPH) {
        int outer = model.pushLimit(model.readRawVarint32());
        readGraph(model);
        model.popLimit(outer);
      } else {
        skip(model, tag);
      }
    }
  }

  private void readGraph(CodedInputStream graph) throws IOException {
    for (int tag = graph.readTag(); tag != 0; tag = graph.readTag()) {
      switch (tag) {
        case GRAPH_NODE -> nodes.add(OnnxMl.NodeProto.parseFrom(graph.readByteBuffer()));
        case GRAPH_INPUT -> {
          OnnxMl.ValueInfoProto input = OnnxMl.ValueInfoProto.parseFrom(graph.readByteBuffer());
          if (input.getName().equals("input_ids")) {
            nameLength(input.getType().getTensorType().getShape());
          }
          values.add(input);
        }
        case GRAPH_OUTPUT, GRAPH_VALUE ->
            values.add(OnnxMl.ValueInfoProto.parseFrom(graph.readByteBuffer()));
        case GRAPH_INITIALIZER -> {
          int bytes = graph.readRawVarint32();
          if (bytes >= 0 && bytes <= LARGEST_SHAPE_BYTES) {
            checkConstant(OnnxMl.TensorProto.parseFrom(graph.readRawBytes(bytes)));
          } else {
            int outer = graph.pushLimit(bytes);
            readInitializer(graph);
            graph.popLimit(outer);
          }
        }
        case GRAPH_SPARSE_INITIALIZER ->
            checkSparse(OnnxMl.SparseTensorProto.parseFrom(graph.readByteBuffer()));
        default -> skip(graph, tag);
      }
    }
  }

  private void nameLength(OnnxMl.TensorShapeProto shape) {
    for (int i = 0; i < shape.getDimCount(); i++) {
      if (shape.getDim(i).hasDimParam()) {
        symbols.put(shape.getDim(i).getDimParam(), i == 1 ? length : 1L);
      }
    }
  }

  /** Reads name, type and shape of a tensor; its values are passed over. */
  private void readInitializer(CodedInputStream tensor) throws IOException {
    List<Long> shape = new ArrayList<>();
    String name = "";
    int type = 0;
    for (int tag = tensor.readTag(); tag != 0; tag = tensor.readTag()) {
      switch (tag) {
        case TENSOR_DIMS -> shape.add(tensor.readInt64());
        case TENSOR_PACKED_DIMS -> {
          int outer = tensor.pushLimit(tensor.readRawVarint32());
          while (!tensor.isAtEnd()) {
            shape.add(tensor.readInt64());
          }
          tensor.popLimit(outer);
        }
        case TENSOR_TYPE -> type = tensor.readInt32();
        case TENSOR_NAME -> name = tensor.readString();
        default -> skip(tensor, tag);
      }
    }
    check(name, shape, type);
  }

  private static void skip(CodedInputStream stream, int tag) throws IOException {
    if (!stream.skipField(tag)) {
      throw new InvalidProtocolBufferException("a group ends that never began");
    }
  }

  private void checkConstant(OnnxMl.TensorProto tensor) throws InvalidModelException {
    check(tensor.getName(), tensor.getDimsList(), tensor.getDataType());
    remember(tensor.getName(), tensor);
  }

  /** A shape is a list of int64. */
  private void remember(String name, OnnxMl.TensorProto tensor) {
    if (tensor.getDataType() == OnnxMl.TensorProto.DataType.INT64.getNumber()) {
      List<Long> numbers = new ArrayList<>(tensor.getInt64DataList());
      ByteBuffer raw = tensor.getRawData().asReadOnlyByteBuffer().order(ByteOrder.LITTLE_ENDIAN);
      while (raw.remaining() >= Long.BYTES) {
        numbers.add(raw.getLong());
      }
      constants.put(name, numbers);
    }
  }

  private void checkSparse(OnnxMl.SparseTensorProto tensor) throws InvalidModelException {
    check(tensor.getValues().getName(), tensor.getDimsList(), tensor.getValues().getDataType());
  }

  private void checkValue(OnnxMl.ValueInfoProto value) throws InvalidModelException {
    OnnxMl.TypeProto.Tensor tensor = value.getType().getTensorType();
    List<Long> shape = new ArrayList<>();
    for (OnnxMl.TensorShapeProto.Dimension dimension : tensor.getShape().getDimList()) {
      shape.add(
          dimension.hasDimValue()
              ? dimension.getDimValue()
              : symbols.getOrDefault(dimension.getDimParam(), 1L));
    }
    check(value.getName(), shape, tensor.getElemType());
  }

  private void checkNode(OnnxMl.NodeProto node) throws InvalidModelException {
    String output = node.getOutputCount() == 0 ? node.getName() : node.getOutput(0);
    int type = OnnxMl.TensorProto.DataType.FLOAT.getNumber();
    for (OnnxMl.AttributeProto attribute : node.getAttributeList()) {
      if (attribute.hasT()) {
        check(output, attribute.getT().getDimsList(), attribute.getT().getDataType());
        type = attribute.getT().getDataType();
        remember(output, attribute.getT());
      }
      if (node.getOpType().equals("Constant") && attribute.getIntsCount() > 0) {
        constants.put(output, attribute.getIntsList());
      }
      checkSparse(attribute.getSparseTensor());
      checkSubgraph(attribute.getG());
      for (OnnxMl.GraphProto subgraph : attribute.getGraphsList()) {
        checkSubgraph(subgraph);
      }
    }
    if (node.getOpType().equals("ConstantOfShape") && node.getInputCount() > 0) {
      check(output, constants.getOrDefault(node.getInput(0), List.of()), type);
    }
    if (node.getOpType().equals("Expand") && node.getInputCount() > 1) {
      // Of what type is not known here: one byte each at least.
      check(
          output,
          constants.getOrDefault(node.getInput(1), List.of()),
          OnnxMl.TensorProto.DataType.UINT8.getNumber());
    }
  }

  private void checkSubgraph(OnnxMl.GraphProto graph) throws InvalidModelException {
    for (OnnxMl.TensorProto tensor : graph.getInitializerList()) {
      checkConstant(tensor);
    }
    for (OnnxMl.SparseTensorProto tensor : graph.getSparseInitializerList()) {
      checkSparse(tensor);
    }
    for (List<OnnxMl.ValueInfoProto> list :
        List.of(graph.getInputList(), graph.getOutputList(), graph.getValueInfoList())) {
      for (OnnxMl.ValueInfoProto value : list) {
        checkValue(value);
      }
    }
    for (OnnxMl.NodeProto node : graph.getNodeList()) {
      checkNode(node);
    }
  }

  private void check(String name, List<Long> shape, int type) throws InvalidModelException {
    // A double: a product of dimensions may be larger than a long, which it is shown as then.
    double bytes = bytes(type);
    for (long dimension : shape) {
      // Below 0 is for ONNX Runtime to refuse, or, in Expand and Reshape, not known here.
      bytes *= dimension < 0 ? 1 : dimension;
    }
    if (bytes > limitBytes) {
      throw new ModelLimitException(
          ModelLimitException.Limit.MEMORY,
          file
              + " declares a tensor that is too large; a model may take "
              + limitBytes
              + " bytes; tensor '"
              + Excerpt.of(name)
              + "' of "
              + Excerpt.of(shape)
              + " takes "
              + (long) bytes
              + " for a sequence of "
              + length
              + " tokens");
    }
  }

  /** Returns what a value of a type takes; 1 for types of less than a byte and unknown ones. */
  private static int bytes(int type) {
    OnnxMl.TensorProto.DataType known = OnnxMl.TensorProto.DataType.forNumber(type);
    if (known == null) {
      return 1;
    }
    return switch (known) {
      case INT16, UINT16, FLOAT16, BFLOAT16 -> 2;
      case FLOAT, INT32, UINT32 -> 4;
      case DOUBLE, INT64, UINT64, COMPLEX64 -> 8;
      case COMPLEX128 -> 16;
      default -> 1;
    };
  }
}
