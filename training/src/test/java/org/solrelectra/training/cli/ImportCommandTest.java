package org.solrelectra.training.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.solrelectra.lucene.model.TokenizerConfig;
import org.solrelectra.lucene.model.Vocabulary;
import org.solrelectra.training.checkpoint.HuggingFaceDirectory;
import org.solrelectra.training.checkpoint.HuggingFaceDirectory.Head;
import org.solrelectra.training.checkpoint.HuggingFaceModel;
import org.solrelectra.training.checkpoint.SafeTensors;
import org.solrelectra.training.checkpoint.SafeTensors.DataType;
import org.solrelectra.training.checkpoint.SafeTensors.Values;
import org.solrelectra.training.checkpoint.SmallTensorFlowModel;
import org.solrelectra.training.checkpoint.TensorFlowFileWriter;
import org.solrelectra.training.checkpoint.TorchFileWriter;
import org.solrelectra.training.network.ElectraConfig;

/** Weights of others become a run's folders, or an error that names what does not fit. */
class ImportCommandTest {
  private static final String LM_MATRIX = "generator_lm_head.weight";
  private static final String WORDS = "electra.embeddings.word_embeddings.weight";

  @TempDir private Path folder;
  private Path from;
  private Path output;
  private Map<String, Values> discriminator;
  private Map<String, Values> generator;

  @BeforeEach
  void makeWeights() throws IOException {
    from = folder.resolve("from");
    output = folder.resolve("output");
    discriminator = SmallTensorFlowModel.expected(false);
    generator = SmallTensorFlowModel.expected(true);
  }

  private CommandRun run(Object... more) {
    List<Object> arguments = new ArrayList<>(List.of("import", "--from", from, "--output", output));
    arguments.addAll(Arrays.asList(more));
    return CommandRun.of(arguments.toArray());
  }

  private void assertDone(CommandRun run, String... lines) {
    assertEquals("", run.err());
    assertEquals(0, run.code());
    assertEquals(List.of(lines), run.out().lines().toList());
  }

  private void assertFails(String message, Object... more) throws IOException {
    boolean thereBefore = Files.exists(output);
    CommandRun run = run(more);
    assertEquals("electra import: " + message, run.errorLine());
    assertEquals(1, run.code());
    assertEquals("", run.out());
    assertEquals(thereBefore, Files.exists(output));
    try (Stream<Path> left = Files.list(folder)) {
      assertTrue(left.noneMatch(path -> path.getFileName().toString().contains("partial")));
    }
  }

  private String written(String part, int layers, int hidden, String remark) {
    return "written: "
        + output.resolve(part)
        + ": "
        + layers
        + " layers of "
        + hidden
        + ", vocabulary of 12, 0.0 million weights"
        + remark;
  }

  private void assertImported(String part, Head head, Map<String, Values> expected)
      throws IOException {
    assertWeights(expected, SafeTensors.read(output.resolve(part + "/model.safetensors")));
    HuggingFaceModel model = HuggingFaceModel.read(output.resolve(part));
    assertEquals(head, model.head());
    assertEquals(
        part.equals("generator")
            ? SmallTensorFlowModel.GENERATOR
            : SmallTensorFlowModel.DISCRIMINATOR,
        model.config());
    assertEquals(SmallTensorFlowModel.PIECES, model.vocabulary().pieces());
  }

  private static void assertWeights(Map<String, Values> expected, Map<String, Values> actual) {
    assertEquals(expected.keySet(), actual.keySet());
    for (Map.Entry<String, Values> entry : expected.entrySet()) {
      Values values = actual.get(entry.getKey());
      assertArrayEquals(entry.getValue().shape(), values.shape(), entry.getKey());
      assertArrayEquals(entry.getValue().floats(), values.floats(), entry.getKey());
    }
  }

  private static Map<String, Values> bodyOf(Map<String, Values> weights) {
    Map<String, Values> body = new LinkedHashMap<>(weights);
    body.keySet().removeIf(name -> !name.startsWith("electra."));
    return body;
  }

  /** The checkpoint that TensorFlow wrote. */
  private void copyTensorFlow() throws IOException {
    Files.createDirectories(from);
    for (String name : List.of("small.index", "small.data-00000-of-00001", "vocab.txt")) {
      try (InputStream in = getClass().getResourceAsStream("/interchange/tensorflow/" + name)) {
        Files.copy(in, from.resolve(name));
      }
    }
  }

