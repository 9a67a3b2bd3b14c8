package org.solrelectra.training.export;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.solrelectra.lucene.encoder.OnnxEncoder;
import org.solrelectra.lucene.encoder.WorkerPool;
import org.solrelectra.lucene.model.InvalidModelException;
import org.solrelectra.lucene.model.Manifest;
import org.solrelectra.lucene.model.ModelDirectory;
import org.solrelectra.lucene.model.Task;
import org.solrelectra.training.GoldenFiles;
import org.solrelectra.training.checkpoint.HuggingFaceDirectory.Head;
import org.solrelectra.training.checkpoint.HuggingFaceModel;
import org.solrelectra.training.checkpoint.HuggingFaceWeights;
import org.solrelectra.training.checkpoint.SafeTensors.DataType;
import org.solrelectra.training.checkpoint.SafeTensors.Values;
import org.solrelectra.training.export.ModelExporter.Graphs;
import org.solrelectra.training.network.DiscriminatorNetwork;
import org.solrelectra.training.network.ParameterSet;
import org.solrelectra.training.task.Calibration;

/** Model directories that are written, compared with libtorch, and refused. */
class ModelExporterIT {
  @TempDir private Path folder;

  static Stream<Head> heads() {
    return Stream.of(
        Head.classifier(List.of("business", "sport", "weather")),
        Head.ranker(),
        Head.discriminator());
  }

  private static HuggingFaceModel model(Head head) throws IOException {
    if (!head.labels().isEmpty()) {
      return FixtureModelMaker.model(head);
    }
    HuggingFaceModel classifier = FixtureModelMaker.model(Head.ranker());
    ParameterSet parameters = new ParameterSet(5, GoldenFiles.DEVICE);
    new DiscriminatorNetwork(parameters, classifier.config());
    return new HuggingFaceModel(
        classifier.config(),
        head,
        HuggingFaceWeights.of(parameters, ""),
        classifier.vocabulary(),
        classifier.tokenizer());
  }

  @Test
  void labelsThatDoNotExcludeEachOtherStaySo() throws IOException {
    List<String> labels = List.of("business", "sport", "weather");
    Path output = folder.resolve("model");
    Head head = new Head("ElectraForSequenceClassification", labels, "multi_label_classification");
    ModelExporter.export(FixtureModelMaker.model(head), options(DataType.F32, Graphs.ALL), output);
    assertEquals(Manifest.Activation.SIGMOID, ModelDirectory.open(output).manifest().activation());
  }

  /** transformers leaves names out that say nothing. */
  @Test
  void labelsWithoutNamesAreNumbered() throws IOException {
    Path output = folder.resolve("model");
    Head head = Head.classifier(List.of("business", "sport", "weather"));
    ModelExporter.export(FixtureModelMaker.model(head), options(DataType.F32, Graphs.ALL), output);
    Path config = output.resolve("config.json");
    ObjectNode json = (ObjectNode) new ObjectMapper().readTree(config.toFile());
    json.remove(List.of("id2label", "label2id"));
    Files.writeString(config, json.toString());
    assertEquals(
        List.of("LABEL_0", "LABEL_1", "LABEL_2"), HuggingFaceModel.read(output).head().labels());
  }

  @Test
  void foldersBesideItAreLeftAlone() throws IOException {
    Path output = folder.resolve("model");
    Path old = Files.createDirectory(folder.resolve("model.old"));
    Path partial = Files.createDirectory(folder.resolve("model.partial"));
    Files.writeString(old.resolve("precious"), "a");
    ModelExporter.export(model(Head.ranker()), options(DataType.F32, Graphs.NONE), output);
    assertTrue(Files.exists(old.resolve("precious")));
    assertTrue(Files.exists(partial));
  }

  private static ModelExporter.Options options(DataType weights, Graphs graphs) {
    return new ModelExporter.Options(
        "a name",
        "2",
        weights,
        graphs,
        Calibration.of(1.5),
        new ObjectMapper().createObjectNode().put("steps", 7));
  }

