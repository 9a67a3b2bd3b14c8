package org.solrelectra.lucene.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.onnx.proto.OnnxMl;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import com.google.protobuf.ByteString;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.solrelectra.lucene.FixtureModels;

class GraphMemoryTest {
  private static final int LENGTH = 512;
  private static final long LIMIT = 1_000_000_000;

  @TempDir private Path folder;

  private static OnnxMl.ValueInfoProto value(String name, DataType type, Object... dimensions) {
    OnnxMl.TensorShapeProto.Builder shape = OnnxMl.TensorShapeProto.newBuilder();
    for (Object dimension : dimensions) {
      if (dimension instanceof Number number) {
        shape.addDimBuilder().setDimValue(number.longValue());
      } else {
        shape.addDimBuilder().setDimParam((String) dimension);
      }
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

  private static OnnxMl.GraphProto.Builder graph() {
    return OnnxMl.GraphProto.newBuilder()
        .addInput(value("input_ids", DataType.INT64, "batch", "seq"))
        .addOutput(value("logits", DataType.FLOAT, "batch", 2));
  }

  private static OnnxMl.TensorProto.Builder tensor(String name, DataType type, long... shape) {
    OnnxMl.TensorProto.Builder tensor =
        OnnxMl.TensorProto.newBuilder().setName(name).setDataType(type.getNumber());
    for (long dimension : shape) {
      tensor.addDims(dimension);
    }
    return tensor;
  }

  private static OnnxMl.NodeProto.Builder node(String operator, String output, String... inputs) {
    OnnxMl.NodeProto.Builder node =
        OnnxMl.NodeProto.newBuilder().setOpType(operator).addOutput(output);
    for (String input : inputs) {
      node.addInput(input);
    }
    return node;
  }

  private Path write(OnnxMl.GraphProto.Builder graph) throws IOException {
    Path file = folder.resolve("model.onnx");
    Files.write(file, OnnxMl.ModelProto.newBuilder().setGraph(graph).build().toByteArray());
    return file;
  }

  private void accepts(OnnxMl.GraphProto.Builder graph) throws IOException {
    GraphMemory.check(write(graph), LENGTH, LIMIT);
  }

  private void refuses(String tensor, OnnxMl.GraphProto.Builder graph) throws IOException {
    Path file = write(graph);
    assertEquals(
        file
            + " declares a tensor that is too large; a model may take 1000000000 bytes; tensor "
            + tensor
            + " for a sequence of 512 tokens",
        assertThrows(InvalidModelException.class, () -> GraphMemory.check(file, LENGTH, LIMIT))
            .getMessage());
  }

  @Test
  void valuesAreAsLargeAsTheLongestSequenceMakesThem() throws IOException {
    accepts(graph().addValueInfo(value("scores", DataType.FLOAT, "batch", 16, "seq", "seq")));
    refuses(
        "'scores' of [1, 16, 512, 512, 512] takes 8589934592",
        graph().addValueInfo(value("scores", DataType.FLOAT, "batch", 16, "seq", "seq", "seq")));
  }

  @Test
  void dimensionsThatAreNotKnownAreTakenForOne() throws IOException {
    accepts(graph().addValueInfo(value("x", DataType.FLOAT, "other", 1_000_000, "", -5)));
  }

  @Test
  void inputsAndOutputsAreLookedAtToo() throws IOException {
    refuses(
        "'token_type_ids' of [1, 9999999999] takes 79999999992",
        graph().addInput(value("token_type_ids", DataType.INT64, "batch", 9_999_999_999L)));
    refuses(
        "'logits' of [1, 512, 1000000] takes 2048000000",
        graph()
            .clearOutput()
            .addOutput(value("logits", DataType.FLOAT, "batch", "seq", 1_000_000)));
  }

  @Test
  void typesHaveTheirSizes() throws IOException {
    accepts(graph().addValueInfo(value("x", DataType.UINT8, 999_999_999)));
    accepts(graph().addValueInfo(value("x", DataType.FLOAT16, 499_999_999)));
    refuses(
        "'x' of [500000001] takes 1000000002",
        graph().addValueInfo(value("x", DataType.FLOAT16, 500_000_001)));
    refuses(
        "'x' of [125000001] takes 1000000008",
        graph().addValueInfo(value("x", DataType.DOUBLE, 125_000_001)));
  }

  @Test
  void aProductThatNoLongHoldsIsTooLarge() throws IOException {
    refuses(
        "'x' of [4294967296, 4294967296] takes 9223372036854775807",
        graph().addValueInfo(value("x", DataType.FLOAT, 1L << 32, 1L << 32)));
  }

  @Test
  void weightsAreLookedAtToo() throws IOException {
    accepts(graph().addInitializer(tensor("w", DataType.FLOAT, 30_522, 1024)));
    refuses(
        "'w' of [30522, 102400] takes 12501811200",
        graph().addInitializer(tensor("w", DataType.FLOAT, 30_522, 102_400)));
    // Larger in the file than what is read in whole.
    refuses(
        "'w' of [30522, 102400] takes 12501811200",
        graph()
            .addInitializer(
                tensor("w", DataType.FLOAT, 30_522, 102_400)
                    .setRawData(ByteString.copyFrom(new byte[10_000]))));
    refuses(
        "'sparse' of [100000, 100000] takes 40000000000",
        graph()
            .addSparseInitializer(
                OnnxMl.SparseTensorProto.newBuilder()
                    .setValues(tensor("sparse", DataType.FLOAT, 1))
                    .addDims(100_000)
                    .addDims(100_000)));
  }

  /** ONNX Runtime computes them when it loads the graph. */
  @Test
  void constantsThatAreMadeAreAsLargeAsTheirShape() throws IOException {
    ByteBuffer raw = ByteBuffer.allocate(16).order(ByteOrder.LITTLE_ENDIAN);
    raw.putLong(100_000).putLong(200_000).rewind();
    OnnxMl.TensorProto.Builder shape =
        tensor("shape", DataType.INT64, 2).setRawData(ByteString.copyFrom(raw));
    refuses(
        "'zeros' of [100000, 200000] takes 80000000000",
        graph().addInitializer(shape).addNode(node("ConstantOfShape", "zeros", "shape")));
    refuses(
        "'expanded' of [100000, 200000] takes 20000000000",
        graph().addInitializer(shape).addNode(node("Expand", "expanded", "x", "shape")));
    refuses(
        "'zeros' of [2000000000] takes 8000000000",
        graph()
            .addNode(
                node("Constant", "shape")
                    .addAttribute(
                        OnnxMl.AttributeProto.newBuilder()
                            .setName("value_ints")
                            .addInts(2_000_000_000)))
            .addNode(node("ConstantOfShape", "zeros", "shape")));
  }

  @Test
  void subgraphsAreLookedAtToo() throws IOException {
    refuses(
        "'x' of [1, 512, 3000000] takes 6144000000",
        graph()
            .addNode(
                node("If", "y", "condition")
                    .addAttribute(
                        OnnxMl.AttributeProto.newBuilder()
                            .setName("then_branch")
                            .setG(
                                OnnxMl.GraphProto.newBuilder()
                                    .addValueInfo(
                                        value("x", DataType.FLOAT, "batch", "seq", 3_000_000))))));
  }

  @Test
  void longNamesAreNotRepeatedInFull() throws IOException {
    Path file = write(graph().addValueInfo(value("x".repeat(100_000), DataType.FLOAT, 1L << 40)));
    String message =
        assertThrows(InvalidModelException.class, () -> GraphMemory.check(file, LENGTH, LIMIT))
            .getMessage();
    assertTrue(
        message.contains("; tensor '" + "x".repeat(199) + "\u2026' of [1099511627776] takes "));
  }

  @Test
  void fixturesNeedLittle() throws IOException {
    ModelDirectory model = ModelDirectory.open(FixtureModels.copy("ranker", folder));
    GraphMemory.check(model.graphFile(), model.maxLength(), 200_000);
  }

  @Test
  void whatIsNoOnnxFileIsRefused() throws IOException {
    Path file = Files.write(folder.resolve("model.onnx"), new byte[] {7 << 3 | 2, 100, 1});
    String message =
        assertThrows(InvalidModelException.class, () -> GraphMemory.check(file, LENGTH, LIMIT))
            .getMessage();
    assertTrue(message.startsWith(file + " is not an ONNX file or is cut short: "), message);
  }
}