  private void writeTensorFlow(Map<String, Values> variables) throws IOException {
    Files.createDirectories(from);
    TensorFlowFileWriter.write(from.resolve("model.ckpt-7"), variables);
    Files.write(from.resolve("vocab.txt"), SmallTensorFlowModel.PIECES);
  }

  /** Writes a Hugging Face directory of safetensors. */
  private static void writeHuggingFace(
      Path to, ElectraConfig config, Head head, Map<String, Values> weights) throws IOException {
    HuggingFaceDirectory.write(
        to,
        config,
        head,
        weights,
        DataType.F32,
        Vocabulary.of(SmallTensorFlowModel.PIECES, "test"),
        TokenizerConfig.bert(true, config.maxPositions()));
  }

  private void writeDiscriminator() throws IOException {
    writeHuggingFace(from, SmallTensorFlowModel.DISCRIMINATOR, Head.discriminator(), discriminator);
  }

  private void writeGenerator(Map<String, Values> weights) throws IOException {
    writeHuggingFace(from, SmallTensorFlowModel.GENERATOR, Head.generator(), weights);
  }

  private void edit(String name, String key, Object value) throws IOException {
    Path file = from.resolve(name);
    ObjectMapper mapper = new ObjectMapper();
    ObjectNode json = (ObjectNode) mapper.readTree(file.toFile());
    json.putPOJO(key, value);
    Files.writeString(file, mapper.writeValueAsString(json));
  }

  @Test
  void aTensorFlowCheckpointBecomesBothNetworks() throws IOException {
    copyTensorFlow();
    assertDone(run(), written("discriminator", 2, 16, ""), written("generator", 2, 4, ""));
    assertImported("discriminator", Head.discriminator(), discriminator);
    assertImported("generator", Head.generator(), generator);
    HuggingFaceModel model = HuggingFaceModel.read(output.resolve("generator"));
    assertEquals(TokenizerConfig.bert(true, 10), model.tokenizer());
  }

  @ParameterizedTest
  @ValueSource(strings = {"small", "small.index", "checkpoint", "moved", "windows"})
  void aCheckpointHasSeveralNames(String name) throws IOException {
    copyTensorFlow();
    Path all = from;
    switch (name) {
      case "checkpoint" -> {
        Files.writeString(from.resolve("older.index"), "");
        Files.writeString(
            from.resolve("checkpoint"),
            "model_checkpoint_path: \"small\"\nall_model_checkpoint_paths: \"older\"\n");
      }
      case "moved" ->
          Files.writeString(
              from.resolve("checkpoint"), "model_checkpoint_path: \"gs://bucket/models/small\"\n");
      case "windows" ->
          Files.writeString(
              from.resolve("checkpoint"),
              "model_checkpoint_path: \"C:\\\\models\\\\electra\\\\small\"\r\n");
      default -> from = all.resolve(name);
    }
    assertEquals(0, run("--cased").code());
    assertImported("discriminator", Head.discriminator(), discriminator);
    HuggingFaceModel model = HuggingFaceModel.read(output.resolve("discriminator"));
    assertEquals(TokenizerConfig.bert(false, 10), model.tokenizer());
  }

  /** Lower-cased German, of which google-research/electra has no switch in its checkpoints. */
  @Test
  void aCheckpointMayKeepAccentsWithoutCase() throws IOException {
    copyTensorFlow();
    assertEquals(0, run("--no-strip-accents").code());
    HuggingFaceModel model = HuggingFaceModel.read(output.resolve("discriminator"));
    assertEquals(new TokenizerConfig(true, false, true, 10), model.tokenizer());
  }

  @Test
  void aCheckpointMayHaveMoreRowsThanPieces() throws IOException {
    copyTensorFlow();
    List<String> pieces = SmallTensorFlowModel.PIECES;
    Files.write(from.resolve("vocab.txt"), pieces.subList(0, pieces.size() - 2));
    CommandRun run = run();
    assertEquals(0, run.code(), run.err());
    HuggingFaceModel model = HuggingFaceModel.read(output.resolve("generator"));
    assertEquals(pieces.size(), model.config().vocabularySize());
    assertEquals(pieces.size() - 2, model.vocabulary().size());
  }

