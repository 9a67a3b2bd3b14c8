package org.solrelectra.lucene.model;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.StringStringEntryProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorShapeProto;
import ai.onnx.proto.OnnxMl.TypeProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import com.google.protobuf.CodedInputStream;
import com.google.protobuf.InvalidProtocolBufferException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Reads an ONNX file without its weights and refuses what a server must not run: other operators
 * than those of {@code ai.onnx} and {@code com.microsoft}, external data outside the model's
 * directory, and bytes that two readers may take for two graphs. ONNX Runtime's Java API shows no
 * operators.
 */
final class OnnxGraphInspector {
  private static final Set<String> DOMAINS = Set.of("", "ai.onnx", "com.microsoft");
  private static final String DYNAMIC = "DynamicQuantize";

  private final Path file;
  private boolean hasDynamicScales;

  private OnnxGraphInspector(Path file) {
    this.file = file;
  }

  /**
   * Reads and checks a file.
   *
   * @throws InvalidModelException if it is no ONNX file, cut short, or asks for what is refused
   */
  static OnnxGraph inspect(Path file) throws InvalidModelException {
    return new OnnxGraphInspector(file).inspect();
  }

  private OnnxGraph inspect() throws InvalidModelException {
    OnnxMessage model = read();
    if (model.has(ModelProto.FUNCTIONS_FIELD_NUMBER)) {
      throw new InvalidModelException(
          file
              + " defines functions of its own; expected a graph of ai.onnx and com.microsoft operators");
    }
    if (model.has(ModelProto.TRAINING_INFO_FIELD_NUMBER)) {
      throw new InvalidModelException(
          file + " holds graphs for training; expected one graph, which is run");
    }
    List<OnnxMessage> graphs = model.messages(ModelProto.GRAPH_FIELD_NUMBER);
    if (graphs.isEmpty() || !graphs.get(0).has(GraphProto.OUTPUT_FIELD_NUMBER)) {
      throw new InvalidModelException(
          file + " is not an ONNX file or is cut short: it holds no graph");
    }
    check(model);
    return describe(graphs.get(0));
  }

