package org.solrelectra.lucene.model;

import ai.onnx.proto.OnnxMl;
import com.google.protobuf.CodedInputStream;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.WireFormat;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
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
 * than those of {@code ai.onnx} and {@code com.microsoft}, and external data outside the model's
 * directory. ONNX Runtime's Java API shows no operators.
 */
final class OnnxGraphInspector {
  private static final Set<String> DOMAINS = Set.of("", "ai.onnx", "com.microsoft");
  private static final String DYNAMIC = "DynamicQuantize";
  private static final int MODEL_GRAPH = 7;
  private static final int MODEL_FUNCTIONS = 25;
  private static final int GRAPH_NODE = 1;
  private static final int GRAPH_INITIALIZER = 5;
  private static final int GRAPH_INPUT = 11;
  private static final int GRAPH_OUTPUT = 12;
  private static final int TENSOR_DIMS = 1;
  private static final int TENSOR_NAME = 8;
  private static final int TENSOR_EXTERNAL_DATA = 13;

  private final Path file;
  private final List<OnnxMl.NodeProto> nodes = new ArrayList<>();
  private final Map<String, List<Long>> initializers = new HashMap<>();
  private final List<String> inputs = new ArrayList<>();
  private final Map<String, List<Long>> outputs = new LinkedHashMap<>();
  private boolean hasGraph;
  private boolean hasDynamicScales;

  private OnnxGraphInspector(Path file) {
    this.file = file;
  }