  @Test
  void aFineTunedCheckpointIsABody() throws IOException {
    Map<String, Values> variables = SmallTensorFlowModel.variables();
    variables
        .keySet()
        .removeIf(name -> name.startsWith("generator") || name.startsWith("discriminator_"));
    variables.put("task_specific/cola/dense/kernel", new Values(new float[32], new long[] {16, 2}));
    writeTensorFlow(variables);
    assertDone(
        run(),
        written(
            "discriminator",
            2,
            16,
            "; the body alone, to fine-tune: the head of replaced token detection is not there"));
    assertImported("discriminator", Head.none(), bodyOf(discriminator));
  }

  @Test
  void aGeneratorMayHaveItsOwnEmbeddings() throws IOException {
    Map<String, Values> variables = SmallTensorFlowModel.variables();
    for (String name : List.copyOf(variables.keySet())) {
      if (name.startsWith("electra/embeddings/")) {
        Values values = variables.get(name);
        float[] floats = values.floats().clone();
        floats[0] += 1;
        variables.put(name.replace("electra/", "generator/"), new Values(floats, values.shape()));
      }
    }
    writeTensorFlow(variables);
    assertEquals(0, run().code());
    assertImported("discriminator", Head.discriminator(), discriminator);
    float[] words =
        SafeTensors.read(output.resolve("generator/model.safetensors")).get(WORDS).floats();
    assertEquals(discriminator.get(WORDS).floats()[0] + 1, words[0]);
  }

  @Test
  void aGeneratorMayBeTheDiscriminatorsBody() throws IOException {
    Map<String, Values> variables = SmallTensorFlowModel.variables();
    variables.keySet().removeIf(name -> name.startsWith("generator/"));
    variables.put(
        "generator_predictions/dense/kernel", new Values(new float[128], new long[] {16, 8}));
    writeTensorFlow(variables);
    assertEquals(0, run().code());
    Map<String, Values> weights = SafeTensors.read(output.resolve("generator/model.safetensors"));
    assertWeights(bodyOf(discriminator), bodyOf(weights));
  }

  @Test
  void aCheckpointThatDoesNotFitIsRefused() throws IOException {
    Map<String, Values> variables = SmallTensorFlowModel.variables();
    Values bias = variables.remove("electra/encoder/layer_1/output/dense/bias");
    writeTensorFlow(variables);
    Path prefix = from.resolve("model.ckpt-7");
    assertFails(
        prefix
            + " does not fit the network; missing weights: [electra/encoder/layer_1/output/dense/bias]; unexpected weights: []");
    variables.put("electra/encoder/layer_1/output/dense/bias", bias);
    variables.put("electra/pooler/bias", bias);
    writeTensorFlow(variables);
    assertFails(
        prefix
            + " does not fit the network; missing weights: []; unexpected weights: [electra/pooler/bias]");
    variables.remove("electra/pooler/bias");
    variables.put(
        "electra/encoder/layer_1/output/dense/kernel",
        new Values(new float[1024], new long[] {16, 64}));
    writeTensorFlow(variables);
    assertFails(
        prefix
            + ": electra/encoder/layer_1/output/dense/kernel has shape [16, 64]; expected [64, 16]"
            + " from the shapes of the embeddings and the first layer");
    variables.put("electra/encoder/layer_0/attention/self/query/kernel", bias);
    writeTensorFlow(variables);
    assertFails(
        prefix
            + " must have electra/encoder/layer_0/attention/self/query/kernel with 2 dimensions; shape=[16]");
    variables.put(
        "electra/encoder/layer_0/attention/self/query/kernel",
        new Values(new float[200], new long[] {1, 200}));
    writeTensorFlow(variables);
    assertFails(
        prefix
            + ": hidden_size must be a multiple of num_attention_heads; hidden_size=200, num_attention_heads=3");
    writeTensorFlow(Map.of("bert/pooler/dense/bias", bias));
    assertFails(
        prefix
            + " holds no ELECTRA; expected variables that start with one of [electra/, generator/, discriminator_predictions/,"
            + " generator_predictions/]; found [bert/pooler/dense/bias] and the like");
  }