  private OnnxMessage read() throws InvalidModelException {
    ModelFile.requireRegular(file);
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      if (channel.size() > Integer.MAX_VALUE) {
        throw new InvalidModelException(
            file
                + " must have at most "
                + Integer.MAX_VALUE
                + " bytes, protobuf's limit; larger weights are external data; bytes="
                + channel.size());
      }
      ByteBuffer bytes = channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size());
      return OnnxMessage.readModel(CodedInputStream.newInstance(bytes));
    } catch (InvalidModelException e) {
      throw e;
    } catch (InvalidProtocolBufferException e) {
      throw new InvalidModelException(
          file + " is not an ONNX file or is cut short: " + Excerpt.of(e.getMessage()), e);
    } catch (IOException e) {
      throw ModelFile.unreadable(file, e);
    }
  }

  /** Checks a message and all within it: graphs stand in attributes, tensors in many places. */
  private void check(OnnxMessage message) throws InvalidModelException {
    if (message.type().equals(NodeProto.getDescriptor())) {
      checkOperator(message);
    } else if (message.type().equals(TensorProto.getDescriptor())) {
      for (OnnxMessage entry : message.messages(TensorProto.EXTERNAL_DATA_FIELD_NUMBER)) {
        checkExternalData(entry);
      }
    }
    for (OnnxMessage within : message.messages()) {
      check(within);
    }
  }

  private void checkOperator(OnnxMessage node) throws InvalidModelException {
    String domain = node.text(NodeProto.DOMAIN_FIELD_NUMBER);
    String operator = node.text(NodeProto.OP_TYPE_FIELD_NUMBER);
    if (!DOMAINS.contains(domain)) {
      throw new InvalidModelException(
          file
              + " uses operator "
              + Excerpt.of(operator)
              + " of domain '"
              + Excerpt.of(domain)
              + "'; only ai.onnx and com.microsoft are allowed");
    }
    hasDynamicScales |= operator.startsWith(DYNAMIC);
  }

  private void checkExternalData(OnnxMessage entry) throws InvalidModelException {
    if (!entry.text(StringStringEntryProto.KEY_FIELD_NUMBER).equals("location")) {
      return;
    }
    String location = entry.text(StringStringEntryProto.VALUE_FIELD_NUMBER);
    Path folder = file.toAbsolutePath().normalize().getParent();
    Path data;
    try {
      data = folder.resolve(location).normalize();
    } catch (InvalidPathException e) {
      throw new InvalidModelException(
          file + " keeps data in no possible file; location='" + Excerpt.of(location) + "'", e);
    }
    // A backslash is a separator on some systems, and a name's part on others.
    if (Path.of(location).isAbsolute()
        || location.indexOf('\\') >= 0
        || !data.startsWith(folder)
        || data.equals(folder)) {
      throw new InvalidModelException(
          file
              + " keeps data outside its directory, which is refused; location='"
              + Excerpt.of(location)
              + "'");
    }
    if (!ModelFile.isThere(data)) {
      throw new InvalidModelException(
          data + " is missing, though " + file.getFileName() + " keeps data there");
    }
    ModelFile.requireRegular(data);
  }

  private OnnxGraph describe(OnnxMessage graph) {
    Map<String, List<Long>> initializers = new HashMap<>();
    for (OnnxMessage tensor : graph.messages(GraphProto.INITIALIZER_FIELD_NUMBER)) {
      initializers.put(
          tensor.text(TensorProto.NAME_FIELD_NUMBER),
          tensor.numbers(TensorProto.DIMS_FIELD_NUMBER));
    }
    List<String> inputs = new ArrayList<>();
    for (OnnxMessage input : graph.messages(GraphProto.INPUT_FIELD_NUMBER)) {
      inputs.add(input.text(ValueInfoProto.NAME_FIELD_NUMBER));
    }
    inputs.removeAll(initializers.keySet());
    Map<String, List<Long>> outputs = new LinkedHashMap<>();
    for (OnnxMessage output : graph.messages(GraphProto.OUTPUT_FIELD_NUMBER)) {
      outputs.put(output.text(ValueInfoProto.NAME_FIELD_NUMBER), shape(output));
    }
    List<OnnxMessage> nodes = graph.messages(GraphProto.NODE_FIELD_NUMBER);
    return new OnnxGraph(
        List.copyOf(inputs),
        Map.copyOf(outputs),
        tableRows("input_ids", 2, nodes, initializers),
        tableRows("token_type_ids", 4, nodes, initializers),
        hasDynamicScales);
  }

  /** Returns the dimensions of a tensor's type; -1 where one is not fixed. */
  private static List<Long> shape(OnnxMessage output) {
    List<Long> dimensions = new ArrayList<>();
    output.messages(ValueInfoProto.TYPE_FIELD_NUMBER).stream()
        .flatMap(type -> type.messages(TypeProto.TENSOR_TYPE_FIELD_NUMBER).stream())
        .flatMap(tensor -> tensor.messages(TypeProto.Tensor.SHAPE_FIELD_NUMBER).stream())
        .flatMap(shape -> shape.messages(TensorShapeProto.DIM_FIELD_NUMBER).stream())
        .forEach(
            dimension -> {
              List<Long> value =
                  dimension.numbers(TensorShapeProto.Dimension.DIM_VALUE_FIELD_NUMBER);
              dimensions.add(value.isEmpty() ? -1L : value.get(0));
            });
    return List.copyOf(dimensions);
  }

  /**
   * Follows an input through casts and reshapes to the table it selects rows of.
   *
   * @param fused where the table stands among the inputs of {@code EmbedLayerNormalization}; the
   *     input stands at 0 for words, at 1 for types
   * @return the table's rows; -1 if none was found
   */
  private static long tableRows(
      String input, int fused, List<OnnxMessage> nodes, Map<String, List<Long>> initializers) {
    Set<String> names = new HashSet<>(Set.of(input));
    for (OnnxMessage node : nodes) {
      List<String> inputs = node.texts(NodeProto.INPUT_FIELD_NUMBER);
      String operator = node.text(NodeProto.OP_TYPE_FIELD_NUMBER);
      if (inputs.isEmpty()) {
        continue;
      }
      List<Long> table = List.of();
      if (operator.equals("Gather") && inputs.size() > 1 && names.contains(inputs.get(1))) {
        table = initializers.getOrDefault(inputs.get(0), List.of());
      } else if (operator.equals("EmbedLayerNormalization")
          && inputs.size() > fused
          && names.contains(inputs.get(fused / 2 - 1))) {
        table = initializers.getOrDefault(inputs.get(fused), List.of());
      } else if (Set.of("Cast", "Reshape", "Identity").contains(operator)
          && names.contains(inputs.get(0))) {
        names.addAll(node.texts(NodeProto.OUTPUT_FIELD_NUMBER));
      }
      if (!table.isEmpty()) {
        return table.get(0);
      }
    }
    return -1;
  }
}