  @ParameterizedTest
  @MethodSource("heads")
  void onnxRuntimeAgreesWithLibtorch(Head head) throws IOException {
    HuggingFaceModel model = model(head);
    Path output = folder.resolve("new/model");
    double difference = ModelExporter.export(model, options(DataType.F32, Graphs.ALL), output);
    assertTrue(difference <= ExportCheck.TOLERANCE, "difference " + difference);
    assertTrue(difference > 0, "two programs never round alike everywhere");
    ModelDirectory directory = ModelDirectory.open(output);
    assertEquals("a name", directory.manifest().name());
    assertEquals("2", directory.manifest().version());
    assertEquals(ModelExporter.task(model), directory.manifest().task());
    HuggingFaceModel read = HuggingFaceModel.read(output);
    assertEquals(model.head(), read.head());
    assertEquals(model.config(), read.config());
    assertEquals(model.tokenizer(), read.tokenizer());
    assertEquals(model.weights().keySet(), read.weights().keySet());
    model
        .weights()
        .forEach(
            (name, values) ->
                assertArrayEquals(values.floats(), read.weights().get(name).floats(), name));
    try (Stream<Path> files = Files.list(output.getParent())) {
      assertEquals(List.of(output), files.toList());
    }
  }

  @Test
  void aHeadOfNoTaskIsRefused() throws IOException {
    Head head = new Head("ElectraForSequenceClassification", List.of("a", "b"), "regression");
    HuggingFaceModel model = FixtureModelMaker.model(head);
    assertEquals(
        "no task has a head with these labels and this problem_type; labels=2,"
            + " problem_type=regression",
        assertThrows(
                InvalidModelException.class,
                () ->
                    ModelExporter.export(
                        model, options(DataType.F32, Graphs.ALL), folder.resolve("model")))
            .getMessage());
  }

  @Test
  void tasksFollowTheHead() throws IOException {
    assertEquals(
        List.of(Task.CLASSIFICATION, Task.RANKING, Task.PRETRAINED),
        heads()
            .map(
                head -> {
                  try {
                    return ModelExporter.task(model(head));
                  } catch (IOException e) {
                    throw new java.io.UncheckedIOException(e);
                  }
                })
            .toList());
  }

  @Test
  void weightsAndGraphCanBeLeftOut() throws IOException {
    HuggingFaceModel model = model(Head.discriminator());
    Path small = folder.resolve("small");
    assertEquals(0, ModelExporter.export(model, options(DataType.BF16, Graphs.NONE), small));
    assertFalse(Files.exists(small.resolve("model.onnx")));
    assertTrue(
        Files.size(small.resolve("model.safetensors"))
            < 2.2 * model.weights().values().stream().mapToLong(v -> v.floats().length).sum()
                + 10_000);
    Path served = folder.resolve("served");
    assertTrue(ModelExporter.export(model, options(null, Graphs.ALL), served) > 0);
    assertFalse(Files.exists(served.resolve("model.safetensors")));
    assertEquals(Task.PRETRAINED, ModelDirectory.open(served).manifest().task());
  }

  /** Each graph is of one model, the network of another that differs in a single weight. */
  @ParameterizedTest
  @CsvSource({
    "classifier.out_proj.bias, STANDARD",
    "electra.embeddings.LayerNorm.weight, STANDARD",
    "electra.encoder.layer.0.attention.self.query.weight, STANDARD",
    "electra.encoder.layer.1.attention.self.value.bias, STANDARD",
    "electra.encoder.layer.1.output.dense.weight, STANDARD",
    "electra.embeddings.LayerNorm.bias, ALL",
    "electra.encoder.layer.0.attention.self.key.weight, ALL",
    "electra.encoder.layer.0.attention.output.LayerNorm.weight, ALL",
    "electra.encoder.layer.1.attention.self.query.bias, ALL",
    "electra.encoder.layer.1.attention.self.value.weight, ALL",
    "electra.encoder.layer.1.output.dense.weight, ALL"
  })
  void aWrongWeightIsFound(String name, Graphs graphs) throws IOException {
    HuggingFaceModel model = model(Head.ranker());
    Path output = folder.resolve("model");
    assertTrue(ModelExporter.export(model, options(null, graphs), output) > 0);
    assertEquals(graphs == Graphs.ALL, Files.exists(output.resolve("model.fast.onnx")));
    HuggingFaceModel wrong = with(model, name, 1.01f, 0.05f);
    try (WorkerPool pool = new WorkerPool(0);
        OnnxEncoder encoder = OnnxEncoder.open(ModelDirectory.open(output), pool)) {
      assertTrue(new ExportCheck(model).largestDifference(encoder) <= ExportCheck.TOLERANCE);
      ExportMismatchException e =
          assertThrows(
              ExportMismatchException.class,
              () -> new ExportCheck(wrong).largestDifference(encoder));
      assertTrue(
          e.getMessage().startsWith("the exported graph differs from libtorch on a sequence of "),
          e.getMessage());
    }
  }