  @Test
  void aCheckpointNeedsItsVocabulary() throws IOException {
    copyTensorFlow();
    Path vocabulary = folder.resolve("other.txt");
    Files.move(from.resolve("vocab.txt"), vocabulary);
    assertFails(from + " holds no vocabulary; expected vocab.txt or tokenizer.json");
    assertEquals(0, run("--vocabulary", vocabulary).code());
    assertImported("discriminator", Head.discriminator(), discriminator);
    Files.copy(vocabulary, from.resolve("vocab.txt"));
    assertFails(
        from + " has a vocabulary of its own; leave out " + vocabulary, "--vocabulary", vocabulary);
    Files.writeString(from.resolve("vocab.txt"), Files.readString(vocabulary) + "more\n");
    assertFails(
        from.resolve("small")
            + ": vocabulary and checkpoint do not belong together; rows of word_embeddings=12, pieces=13");
  }

  @Test
  void aFolderWithoutAModelIsNamed() throws IOException {
    assertFails(
        from
            + " is neither a folder nor a TensorFlow checkpoint; expected the file "
            + folder.resolve("from.index"));
    Files.createDirectories(from);
    String expected =
        from
            + " holds no model; expected config.json, the folders discriminator or generator, or one TensorFlow checkpoint (*.index);"
            + " checkpoints: ";
    assertFails(expected + "[]");
    Files.writeString(from.resolve("b.index"), "");
    Files.writeString(from.resolve("a.index"), "");
    assertFails(expected + "[a.index, b.index]");
    Path note = Files.writeString(from.resolve("checkpoint"), "model_checkpoint_path: \"c\"\n");
    assertFails(note + " names " + from.resolve("c") + ", which is not there");
    Files.writeString(note, "nothing\n");
    assertFails(note + " names no checkpoint; expected a line model_checkpoint_path:");
  }

  @ParameterizedTest
  @CsvSource({"false", "true"})
  void aPyTorchFileOfOldNamesIsTheSameModel(boolean legacy) throws IOException {
    writeGenerator(generator);
    Files.delete(from.resolve("model.safetensors"));
    Map<String, Values> old = new LinkedHashMap<>();
    old.put("electra.embeddings.position_ids", new Values(new float[10], new long[] {1, 10}));
    generator.forEach(
        (name, values) ->
            old.put(
                name.replace("LayerNorm.weight", "LayerNorm.gamma")
                    .replace("LayerNorm.bias", "LayerNorm.beta"),
                values));
    old.put(LM_MATRIX, generator.get(WORDS));
    Path file = from.resolve("pytorch_model.bin");
    if (legacy) {
      TorchFileWriter.writeLegacy(file, old);
    } else {
      TorchFileWriter.writeZip(file, old);
    }
    assertDone(run(), written("generator", 2, 4, ""));
    assertImported("generator", Head.generator(), generator);
    assertWeights(generator, HuggingFaceModel.read(from).weights());
  }

  @Test
  void anOutputMatrixOfItsOwnIsRefused() throws IOException {
    Map<String, Values> untied = new LinkedHashMap<>(generator);
    Values words = generator.get(WORDS);
    float[] others = words.floats().clone();
    others[95]++;
    untied.put(LM_MATRIX, new Values(others, words.shape()));
    writeGenerator(untied);
    assertFails(
        from.resolve("model.safetensors")
            + ": generator_lm_head.weight differs from electra.embeddings.word_embeddings.weight;"
            + " expected a generator that is tied to its word table");
  }

  @Test
  void aNameMayNotComeTwice() throws IOException {
    Map<String, Values> twice = new LinkedHashMap<>(discriminator);
    twice.put(
        "electra.embeddings.LayerNorm.gamma",
        discriminator.get("electra.embeddings.LayerNorm.weight"));
    writeHuggingFace(from, SmallTensorFlowModel.DISCRIMINATOR, Head.discriminator(), twice);
    assertFails(
        from.resolve("model.safetensors")
            + " has electra.embeddings.LayerNorm.weight under two names");
  }

  @Test
  void aBareModelIsABody() throws IOException {
    Map<String, Values> bare = new LinkedHashMap<>();
    bodyOf(discriminator)
        .forEach((name, values) -> bare.put(name.substring("electra.".length()), values));
    writeHuggingFace(from, SmallTensorFlowModel.DISCRIMINATOR, Head.none(), bare);
    assertDone(
        run(),
        written(
            "discriminator",
            2,
            16,
            "; the body alone, to fine-tune: the head of replaced token detection is not there"));
    assertImported("discriminator", Head.none(), bodyOf(discriminator));
  }

