package org.solrelectra.lucene.encoder;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.onnx.proto.OnnxMl;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.solrelectra.lucene.FixtureModels;
import org.solrelectra.lucene.model.InvalidModelException;
import org.solrelectra.lucene.model.ModelDirectory;

/** Graphs that take all time or memory when they are run, and openings on a busy pool. */
@Timeout(60)
class OnnxOpeningIT {
  private static final int LABELS = 3;

  @TempDir private Path folder;
  private final WorkerPool pool = new WorkerPool(0);

  @AfterEach
  void closePool() {
    pool.close();
  }

  /** Returns the fixture's directory with another graph. */
  private ModelDirectory model(OnnxMl.GraphProto.Builder graph) throws IOException {
    Path directory = FixtureModels.copy("classifier", folder);
    Files.delete(directory.resolve("manifest.json"));
    Files.write(
        directory.resolve("model.onnx"),
        OnnxMl.ModelProto.newBuilder()
            .setIrVersion(8)
            .addOpsetImport(OnnxMl.OperatorSetIdProto.newBuilder().setVersion(17))
            .setGraph(graph.setName("handmade"))
            .build()
            .toByteArray());
    return ModelDirectory.open(directory);
  }

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

  private static OnnxMl.NodeProto.Builder node(String operator, String output, String... inputs) {
    return OnnxMl.NodeProto.newBuilder()
        .setOpType(operator)
        .addOutput(output)
        .addAllInput(List.of(inputs));
  }

  private static OnnxMl.TensorProto numbers(String name, long... numbers) {
    OnnxMl.TensorProto.Builder tensor =
        OnnxMl.TensorProto.newBuilder()
            .setName(name)
            .setDataType(DataType.INT64.getNumber())
            .addDims(numbers.length);
    for (long number : numbers) {
      tensor.addInt64Data(number);
    }
    return tensor.build();
  }

  private static OnnxMl.GraphProto.Builder graph() {
    return OnnxMl.GraphProto.newBuilder()
        .addInput(value("input_ids", DataType.INT64, "batch", "seq"))
        .addOutput(value("logits", DataType.FLOAT, "batch", LABELS));
  }

  /**
   * Adds to nothing but sums of zeros as many as a tensor of [seq, seq, seq, width] has: its shape
   * is computed from the input, and declared nowhere.
   */
  private static OnnxMl.GraphProto.Builder cubic(long width) {
    return graph()
        .addInitializer(numbers("width", width))
        .addInitializer(numbers("place", 1))
        .addInitializer(numbers("label_shape", 1, LABELS))
        .addNode(node("Shape", "shape", "input_ids"))
        .addNode(node("Gather", "seq", "shape", "place"))
        .addNode(
            node("Concat", "cube", "seq", "seq", "seq", "width")
                .addAttribute(
                    OnnxMl.AttributeProto.newBuilder()
                        .setName("axis")
                        .setType(OnnxMl.AttributeProto.AttributeType.INT)
                        .setI(0)))
        .addNode(node("ConstantOfShape", "zeros", "cube"))
        .addNode(
            node("ReduceSum", "sum", "zeros")
                .addAttribute(
                    OnnxMl.AttributeProto.newBuilder()
                        .setName("keepdims")
                        .setType(OnnxMl.AttributeProto.AttributeType.INT)
                        .setI(0)))
        .addNode(node("Expand", "logits", "sum", "label_shape"));
  }

  /** Counts up to the largest long. */
  private static OnnxMl.GraphProto.Builder endless() {
    OnnxMl.GraphProto body =
        OnnxMl.GraphProto.newBuilder()
            .setName("body")
            .addInput(value("i", DataType.INT64))
            .addInput(value("go_on", DataType.BOOL))
            .addInput(value("count", DataType.FLOAT))
            .addOutput(value("still", DataType.BOOL))
            .addOutput(value("more", DataType.FLOAT))
            .addNode(node("Identity", "still", "go_on"))
            .addNode(node("Sin", "more", "count"))
            .build();
    return graph()
        .addInitializer(
            OnnxMl.TensorProto.newBuilder()
                .setName("trips")
                .setDataType(DataType.INT64.getNumber())
                .addInt64Data(Long.MAX_VALUE))
        .addInitializer(
            OnnxMl.TensorProto.newBuilder()
                .setName("always")
                .setDataType(DataType.BOOL.getNumber())
                .addInt32Data(1))
        .addInitializer(numbers("label_shape", 1, LABELS))
        .addNode(
            node("Cast", "floats", "input_ids")
                .addAttribute(
                    OnnxMl.AttributeProto.newBuilder()
                        .setName("to")
                        .setType(OnnxMl.AttributeProto.AttributeType.INT)
                        .setI(DataType.FLOAT.getNumber())))
        .addNode(
            node("ReduceSum", "start", "floats")
                .addAttribute(
                    OnnxMl.AttributeProto.newBuilder()
                        .setName("keepdims")
                        .setType(OnnxMl.AttributeProto.AttributeType.INT)
                        .setI(0)))
        .addNode(
            node("Loop", "end", "trips", "always", "start")
                .addAttribute(
                    OnnxMl.AttributeProto.newBuilder()
                        .setName("body")
                        .setType(OnnxMl.AttributeProto.AttributeType.GRAPH)
                        .setG(body)))
        .addNode(node("Expand", "logits", "end", "label_shape"));
  }

