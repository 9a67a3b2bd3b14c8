package org.solrelectra.lucene.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.onnx.proto.OnnxMl;
import com.google.protobuf.ByteString;
import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.UnknownFieldSet;
import com.google.protobuf.WireFormat;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.solrelectra.lucene.FixtureModels;

/** Whatever ONNX Runtime would see in a file, the inspector sees too, or refuses the file. */
class OnnxGraphInspectorTest {
  private static final int GRAPH = OnnxMl.ModelProto.GRAPH_FIELD_NUMBER;
  private static final int FUNCTIONS = OnnxMl.ModelProto.FUNCTIONS_FIELD_NUMBER;

  @TempDir Path folder;
  private Path file;
  private byte[] whole;

  @BeforeEach
  void copyFixture() throws IOException {
    file = FixtureModels.copy("classifier", folder).resolve("model.onnx");
    whole = Files.readAllBytes(file);
  }

  private String failure() {
    return assertThrows(InvalidModelException.class, () -> OnnxGraphInspector.inspect(file))
        .getMessage();
  }

  private void assertRefused(String reason) {
    assertEquals(file + " is not an ONNX file or is cut short: " + reason, failure());
  }

  /** Writes bytes of a model. */
  @FunctionalInterface
  private interface Part {
    void write(CodedOutputStream to) throws IOException;
  }