  /**
   * Reads and checks a file.
   *
   * @throws InvalidModelException if it is no ONNX file, cut short, or asks for what is refused
   */
  static OnnxGraph inspect(Path file) throws IOException {
    OnnxGraphInspector inspector = new OnnxGraphInspector(file);
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      ByteBuffer bytes = channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size());
      inspector.readModel(CodedInputStream.newInstance(bytes));
    } catch (InvalidProtocolBufferException e) {
      throw new InvalidModelException(
          file + " is not an ONNX file or is cut short: " + e.getMessage(), e);
    }
    if (!inspector.hasGraph || inspector.outputs.isEmpty()) {
      throw new InvalidModelException(
          file + " is not an ONNX file or is cut short: it holds no graph");
    }
    inspector.inputs.removeAll(inspector.initializers.keySet());
    return new OnnxGraph(
        List.copyOf(inspector.inputs),
        Map.copyOf(inspector.outputs),
        inspector.wordTableRows(),
        inspector.hasDynamicScales);
  }

  private void readModel(CodedInputStream model) throws IOException {
    for (int tag = model.readTag(); tag != 0; tag = model.readTag()) {
      switch (WireFormat.getTagFieldNumber(tag)) {
        case MODEL_GRAPH -> {
          hasGraph = true;
          int outer = model.pushLimit(model.readRawVarint32());
          readGraph(model);
          model.popLimit(outer);
        }
        case MODEL_FUNCTIONS ->
            throw new InvalidModelException(
                file
                    + " defines functions of its own; expected a graph of ai.onnx and com.microsoft operators");
        default -> skip(model, tag);
      }
    }
  }

  private void readGraph(CodedInputStream graph) throws IOException {
    for (int tag = graph.readTag(); tag != 0; tag = graph.readTag()) {
      switch (WireFormat.getTagFieldNumber(tag)) {
        case GRAPH_NODE -> {
          OnnxMl.NodeProto node = OnnxMl.NodeProto.parseFrom(graph.readByteBuffer());
          checkOperators(node);
          nodes.add(node);
        }
        case GRAPH_INITIALIZER -> {
          int outer = graph.pushLimit(graph.readRawVarint32());
          readInitializer(graph);
          graph.popLimit(outer);
        }
        case GRAPH_INPUT ->
            inputs.add(OnnxMl.ValueInfoProto.parseFrom(graph.readByteBuffer()).getName());
        case GRAPH_OUTPUT -> {
          OnnxMl.ValueInfoProto output = OnnxMl.ValueInfoProto.parseFrom(graph.readByteBuffer());
          List<Long> dimensions = new ArrayList<>();
          for (OnnxMl.TensorShapeProto.Dimension dimension :
              output.getType().getTensorType().getShape().getDimList()) {
            dimensions.add(dimension.hasDimValue() ? dimension.getDimValue() : -1L);
          }
          outputs.put(output.getName(), List.copyOf(dimensions));
        }
        default -> skip(graph, tag);
      }
    }
  }

  /** Reads name, shape and external files of a tensor; its values are passed over. */
  private void readInitializer(CodedInputStream tensor) throws IOException {
    List<Long> dimensions = new ArrayList<>();
    String name = "";
    for (int tag = tensor.readTag(); tag != 0; tag = tensor.readTag()) {
      switch (WireFormat.getTagFieldNumber(tag)) {
        case TENSOR_DIMS -> {
          if (WireFormat.getTagWireType(tag) == WireFormat.WIRETYPE_LENGTH_DELIMITED) {
            int outer = tensor.pushLimit(tensor.readRawVarint32());
            while (!tensor.isAtEnd()) {
              dimensions.add(tensor.readInt64());
            }
            tensor.popLimit(outer);
          } else {
            dimensions.add(tensor.readInt64());
          }
        }
        case TENSOR_NAME -> name = tensor.readString();
        case TENSOR_EXTERNAL_DATA ->
            checkExternalData(OnnxMl.StringStringEntryProto.parseFrom(tensor.readByteBuffer()));
        default -> skip(tensor, tag);
      }
    }
    initializers.put(name, dimensions);
  }

  private static void skip(CodedInputStream stream, int tag) throws IOException {
    if (!stream.skipField(tag)) {
      throw new InvalidProtocolBufferException("a group ends that never began");
    }
  }

  private void checkOperators(OnnxMl.NodeProto node) throws IOException {
    if (!DOMAINS.contains(node.getDomain())) {
      throw new InvalidModelException(
          file
              + " uses operator "
              + node.getOpType()
              + " of domain '"
              + node.getDomain()
              + "'; only ai.onnx and com.microsoft are allowed");
    }
    hasDynamicScales |= node.getOpType().startsWith(DYNAMIC);
    for (OnnxMl.AttributeProto attribute : node.getAttributeList()) {
      checkSubgraph(attribute.getG());
      for (OnnxMl.GraphProto subgraph : attribute.getGraphsList()) {
        checkSubgraph(subgraph);
      }
      for (OnnxMl.StringStringEntryProto entry : attribute.getT().getExternalDataList()) {
        checkExternalData(entry);
      }
    }
  }

  private void checkSubgraph(OnnxMl.GraphProto graph) throws IOException {
    for (OnnxMl.NodeProto node : graph.getNodeList()) {
      checkOperators(node);
    }
    for (OnnxMl.TensorProto tensor : graph.getInitializerList()) {
      for (OnnxMl.StringStringEntryProto entry : tensor.getExternalDataList()) {
        checkExternalData(entry);
      }
    }
  }

  private void checkExternalData(OnnxMl.StringStringEntryProto entry) throws InvalidModelException {
    if (!entry.getKey().equals("location")) {
      return;
    }
    Path folder = file.toAbsolutePath().normalize().getParent();
    Path location = folder.resolve(entry.getValue()).normalize();
    if (Path.of(entry.getValue()).isAbsolute() || !location.startsWith(folder)) {
      throw new InvalidModelException(
          file
              + " keeps data outside its directory, which is refused; location='"
              + entry.getValue()
              + "'");
    }
  }

  /** Follows {@code input_ids} through casts and reshapes to the table it selects rows of. */
  private long wordTableRows() {
    Set<String> ids = new HashSet<>(Set.of("input_ids"));
    for (OnnxMl.NodeProto node : nodes) {
      if (node.getInputCount() > 1
          && node.getOpType().equals("Gather")
          && ids.contains(node.getInput(1))
          && initializers.containsKey(node.getInput(0))) {
        return initializers.get(node.getInput(0)).get(0);
      }
      if (node.getOpType().equals("EmbedLayerNormalization")
          && node.getInputCount() > 2
          && ids.contains(node.getInput(0))
          && initializers.containsKey(node.getInput(2))) {
        return initializers.get(node.getInput(2)).get(0);
      }
      if (Set.of("Cast", "Reshape", "Identity").contains(node.getOpType())
          && ids.contains(node.getInput(0))) {
        ids.add(node.getOutput(0));
      }
    }
    return -1;
  }
}