  @Test
  void aClassifierLeavesItsHeadBehind() throws IOException {
    Map<String, Values> classifier = bodyOf(discriminator);
    classifier.put("classifier.out_proj.bias", new Values(new float[2], new long[] {2}));
    writeHuggingFace(
        from,
        SmallTensorFlowModel.DISCRIMINATOR,
        Head.classifier(List.of("bad", "good")),
        classifier);
    assertDone(
        run(),
        written(
            "discriminator",
            2,
            16,
            "; the body alone, to fine-tune: the head of replaced token detection is not there;"
                + " left out: [classifier.out_proj.bias]"));
    assertImported("discriminator", Head.none(), bodyOf(discriminator));
  }

  @Test
  void aDirectoryThatDoesNotFitIsRefused() throws IOException {
    writeHuggingFace(
        from, SmallTensorFlowModel.DISCRIMINATOR, Head.discriminator(), bodyOf(discriminator));
    assertFails(
        from
            + " does not fit the network; missing weights: [discriminator_predictions.dense.weight,"
            + " discriminator_predictions.dense.bias, discriminator_predictions.dense_prediction.weight,"
            + " discriminator_predictions.dense_prediction.bias]; unexpected weights: []");
    Map<String, Values> more = new LinkedHashMap<>(discriminator);
    more.put("pooler.bias", new Values(new float[1], new long[] {1}));
    writeHuggingFace(from, SmallTensorFlowModel.DISCRIMINATOR, Head.discriminator(), more);
    assertFails(
        from + " does not fit the network; missing weights: []; unexpected weights: [pooler.bias]");
    writeDiscriminator();
    edit("config.json", "intermediate_size", 32);
    assertFails(
        from
            + ": electra.encoder.layer.0.intermediate.dense.weight has shape [64, 16]; expected [32, 16] from config.json");
    edit("config.json", "architectures", List.of("BertModel"));
    assertFails(
        from
            + " has another head; expected ElectraForPreTraining, ElectraForMaskedLM or one of [ElectraModel, ElectraForSequenceClassification,"
            + " ElectraForTokenClassification, ElectraForQuestionAnswering, ElectraForMultipleChoice]; architectures=BertModel");
    Files.delete(from.resolve("model.safetensors"));
    assertFails(
        from
            + " is not a model directory: it holds no weights; expected one of [model.safetensors, model.safetensors.index.json,"
            + " pytorch_model.bin, pytorch_model.bin.index.json]");
  }

  @Test
  void weightsTellWhatADirectoryOfNoArchitectureIs() throws IOException {
    writeGenerator(generator);
    edit("config.json", "architectures", List.of());
    assertDone(run(), written("generator", 2, 4, ""));
    assertImported("generator", Head.generator(), generator);
  }

  @Test
  void aRunsFoldersAreTakenTogether() throws IOException {
    Path run = from;
    from = run.resolve("discriminator");
    writeDiscriminator();
    from = run.resolve("generator");
    writeGenerator(generator);
    from = run;
    assertDone(run(), written("discriminator", 2, 16, ""), written("generator", 2, 4, ""));
    for (String file : List.of("discriminator/", "generator/")) {
      for (String name :
          List.of("config.json", "vocab.txt", "tokenizer_config.json", "model.safetensors")) {
        assertArrayEquals(
            Files.readAllBytes(from.resolve(file + name)),
            Files.readAllBytes(output.resolve(file + name)),
            file + name);
      }
    }
    edit("generator/tokenizer_config.json", "do_lower_case", false);
    assertFails(from + " has a discriminator and a generator with different tokenizers");
    from = run.resolve("generator");
    writeDiscriminator();
    from = run;
    assertFails(run.resolve("generator") + " must hold a generator; it holds a discriminator");
  }