  private void append(Part part) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    bytes.write(whole);
    CodedOutputStream stream = CodedOutputStream.newInstance(bytes);
    part.write(stream);
    stream.flush();
    Files.write(file, bytes.toByteArray());
  }

  private void edit(Consumer<OnnxMl.ModelProto.Builder> edit) throws IOException {
    OnnxMl.ModelProto.Builder model = OnnxMl.ModelProto.parseFrom(whole).toBuilder();
    edit.accept(model);
    Files.write(file, model.build().toByteArray());
  }

  @Test
  void aSecondGraphIsRefused() throws IOException {
    ByteString decoy = OnnxMl.GraphProto.newBuilder().setName("decoy").build().toByteString();
    append(to -> to.writeBytes(GRAPH, decoy));
    assertRefused("onnx.ModelProto.graph must stand once; it stands twice");
  }

  @Test
  void aKnownFieldOfAnotherWireTypeIsRefused() throws IOException {
    append(to -> to.writeInt32(GRAPH, 1));
    assertRefused("onnx.ModelProto.graph must stand once; it stands twice");
    append(to -> to.writeFixed64(FUNCTIONS, 1));
    assertRefused("onnx.ModelProto.functions must have wire type 2; wire type=1");
    append(
        to -> {
          to.writeTag(FUNCTIONS, WireFormat.WIRETYPE_START_GROUP);
          to.writeTag(FUNCTIONS, WireFormat.WIRETYPE_END_GROUP);
        });
    assertRefused("onnx.ModelProto.functions must have wire type 2; wire type=3");
  }

  @Test
  void aDecoyBeforeTheGraphIsRefused() throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    CodedOutputStream stream = CodedOutputStream.newInstance(bytes);
    // A reader of field numbers alone takes this number for a length, and reads on from there.
    stream.writeInt32(GRAPH, 16);
    stream.flush();
    bytes.write(whole);
    Files.write(file, bytes.toByteArray());
    assertRefused("onnx.ModelProto.graph must have wire type 2; wire type=0");
  }

  @Test
  void fieldsInsideOfNodesAreComparedToo() throws IOException {
    OnnxMl.NodeProto twice =
        OnnxMl.NodeProto.newBuilder()
            .setOpType("Run")
            .setUnknownFields(
                UnknownFieldSet.newBuilder()
                    .addField(
                        OnnxMl.NodeProto.DOMAIN_FIELD_NUMBER,
                        UnknownFieldSet.Field.newBuilder()
                            .addLengthDelimited(ByteString.copyFromUtf8("evil"))
                            .addLengthDelimited(ByteString.EMPTY)
                            .build())
                    .build())
            .build();
    edit(model -> model.getGraphBuilder().addNode(twice));
    assertRefused("onnx.NodeProto.domain must stand once; it stands twice");
  }

  @Test
  void groupsAreRefused() throws IOException {
    append(
        to -> {
          to.writeTag(99, WireFormat.WIRETYPE_START_GROUP);
          to.writeTag(99, WireFormat.WIRETYPE_END_GROUP);
        });
    assertRefused("onnx.ModelProto has a group, which ONNX does not know");
  }

  @Test
  void unknownBytesAreBounded() throws IOException {
    append(to -> to.writeByteArray(99, new byte[1000]));
    OnnxGraphInspector.inspect(file);
    append(to -> to.writeByteArray(99, new byte[17 << 20]));
    assertRefused("fields that are not ONNX's take more than 16777216 bytes");
  }

  @Test
  void deepNestingIsRefused() throws IOException {
    OnnxMl.GraphProto graph = OnnxMl.GraphProto.getDefaultInstance();
    for (int depth = 0; depth < 60; depth++) {
      graph =
          OnnxMl.GraphProto.newBuilder()
              .addNode(
                  OnnxMl.NodeProto.newBuilder()
                      .addAttribute(OnnxMl.AttributeProto.newBuilder().setG(graph)))
              .build();
      if (depth == 20) {
        OnnxMl.GraphProto shallow = graph;
        edit(model -> model.getGraphBuilder().addAllNode(shallow.getNodeList()));
        OnnxGraphInspector.inspect(file);
      }
    }
    List<OnnxMl.NodeProto> nodes = graph.getNodeList();
    edit(model -> model.getGraphBuilder().addAllNode(nodes));
    assertRefused("messages are nested more than 100 deep");
  }

  @Test
  void graphsForTrainingAreRefused() throws IOException {
    edit(model -> model.addTrainingInfo(OnnxMl.TrainingInfoProto.getDefaultInstance()));
    assertEquals(file + " holds graphs for training; expected one graph, which is run", failure());
  }

  @Test
  void externalDataIsFoundWhereverTensorsStand() throws IOException {
    OnnxMl.TensorProto tensor = at("../weights.bin");
    OnnxMl.SparseTensorProto sparse =
        OnnxMl.SparseTensorProto.newBuilder().setValues(tensor).build();
    List<OnnxMl.AttributeProto> attributes =
        List.of(
            OnnxMl.AttributeProto.newBuilder().setT(tensor).build(),
            OnnxMl.AttributeProto.newBuilder().addTensors(tensor).build(),
            OnnxMl.AttributeProto.newBuilder().setSparseTensor(sparse).build(),
            OnnxMl.AttributeProto.newBuilder().addSparseTensors(sparse).build(),
            OnnxMl.AttributeProto.newBuilder()
                .setG(OnnxMl.GraphProto.newBuilder().addSparseInitializer(sparse))
                .build(),
            OnnxMl.AttributeProto.newBuilder()
                .addGraphs(OnnxMl.GraphProto.newBuilder().addInitializer(tensor))
                .build());
    String expected =
        file + " keeps data outside its directory, which is refused; location='../weights.bin'";
    for (OnnxMl.AttributeProto attribute : attributes) {
      edit(model -> model.getGraphBuilder().getNodeBuilder(0).addAttribute(attribute));
      assertEquals(expected, failure());
    }
    edit(model -> model.getGraphBuilder().addSparseInitializer(sparse));
    assertEquals(expected, failure());
  }

  private static OnnxMl.TensorProto at(String location) {
    return OnnxMl.TensorProto.newBuilder()
        .setName("far")
        .addExternalData(
            OnnxMl.StringStringEntryProto.newBuilder().setKey("location").setValue(location))
        .build();
  }

  @Test
  void externalDataStandsInAFileOfTheDirectory() throws IOException {
    edit(model -> model.getGraphBuilder().addInitializer(at("weights.bin")));
    Path weights = file.resolveSibling("weights.bin");
    assertEquals(weights + " is missing, though model.onnx keeps data there", failure());
    Files.createDirectory(weights);
    assertEquals(weights + " must be a regular file; it is a directory", failure());
    Files.delete(weights);
    Files.createFile(weights);
    OnnxGraphInspector.inspect(file);
    edit(model -> model.getGraphBuilder().addInitializer(at("a\0b")));
    assertEquals(file + " keeps data in no possible file; location='a\\u0000b'", failure());
    for (String location : List.of("..\\weights.bin", "", "C:\\weights.bin")) {
      edit(model -> model.getGraphBuilder().addInitializer(at(location)));
      assertEquals(
          file + " keeps data outside its directory, which is refused; location='" + location + "'",
          failure());
    }
  }

  @Test
  void aTableWithoutDimensionsIsNone() throws IOException {
    edit(model -> model.getGraphBuilder().getInitializerBuilderList().forEach(t -> t.clearDims()));
    assertEquals(-1, OnnxGraphInspector.inspect(file).wordTableRows());
    edit(
        model ->
            model
                .getGraphBuilder()
                .getNodeBuilderList()
                .forEach(node -> node.clearInput().clearOutput()));
    assertEquals(-1, OnnxGraphInspector.inspect(file).wordTableRows());
  }

  @Test
  void tablesAreFoundByTheirInputs() throws IOException {
    OnnxGraph graph = OnnxGraphInspector.inspect(file);
    assertEquals(91, graph.wordTableRows());
    assertEquals(2, graph.tokenTypeRows());
    assertEquals(List.of(-1L, 3L), graph.outputs().get("logits"));
  }

  @Test
  void aFileThatIsTooLargeForProtobufIsRefused() throws IOException {
    try (RandomAccessFile larger = new RandomAccessFile(file.toFile(), "rw")) {
      larger.setLength(3L << 30);
    }
    assertEquals(
        file
            + " must have at most 2147483647 bytes, protobuf's limit; larger weights are external"
            + " data; bytes=3221225472",
        failure());
  }

  @Test
  void weightsAreNotKept() throws IOException {
    edit(
        model ->
            model
                .getGraphBuilder()
                .addNode(
                    OnnxMl.NodeProto.newBuilder()
                        .setOpType("Constant")
                        .addAttribute(
                            OnnxMl.AttributeProto.newBuilder()
                                .setT(
                                    OnnxMl.TensorProto.newBuilder()
                                        .addAllFloatData(List.of(1f, 2f))
                                        .addAllInt64Data(List.of(1L, 2L))
                                        .setRawData(ByteString.copyFrom(new byte[100]))))));
    assertTrue(OnnxGraphInspector.inspect(file).inputs().contains("input_ids"));
  }
}