  private String refusal(ModelDirectory model, OpeningLimits limits) {
    return assertThrows(
            InvalidModelException.class, () -> OnnxEncoder.open(model, pool, limits).close())
        .getMessage();
  }

  @Test
  void aGraphThatNeverEndsIsEnded() throws IOException {
    ModelDirectory model = model(endless());
    assertEquals(
        model.graphFile() + " takes too long; its self-test may take 300 ms and was ended then",
        refusal(model, new OpeningLimits(1_000_000_000, 300)));
  }

  @Test
  @EnabledOnOs(OS.LINUX)
  void memoryThatNoShapeDeclaresIsMeasured() throws IOException {
    // 16 MB at 8 tokens, 131 MB at 16, 8 GB at 64.
    ModelDirectory model = model(cubic(8192));
    String message = refusal(model, new OpeningLimits(300_000_000, 30_000));
    String expected =
        model.graphFile()
            + " takes too much memory; a model may take 300000000 bytes; a sequence of 32 tokens"
            + " takes ";
    assertTrue(message.matches("\\Q" + expected + "\\E\\d+"), message);
  }

  @Test
  void memoryThatAModelMayTakeIsNoReason() throws IOException {
    try (OnnxEncoder encoder =
        OnnxEncoder.open(model(cubic(8)), pool, new OpeningLimits(1_000_000_000, 30_000))) {
      assertEquals(64, encoder.model().maxLength());
    }
  }

  @Test
  void aTensorThatIsDeclaredTooLargeIsRefusedBeforeItRuns() throws IOException {
    OnnxMl.GraphProto.Builder graph = endless();
    graph.addValueInfo(value("floats", DataType.FLOAT, "seq", "seq", "seq", "seq"));
    ModelDirectory model = model(graph);
    assertEquals(
        model.graphFile()
            + " declares a tensor that is too large; a model may take 50000000 bytes; tensor"
            + " 'floats' of [64, 64, 64, 64] takes 67108864 for a sequence of 64 tokens",
        refusal(model, new OpeningLimits(50_000_000, 30_000)));
  }

  /** Else a node under load would open no model. */
  @Test
  void anOpeningWaitsForNoDocuments() throws IOException, InterruptedException {
    CountDownLatch begun = new CountDownLatch(1);
    CountDownLatch opened = new CountDownLatch(1);
    Thread documents =
        new Thread(
            () -> {
              try {
                pool.forEach(
                    1,
                    Lane.INDEXING,
                    Deadline.NONE,
                    index -> {
                      begun.countDown();
                      try {
                        opened.await();
                      } catch (InterruptedException e) {
                        throw new IllegalStateException(e);
                      }
                      return true;
                    });
              } catch (IOException e) {
                throw new IllegalStateException(e);
              }
            });
    documents.start();
    begun.await();
    OnnxEncoder.open(ModelDirectory.open(FixtureModels.copy("ranker", folder)), pool).close();
    opened.countDown();
    documents.join();
  }

  /** Prints why the library cannot be loaded, twice. */
  static final class Opening {
    private Opening() {}

    public static void main(String[] arguments) {
      for (int attempt = 0; attempt < 2; attempt++) {
        try {
          OrtRuntime.environment();
        } catch (IOException e) {
          System.out.println(e.getMessage());
        }
      }
    }
  }

  @Test
  void aTemporaryFolderThatIsNotThereIsExplainedEachTime()
      throws IOException, InterruptedException {
    Path missing = folder.resolve("missing");
    Path output = folder.resolve("printed");
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Djava.io.tmpdir=" + missing,
                "-cp",
                System.getProperty(
                    "surefire.test.class.path", System.getProperty("java.class.path")),
                Opening.class.getName())
            .redirectOutput(output.toFile())
            .start();
    assertEquals(0, process.waitFor());
    List<String> printed = Files.readAllLines(output, StandardCharsets.UTF_8);
    assertEquals(2, printed.size(), printed.toString());
    for (String line : printed) {
      assertTrue(
          line.endsWith(
              "; 29 MB of room in the temporary folder, where there is no such folder. Java does"
                  + " not try to load it again: restart the process when that is mended"),
          line);
    }
  }
}