  @Test
  void shardsAreReadTogether() throws IOException {
    writeDiscriminator();
    Files.delete(from.resolve("model.safetensors"));
    Map<String, Values> first = new LinkedHashMap<>(discriminator);
    Map<String, Values> second = new LinkedHashMap<>(discriminator);
    first.keySet().removeIf(name -> name.contains("layer.1."));
    second.keySet().removeAll(first.keySet());
    ObjectNode files = new ObjectMapper().createObjectNode();
    first.keySet().forEach(name -> files.put(name, "pytorch_model-00001-of-00002.bin"));
    second.keySet().forEach(name -> files.put(name, "pytorch_model-00002-of-00002.bin"));
    Path index = from.resolve("pytorch_model.bin.index.json");
    Files.writeString(index, "{\"weight_map\":" + files + "}");
    TorchFileWriter.writeZip(from.resolve("pytorch_model-00001-of-00002.bin"), first);
    TorchFileWriter.writeLegacy(from.resolve("pytorch_model-00002-of-00002.bin"), second);
    assertEquals(0, run().code());
    assertImported("discriminator", Head.discriminator(), discriminator);
    SafeTensors.write(from.resolve("a.safetensors"), first, DataType.F32);
    SafeTensors.write(from.resolve("b.safetensors"), second, DataType.F32);
    first.keySet().forEach(name -> files.put(name, "a.safetensors"));
    second.keySet().forEach(name -> files.put(name, "b.safetensors"));
    index = from.resolve("model.safetensors.index.json");
    Files.writeString(index, "{\"weight_map\":" + files + "}");
    assertEquals(0, run().code());
    assertImported("discriminator", Head.discriminator(), discriminator);
    files.put("lacking.weight", "a.safetensors");
    Files.writeString(index, "{\"weight_map\":" + files + "}");
    assertFails(index + " and its files do not belong together; they lack [lacking.weight]");
    files.put("lacking.weight", "../c.safetensors");
    Files.writeString(index, "{\"weight_map\":" + files + "}");
    assertFails(index + " must name files beside it; weight_map has '../c.safetensors'");
    Files.writeString(index, "{");
    assertTrue(run().errorLine().startsWith("electra import: " + index + " is not JSON: "));
  }

  @Test
  void aTokenizerMayBeOneFile() throws IOException {
    writeDiscriminator();
    Path vocabulary = folder.resolve("other.txt");
    Files.move(from.resolve("vocab.txt"), vocabulary);
    Files.delete(from.resolve("tokenizer_config.json"));
    assertEquals(0, run("--vocabulary", vocabulary, "--cased").code());
    assertEquals(
        TokenizerConfig.bert(false, 10),
        HuggingFaceModel.read(output.resolve("discriminator")).tokenizer());
    ObjectMapper mapper = new ObjectMapper();
    ObjectNode tokenizer = mapper.createObjectNode();
    tokenizer.putObject("normalizer").put("type", "BertNormalizer").put("lowercase", false);
    tokenizer.putObject("pre_tokenizer").put("type", "BertPreTokenizer");
    ObjectNode ids = tokenizer.putObject("model").put("type", "WordPiece").putObject("vocab");
    for (String piece : SmallTensorFlowModel.PIECES) {
      ids.put(piece, ids.size());
    }
    Files.writeString(from.resolve("tokenizer.json"), tokenizer.toString());
    assertEquals(0, run().code());
    assertImported("discriminator", Head.discriminator(), discriminator);
    assertEquals(
        TokenizerConfig.bert(false, 10),
        HuggingFaceModel.read(output.resolve("discriminator")).tokenizer());
    assertFails(from + " says its casing itself; leave out --cased", "--cased");
    assertFails(
        from + " says its casing itself; leave out --no-strip-accents", "--no-strip-accents");
  }

  @Test
  void anOutputThatIsSomethingElseStays() throws IOException {
    writeDiscriminator();
    assertEquals(0, run().code());
    assertEquals(0, run().code(), "an import is replaced");
    for (String name : List.of("mine.txt", "discriminator/mine.txt")) {
      Path mine = Files.writeString(output.resolve(name), "mine");
      CommandRun refused = run();
      assertEquals(2, refused.code());
      assertEquals(
          "electra import: "
              + output
              + " exists and is not what an import wrote; name another --output",
          refused.errorLine());
      Files.delete(mine);
    }
    output = Files.writeString(folder.resolve("file"), "mine");
    assertEquals(2, run().code());
    assertEquals("mine", Files.readString(output));
  }
}