  /** What cannot be compared, or not closely enough, is not written. */
  @ParameterizedTest
  @CsvSource({"NaN", "1e9"})
  void aModelThatCannotBeCheckedLeavesNothing(float factor) throws IOException {
    HuggingFaceModel model = with(model(Head.ranker()), "classifier.out_proj.weight", factor, 0);
    Path output = folder.resolve("model");
    IOException e =
        assertThrows(
            IOException.class,
            () -> ModelExporter.export(model, options(DataType.F32, Graphs.ALL), output));
    // The encoder itself refuses a logit that is no number.
    assertEquals(!Float.isNaN(factor), e instanceof ExportMismatchException, e.getMessage());
    try (Stream<Path> files = Files.list(folder)) {
      assertEquals(List.of(), files.toList());
    }
  }

  private static HuggingFaceModel with(
      HuggingFaceModel model, String name, float factor, float offset) {
    Map<String, Values> weights = new HashMap<>(model.weights());
    Values values = weights.get(name);
    float[] changed = values.floats().clone();
    changed[changed.length / 2] = changed[changed.length / 2] * factor + offset;
    weights.put(name, new Values(changed, values.shape()));
    return new HuggingFaceModel(
        model.config(), model.head(), weights, model.vocabulary(), model.tokenizer());
  }

  @Test
  void weightsThatDoNotFitAreNamed() throws IOException {
    HuggingFaceModel model = model(Head.ranker());
    Map<String, Values> weights = new HashMap<>(model.weights());
    weights.remove("classifier.dense.bias");
    HuggingFaceModel lacking =
        new HuggingFaceModel(
            model.config(), model.head(), weights, model.vocabulary(), model.tokenizer());
    for (Graphs graphs : Graphs.values()) {
      InvalidModelException e =
          assertThrows(
              InvalidModelException.class,
              () ->
                  ModelExporter.export(
                      lacking, options(DataType.F32, graphs), folder.resolve("model")));
      assertEquals(
          "the exported checkpoint does not fit the network; missing weights:"
              + " [classifier.dense.bias]; unexpected weights: []",
          e.getMessage());
    }
    try (Stream<Path> files = Files.list(folder)) {
      assertEquals(List.of(), files.toList());
    }
  }

  @Test
  void aGeneratorIsNotExported() throws IOException {
    HuggingFaceModel model = model(Head.ranker());
    HuggingFaceModel generator =
        new HuggingFaceModel(
            model.config(),
            Head.generator(),
            model.weights(),
            model.vocabulary(),
            model.tokenizer());
    InvalidModelException e =
        assertThrows(
            InvalidModelException.class,
            () ->
                ModelExporter.export(
                    generator, options(DataType.F32, Graphs.ALL), folder.resolve("model")));
    assertEquals(
        "only ElectraForPreTraining and ElectraForSequenceClassification can be exported;"
            + " architectures=ElectraForMaskedLM",
        e.getMessage());
  }

  @Test
  void aDirectoryIsNotOverwritten() throws IOException {
    Path output = Files.createDirectory(folder.resolve("model"));
    assertEquals(
        output + " exists already; name another --output",
        assertThrows(
                IllegalArgumentException.class,
                () -> ModelExporter.export(model(Head.ranker()), options(null, Graphs.ALL), output))
            .getMessage());
  }
}
