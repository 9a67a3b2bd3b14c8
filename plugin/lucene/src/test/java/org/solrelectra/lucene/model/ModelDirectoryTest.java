package org.solrelectra.lucene.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeout;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ai.onnx.proto.OnnxMl;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.solrelectra.lucene.FixtureModels;

class ModelDirectoryTest {
  @TempDir Path folder;
  private Path directory;

  @BeforeEach
  void copyFixture() throws IOException {
    directory = FixtureModels.copy("classifier", folder);
  }

  private String failure() {
    return assertThrows(InvalidModelException.class, () -> ModelDirectory.open(directory))
        .getMessage();
  }

  /** Without its manifest a directory may be changed: nothing tells its hashes. */
  private void dropManifest() throws IOException {
    Files.delete(directory.resolve("manifest.json"));
  }

  private void editJson(String file, Consumer<ObjectNode> edit) throws IOException {
    ObjectMapper mapper = new ObjectMapper();
    ObjectNode json = (ObjectNode) mapper.readTree(directory.resolve(file).toFile());
    edit.accept(json);
    Files.writeString(directory.resolve(file), json.toString());
  }

  private void editGraph(Consumer<OnnxMl.ModelProto.Builder> edit) throws IOException {
    Path file = directory.resolve("model.onnx");
    OnnxMl.ModelProto.Builder model =
        OnnxMl.ModelProto.parseFrom(Files.readAllBytes(file)).toBuilder();
    edit.accept(model);
    Files.write(file, model.build().toByteArray());
  }

  @Test
  void aDirectorySaysWhatItsModelIs() throws IOException {
    ModelDirectory model = ModelDirectory.open(directory);
    assertEquals(Task.CLASSIFICATION, model.manifest().task());
    assertEquals("classifier", model.manifest().name());
    assertEquals(List.of("business", "sport", "weather"), model.labels());
    assertEquals(64, model.maxLength());
    assertEquals(List.of("input_ids", "attention_mask", "token_type_ids"), model.inputs());
    assertEquals(Manifest.Activation.SOFTMAX, model.manifest().activation());
    assertEquals(List.of(), model.notes());
  }

  @Test
  void withoutAManifestAllIsDerivedAndNoted() throws IOException {
    dropManifest();
    Files.delete(directory.resolve("tokenizer_config.json"));
    ModelDirectory model = ModelDirectory.open(directory);
    assertEquals(Task.CLASSIFICATION, model.manifest().task());
    assertTrue(model.tokenizer().doLowerCase());
    assertTrue(model.tokenizer().stripAccents());
    assertEquals(64, model.maxLength());
    assertEquals(
        List.of(
            "do_lower_case is not given; true is taken",
            "strip_accents is not given; true is taken",
            "tokenize_chinese_chars is not given; true is taken",
            "model_max_length is not given; max_position_embeddings=64 is taken",
            "manifest.json is not there; task, activation and truncation are derived"),
        model.notes());
  }

  @Test
  void oneLabelWithoutAManifestIsARanker() throws IOException {
    directory = FixtureModels.copy("ranker", folder);
    dropManifest();
    assertEquals(Task.RANKING, ModelDirectory.open(directory).manifest().task());
  }

  @Test
  void severalLabelsThatDoNotExcludeEachOtherGetASigmoid() throws IOException {
    dropManifest();
    editJson("config.json", json -> json.put("problem_type", "multi_label_classification"));
    assertEquals(
        Manifest.Activation.SIGMOID, ModelDirectory.open(directory).manifest().activation());
  }

  @Test
  void aManifestWithoutActivationLeavesThatToTheConfig() throws IOException {
    editJson(
        "manifest.json",
        json -> {
          json.remove("activation");
          json.remove("sha256");
        });
    assertEquals(
        Manifest.Activation.SOFTMAX, ModelDirectory.open(directory).manifest().activation());
    editJson("config.json", json -> json.put("problem_type", "multi_label_classification"));
    assertEquals(
        Manifest.Activation.SIGMOID, ModelDirectory.open(directory).manifest().activation());
  }

  @Test
  void aGraphThatTheManifestDoesNotListIsPassedOver() throws IOException {
    Path left = Files.writeString(directory.resolve("model.int8.onnx"), "of an older export");
    assertEquals(directory.resolve("model.onnx"), ModelDirectory.open(directory).graphFile());
    dropManifest();
    assertTrue(failure().startsWith(left.toString()), failure());
  }

  @Test
  void huggingFacesNoLimitIsCutToThePositions() throws IOException {
    dropManifest();
    editJson("tokenizer_config.json", json -> json.put("model_max_length", 1e30));
    assertEquals(64, ModelDirectory.open(directory).maxLength());
  }

  @Test
  void theGraphMayStandInItsOwnFolder() throws IOException {
    dropManifest();
    Files.createDirectory(directory.resolve("onnx"));
    Files.move(directory.resolve("model.onnx"), directory.resolve("onnx/model.onnx"));
    assertEquals(
        directory.resolve("onnx/model.onnx").toAbsolutePath(),
        ModelDirectory.open(directory).graphFile());
  }

  @Test
  void theVocabularyMayStandInTokenizerJson() throws IOException {
    List<String> pieces = Files.readAllLines(directory.resolve("vocab.txt"));
    moveVocabulary(pieces);
    ModelDirectory model = ModelDirectory.open(directory);
    assertEquals(pieces, model.vocabulary().pieces());
    assertEquals(false, model.tokenizer().doLowerCase());
    assertEquals(false, model.tokenizer().stripAccents());
  }

  private void moveVocabulary(List<String> pieces) throws IOException {
    dropManifest();
    ObjectNode json = new ObjectMapper().createObjectNode();
    json.putObject("normalizer").put("type", "BertNormalizer").put("lowercase", false);
    json.putObject("pre_tokenizer").put("type", "BertPreTokenizer");
    ObjectNode vocab = json.putObject("model").put("type", "WordPiece").putObject("vocab");
    for (int id = 0; id < pieces.size(); id++) {
      vocab.put(pieces.get(id), id);
    }
    Files.writeString(directory.resolve("tokenizer.json"), json.toString());
    Files.delete(directory.resolve("vocab.txt"));
    Files.delete(directory.resolve("tokenizer_config.json"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"\n", "\u3000", " \n\n\t\r\n"})
  void blankLinesAtTheEndOfAVocabularyNeedNoRows(String end) throws IOException {
    dropManifest();
    Path file = directory.resolve("vocab.txt");
    List<String> pieces = Files.readAllLines(file);
    Files.writeString(file, String.join("\n", pieces) + "\n" + end);
    Vocabulary vocabulary = ModelDirectory.open(directory).vocabulary();
    assertEquals(pieces, vocabulary.pieces());
    assertEquals(pieces, vocabulary.wordPieces());
    assertEquals(-1, vocabulary.id(""));
  }

  @Test
  void anEmptyPieceAtTheEndOfTokenizerJsonNeedsNoRow() throws IOException {
    List<String> pieces = Files.readAllLines(directory.resolve("vocab.txt"));
    List<String> withBlank = new ArrayList<>(pieces);
    withBlank.add("");
    moveVocabulary(withBlank);
    assertEquals(pieces, ModelDirectory.open(directory).vocabulary().pieces());
  }

  @Test
  void anotherKindOfTokenizerIsNamed() throws IOException {
    dropManifest();
    Files.delete(directory.resolve("vocab.txt"));
    Files.writeString(directory.resolve("tokenizer.json"), "{\"model\": {\"type\": \"BPE\"}}");
    assertEquals(
        directory.toAbsolutePath().resolve("tokenizer.json")
            + ": model must be WordPiece, as of BERT and ELECTRA; type=BPE",
        failure());
  }

  @Test
  void aFolderThatIsNoneOrHoldsNothingIsAnError() throws IOException {
    Path none = folder.resolve("none");
    assertEquals(
        none + " is not a model directory: there is no such folder",
        assertThrows(InvalidModelException.class, () -> ModelDirectory.open(none)).getMessage());
    directory = Files.createDirectory(folder.resolve("empty"));
    assertEquals(directory + " is not a model directory: it holds no config.json", failure());
  }

  @Test
  void missingPartsAreNamed() throws IOException {
    dropManifest();
    Files.delete(directory.resolve("vocab.txt"));
    assertEquals(
        directory + " holds no vocabulary; expected vocab.txt or tokenizer.json", failure());
    Files.delete(directory.resolve("model.onnx"));
    assertEquals(
        directory
            + " holds no graph; expected one of [model.int8.onnx, model.fast.onnx, model.onnx, onnx/model.onnx]",
        failure());
  }

  @Test
  void aChangedFileIsCalledDamaged() throws IOException {
    Path file = directory.resolve("vocab.txt");
    Files.writeString(file, Files.readString(file) + "more\n");
    String message = failure();
    assertTrue(
        message.startsWith(file + " is damaged or was changed: its SHA-256 must be "), message);
  }

  @Test
  void aListedFileThatIsMissingIsNamed() throws IOException {
    Files.delete(directory.resolve("vocab.txt"));
    assertEquals(
        directory.resolve("vocab.txt") + " is missing, though manifest.json lists it", failure());
  }

  @Test
  void weightsAndGraphsThatAreNotReadMayBeMissing() throws IOException {
    editJson(
        "manifest.json",
        json ->
            json.withObject("/sha256").put("model.safetensors", "00").put("onnx/model.onnx", "00"));
    Files.writeString(directory.resolve("model.safetensors"), "not of this hash");
    assertEquals(directory.resolve("model.onnx"), ModelDirectory.open(directory).graphFile());
  }

  @Test
  void theBestListedGraphMustBeThere() throws IOException {
    editJson("manifest.json", json -> json.withObject("/sha256").put("model.fast.onnx", "00"));
    Path fast = directory.resolve("model.fast.onnx");
    assertEquals(fast + " is missing, though manifest.json lists it", failure());
    Files.writeString(fast, "not of this hash");
    assertTrue(failure().startsWith(fast + " is damaged or was changed"), failure());
  }

  @Test
  void aManifestMayNotListFilesOutside() throws IOException {
    editJson("manifest.json", json -> json.withObject("/sha256").put("../other.txt", "00"));
    assertEquals(
        directory.resolve("manifest.json")
            + " lists a file outside the directory; file='../other.txt'",
        failure());
  }

  @Test
  void anUnknownFormatVersionIsRefused() throws IOException {
    editJson("manifest.json", json -> json.put("format_version", 2));
    assertEquals(
        directory.resolve("manifest.json") + ": format_version must be 1; format_version=2",
        failure());
  }

  @Test
  void anUnknownTaskIsRefused() throws IOException {
    editJson("manifest.json", json -> json.put("task", "translation"));
    assertEquals(
        directory.resolve("manifest.json")
            + ": task must be pretrained, classification, ranking, regression or question-answering; task='translation'",
        failure());
  }

  @Test
  void aPositiveLabelThatIsNoneIsRefused() throws IOException {
    editJson("manifest.json", json -> json.put("positive_label", "relevant"));
    assertEquals(
        directory.resolve("manifest.json")
            + ": positive_label 'relevant' is not in config.json; labels: [business, sport, weather]",
        failure());
  }

  @Test
  void theManifestMaySayWhatWindowsShare() throws IOException {
    assertEquals(8, ModelDirectory.open(directory).windowStride());
    editJson("manifest.json", json -> json.withObject("/truncation").put("stride", 16));
    assertEquals(16, ModelDirectory.open(directory).windowStride());
    editJson("manifest.json", json -> json.withObject("/truncation").put("stride", 17));
    assertEquals(
        directory.resolve("manifest.json")
            + ": truncation.stride must be at most a quarter of the longest sequence, 16; stride=17",
        failure());
    editJson("manifest.json", json -> json.withObject("/truncation").put("stride", "few"));
    assertEquals(
        directory.resolve("manifest.json")
            + ": truncation.stride must be a whole number of at least 0; stride=\"few\"",
        failure());
  }

  @Test
  void aTruncatedGraphIsAnError() throws IOException {
    dropManifest();
    Path file = directory.resolve("model.onnx");
    byte[] bytes = Files.readAllBytes(file);
    for (int length : new int[] {0, 10, bytes.length / 2, bytes.length - 1}) {
      Files.write(file, Arrays.copyOf(bytes, length));
      String message = failure();
      assertTrue(
          message.startsWith(file + " is not an ONNX file or is cut short"),
          length + ": " + message);
    }
  }

  @Test
  void labelsMustFitTheGraph() throws IOException {
    dropManifest();
    editJson(
        "config.json",
        json -> {
          json.remove("id2label");
          json.putObject("id2label").put("0", "no").put("1", "yes");
        });
    assertEquals(
        directory.resolve("model.onnx")
            + " gives 3 logits; expected one for each of the 2 labels of config.json",
        failure());
  }

  @Test
  void labelsMayBeCountedInTheGraph() throws IOException {
    dropManifest();
    editJson("config.json", json -> json.remove("id2label"));
    assertEquals(List.of("LABEL_0", "LABEL_1", "LABEL_2"), ModelDirectory.open(directory).labels());
  }

  @Test
  void labelIdsMustBeWithoutGaps() throws IOException {
    dropManifest();
    editJson("config.json", json -> json.putObject("id2label").put("0", "no").put("2", "yes"));
    assertEquals(
        directory.resolve("config.json") + ": id2label must name the ids 0..1; missing 1",
        failure());
  }

  @Test
  void aMissingSizeIsNamed() throws IOException {
    dropManifest();
    editJson("config.json", json -> json.remove("max_position_embeddings"));
    assertEquals(
        directory.resolve("config.json")
            + " lacks the key 'max_position_embeddings'; expected a whole number above 0",
        failure());
  }

  @Test
  void vocabularyAndGraphMustBelongTogether() throws IOException {
    dropManifest();
    Path file = directory.resolve("vocab.txt");
    int pieces = Files.readAllLines(file).size();
    Files.writeString(file, Files.readString(file) + "more\n");
    assertEquals(
        directory
            + ": the vocabulary has more pieces than the graph's word table has rows, so the two do not belong"
            + " together; pieces="
            + (pieces + 1)
            + ", rows="
            + pieces,
        failure());
  }

  @Test
  void operatorsOfOtherDomainsAreRefused() throws IOException {
    dropManifest();
    editGraph(model -> model.getGraphBuilder().getNodeBuilder(3).setDomain("evil"));
    String message = failure();
    assertTrue(
        message.endsWith("of domain 'evil'; only ai.onnx and com.microsoft are allowed"), message);
  }

  @Test
  void operatorsInsideOfABranchAreLookedAtToo() throws IOException {
    dropManifest();
    OnnxMl.GraphProto branch =
        OnnxMl.GraphProto.newBuilder()
            .addNode(OnnxMl.NodeProto.newBuilder().setOpType("Run").setDomain("evil"))
            .build();
    editGraph(
        model ->
            model
                .getGraphBuilder()
                .getNodeBuilder(0)
                .addAttribute(
                    OnnxMl.AttributeProto.newBuilder().setName("then_branch").setG(branch)));
    assertEquals(
        directory.resolve("model.onnx")
            + " uses operator Run of domain 'evil'; only ai.onnx and com.microsoft are allowed",
        failure());
  }

  @Test
  void functionsOfTheModelsOwnAreRefused() throws IOException {
    dropManifest();
    editGraph(model -> model.addFunctions(OnnxMl.FunctionProto.newBuilder().setName("f")));
    assertEquals(
        directory.resolve("model.onnx")
            + " defines functions of its own; expected a graph of ai.onnx and com.microsoft operators",
        failure());
  }

  @Test
  void externalDataMustStayInside() throws IOException {
    dropManifest();
    for (String location : List.of("../weights.bin", "/etc/passwd")) {
      editGraph(
          model ->
              model
                  .getGraphBuilder()
                  .getInitializerBuilder(0)
                  .clearExternalData()
                  .addExternalData(
                      OnnxMl.StringStringEntryProto.newBuilder()
                          .setKey("location")
                          .setValue(location)));
      assertEquals(
          directory.resolve("model.onnx")
              + " keeps data outside its directory, which is refused; location='"
              + location
              + "'",
          failure());
    }
  }

  @Test
  void unknownInputsAreNamed() throws IOException {
    dropManifest();
    editGraph(model -> model.getGraphBuilder().getInputBuilder(1).setName("pixel_values"));
    assertEquals(
        directory.resolve("model.onnx")
            + " must take input_ids and may take attention_mask and token_type_ids; inputs: [input_ids, pixel_values,"
            + " token_type_ids]",
        failure());
  }

  private void keepNoHashes() throws IOException {
    editJson("manifest.json", json -> json.remove("sha256"));
  }

  private void assertRefused(String file, String message) {
    assertEquals(directory.resolve(file) + message, failure());
  }

  private void assertManifestRefused(String key, String json, String message) throws IOException {
    Path file = directory.resolve("manifest.json");
    String before = Files.readString(file);
    ObjectMapper mapper = new ObjectMapper();
    editJson(
        "manifest.json",
        root -> {
          try {
            ObjectNode parent = key.contains("/") ? root.withObject("/" + key.split("/")[0]) : root;
            parent.set(key.substring(key.indexOf('/') + 1), mapper.readTree(json));
          } catch (IOException e) {
            throw new IllegalArgumentException(json, e);
          }
        });
    assertRefused("manifest.json", message);
    Files.writeString(file, before);
  }

  @Test
  void everyKeyOfAManifestHasItsType() throws IOException {
    assertManifestRefused(
        "format_version", "\"1\"", ": format_version must be 1; format_version=\"1\"");
    assertManifestRefused(
        "format_version", "1.0", ": format_version must be 1; format_version=1.0");
    assertManifestRefused("task", "[]", ": task must be text; task=[]");
    assertManifestRefused("task", "null", " lacks the key 'task'");
    assertManifestRefused(
        "positive_label", "{}", ": positive_label must be text; positive_label={}");
    assertManifestRefused("activation", "1", ": activation must be text; activation=1");
    assertManifestRefused(
        "activation", "\"relu\"", ": activation must be softmax or sigmoid; activation=\"relu\"");
    assertManifestRefused("calibration", "1.5", ": calibration must be an object; calibration=1.5");
    assertManifestRefused(
        "calibration/temperature",
        "\"2\"",
        ": calibration.temperature must be a number above 0; temperature=\"2\"");
    assertManifestRefused(
        "calibration/temperature", "-1", ": temperature must be above 0; temperature=-1.0");
    assertManifestRefused(
        "calibration/thresholds",
        "[0.5]",
        ": calibration.thresholds must be an object; thresholds=[0.5]");
    assertManifestRefused(
        "calibration/thresholds",
        "{\"sport\": \"0.5\"}",
        ": calibration.thresholds.sport must be a probability in 0..1; sport=\"0.5\"");
    assertManifestRefused(
        "calibration/thresholds",
        "{\"sport\": 1.5}",
        ": calibration.thresholds.sport must be a probability in 0..1; sport=1.5");
    assertManifestRefused(
        "calibration/thresholds",
        "{\"climate\": 0.5}",
        ": calibration.thresholds names 'climate', which is not in config.json; labels: [business,"
            + " sport, weather]");
    assertManifestRefused("truncation", "null", ": truncation must be an object; truncation=null");
    assertManifestRefused(
        "truncation/strategy", "[1]", ": truncation.strategy must be text; strategy=[1]");
    assertManifestRefused(
        "truncation/side",
        "\"left\"",
        ": truncation.side must be right: texts are cut at their end; side=\"left\"");
    assertManifestRefused(
        "truncation/stride",
        "99999999999",
        ": truncation.stride must be a whole number of 0 to 2147483647; stride=99999999999");
    assertManifestRefused("sha256", "null", ": sha256 must be an object; sha256=null");
    assertManifestRefused("sha256/vocab.txt", "7", ": sha256.vocab.txt must be text; vocab.txt=7");
  }

  /** One logit is a ranker's or a number; the manifest says which, and never both. */
  @Test
  void aNumberIsNoProbability() throws IOException {
    editJson("manifest.json", root -> root.put("task", "regression").remove("activation"));
    assertEquals(Manifest.Activation.NONE, ModelDirectory.open(directory).manifest().activation());
    assertManifestRefused(
        "activation",
        "\"sigmoid\"",
        ": activation must be none, for the task is regression; activation=\"sigmoid\"");
    assertManifestRefused(
        "positive_label",
        "\"sport\"",
        ": positive_label must be left out: regression has no labels to score by;"
            + " positive_label=\"sport\"");
    editJson("manifest.json", root -> root.put("task", "classification"));
    assertManifestRefused(
        "activation", "\"none\"", ": activation must be softmax or sigmoid; activation=\"none\"");
  }

  @Test
  void aManifestThatSaysNothingIsNotPassedOver() throws IOException {
    Path file = directory.resolve("manifest.json");
    Files.writeString(file, "");
    assertRefused("manifest.json", " must hold a JSON object; it is empty");
    Files.writeString(file, " \n");
    assertRefused("manifest.json", " must hold a JSON object; it is empty");
    Files.writeString(file, "null");
    assertRefused("manifest.json", " must hold a JSON object; value=null");
    Files.writeString(file, "[]");
    assertRefused("manifest.json", " must hold a JSON object; value=[]");
    Files.writeString(file, "{}");
    assertRefused("manifest.json", ": format_version must be 1; format_version=(not given)");
    Files.writeString(file, "{} {}");
    assertTrue(failure().startsWith(file + " is not JSON: "), failure());
    Files.delete(file);
    Files.createSymbolicLink(file, Path.of("nothing"));
    assertRefused("manifest.json", " must be a regular file; it is a link to nothing");
  }

  @Test
  void aNameIsOneShortLine() throws IOException {
    String shown = "\"" + "x".repeat(198) + "\u2026";
    assertManifestRefused(
        "version",
        "\"" + "x".repeat(100_000) + "\"",
        ": version must be text of 1 to 200 characters on one line; version=" + shown);
    assertManifestRefused(
        "name",
        "\"a\\nb\"",
        ": name must be text of 1 to 200 characters on one line; name=\"a\\nb\"");
    keepNoHashes();
    editJson("manifest.json", json -> json.put("version", "x".repeat(200)));
    assertEquals("x".repeat(200), ModelDirectory.open(directory).manifest().version());
  }

  @Test
  void hashesAndPathsMayBeWrittenAsOnOtherSystems() throws IOException {
    Files.createDirectory(directory.resolve("onnx"));
    Files.move(directory.resolve("model.onnx"), directory.resolve("onnx/model.onnx"));
    editJson(
        "manifest.json",
        json -> {
          ObjectNode hashes = json.withObject("/sha256");
          String hash = hashes.remove("model.onnx").asText();
          hashes.put("onnx\\model.onnx", hash.toUpperCase(Locale.ROOT));
        });
    assertEquals(directory.resolve("onnx/model.onnx"), ModelDirectory.open(directory).graphFile());
    for (String outside : List.of("..\\other.txt", "C:\\other.txt")) {
      assertManifestRefused(
          "sha256/" + outside,
          "\"00\"",
          " lists a file outside the directory; file='" + outside.replace('\\', '/') + "'");
    }
    assertManifestRefused("sha256/a\0b", "\"00\"", " lists no possible file; file='a\\u0000b'");
    assertManifestRefused(
        "sha256/onnx/model.onnx", "\"00\"", " lists a file twice; file='onnx/model.onnx'");
  }

  private void assertConfigRefused(String key, String json, String message) throws IOException {
    Path file = directory.resolve("config.json");
    String before = Files.readString(file);
    JsonNode value = new ObjectMapper().readTree(json);
    editJson("config.json", root -> root.set(key, value));
    assertRefused("config.json", message);
    Files.writeString(file, before);
  }

  @Test
  void everyKeyOfAConfigHasItsType() throws IOException {
    dropManifest();
    assertConfigRefused(
        "architectures",
        "\"Electra\"",
        ": architectures must be a list of class names; architectures=\"Electra\"");
    assertConfigRefused(
        "architectures", "[1]", ": architectures must be a list of class names; architectures=[1]");
    assertConfigRefused(
        "problem_type",
        "\"guess\"",
        ": problem_type must be one of [single_label_classification, multi_label_classification,"
            + " regression]; problem_type=\"guess\"");
    assertConfigRefused("problem_type", "1", ": problem_type must be text; problem_type=1");
    assertConfigRefused(
        "vocab_size", "1e9", ": vocab_size must be a whole number of at least 1; vocab_size=1.0E9");
    assertConfigRefused(
        "vocab_size",
        "99999999999999999999",
        ": vocab_size must be a whole number of 1 to 2147483647; vocab_size=99999999999999999999");
    assertConfigRefused(
        "max_position_embeddings",
        "\"512\"",
        ": max_position_embeddings must be a whole number of at least 1;"
            + " max_position_embeddings=\"512\"");
    assertConfigRefused(
        "type_vocab_size",
        "[2]",
        ": type_vocab_size must be a whole number of at least 0; type_vocab_size=[2]");
    String labels = ": id2label must be an object of labels by id; id2label=";
    for (String json : List.of("[\"a\",\"b\",\"c\"]", "{}", "3")) {
      assertConfigRefused("id2label", json, labels + json);
    }
    assertConfigRefused(
        "id2label",
        "{\"0\": \"a\", \"1\": null, \"2\": \"c\"}",
        ": id2label.1 must be a label's text; 1=null");
    assertConfigRefused(
        "id2label",
        "{\"0\": \"a\", \"1\": \" \", \"2\": \"c\"}",
        ": id2label.1 must be a label's text; 1=\" \"");
    assertConfigRefused(
        "id2label",
        "{\"0\": \"a\", \"1\": \"a\", \"2\": \"c\"}",
        ": id2label must name each label once; twice 'a'");
  }

  @Test
  void labelsThatAreNullHaveTheNamesOfHuggingFace() throws IOException {
    dropManifest();
    editJson("config.json", json -> json.putNull("id2label"));
    assertEquals(List.of("LABEL_0", "LABEL_1", "LABEL_2"), ModelDirectory.open(directory).labels());
  }

  @Test
  void nestedJsonIsNotFollowedToItsEnd() throws IOException {
    dropManifest();
    Files.writeString(directory.resolve("config.json"), "[".repeat(1_000_000));
    String message = failure();
    assertTrue(message.startsWith(directory.resolve("config.json") + " is not JSON: "), message);
  }

  @Test
  void manyLabelsAreReadInTimeThatGrowsWithTheirNumber() throws IOException {
    dropManifest();
    editJson(
        "config.json",
        json -> {
          ObjectNode labels = json.putObject("id2label");
          for (int id = 0; id < 200_000; id++) {
            labels.put(String.valueOf(id), "label " + id);
          }
        });
    String message = assertTimeout(Duration.ofSeconds(20), this::failure);
    assertRefused(
        "model.onnx", " gives 3 logits; expected one for each of the 200000 labels of config.json");
    assertEquals(failure(), message);
  }

  @Test
  void aGraphOfEndlessLogitsGetsNoLabels() throws IOException {
    dropManifest();
    editJson("config.json", json -> json.remove("id2label"));
    editGraph(
        model ->
            model
                .getGraphBuilder()
                .getOutputBuilder(0)
                .getTypeBuilder()
                .getTensorTypeBuilder()
                .getShapeBuilder()
                .getDimBuilder(1)
                .setDimValue(1L << 40));
    assertRefused("model.onnx", " must give at most 1048576 logits; logits=1099511627776");
  }

  @Test
  void fewerPiecesThanTheNetworkKnowsAreNoted() throws IOException {
    dropManifest();
    Path file = directory.resolve("vocab.txt");
    List<String> pieces = Files.readAllLines(file);
    Files.write(file, pieces.subList(0, pieces.size() - 1));
    assertTrue(
        ModelDirectory.open(directory)
            .notes()
            .contains(
                "the vocabulary has fewer pieces than config.json's vocab_size=91; pieces=90"));
  }

  @Test
  void fewerPiecesAreNotedWhereTheManifestDoesNotListTheVocabulary() throws IOException {
    editJson("manifest.json", json -> json.withObject("/sha256").remove("vocab.txt"));
    assertEquals(List.of(), ModelDirectory.open(directory).notes());
    Path file = directory.resolve("vocab.txt");
    List<String> pieces = Files.readAllLines(file);
    Files.write(file, pieces.subList(0, pieces.size() - 1));
    List<String> notes =
        List.of("the vocabulary has fewer pieces than config.json's vocab_size=91; pieces=90");
    assertEquals(notes, ModelDirectory.open(directory).notes());
    keepNoHashes();
    assertEquals(notes, ModelDirectory.open(directory).notes());
  }

  @Test
  void aVocabularyLargerThanTheWordTableIsCountedAndNotKept() throws IOException {
    dropManifest();
    Files.writeString(directory.resolve("vocab.txt"), "x\n".repeat(15_000_000));
    assertEquals(
        directory
            + ": the vocabulary has more pieces than the graph's word table has rows, so the two do not belong"
            + " together; pieces=15000000, rows=91",
        failure());
    Files.writeString(directory.resolve("vocab.txt"), "\n".repeat(30_000_000));
    assertRefused("vocab.txt", " must have at most 1048576 pieces; pieces=30000000");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "config.json",
        "manifest.json",
        "tokenizer_config.json",
        "special_tokens_map.json",
        "added_tokens.json",
        "tokenizer.json",
        "vocab.txt",
        "model.onnx"
      })
  void whatIsNoRegularFileIsNotOpened(String name) throws IOException, InterruptedException {
    keepNoHashes();
    Path file = directory.resolve(name);
    Files.deleteIfExists(file);
    Files.createDirectory(file);
    assertRefused(name, " must be a regular file; it is a directory");
    Files.delete(file);
    assumeTrue(Files.exists(Path.of("/dev/zero")), "skipped: no devices");
    Files.createSymbolicLink(file, Path.of("/dev/zero"));
    assertRefused(name, " must be a regular file; it is a pipe, a socket or a device");
    Files.delete(file);
    assertEquals(0, new ProcessBuilder("mkfifo", file.toString()).start().waitFor());
    assertTimeoutPreemptively(
        Duration.ofSeconds(20),
        () -> assertRefused(name, " must be a regular file; it is a pipe, a socket or a device"));
  }

  @Test
  void aFileThatIsFarTooLargeIsNotRead() throws IOException {
    dropManifest();
    try (RandomAccessFile larger =
        new RandomAccessFile(directory.resolve("config.json").toFile(), "rw")) {
      larger.setLength(1L << 40);
    }
    assertRefused("config.json", " must have at most 16777216 bytes; bytes=1099511627776");
  }

  @Test
  void aNetworkOfOneTokenTypeIsGivenNoOther() throws IOException {
    assertEquals(1, ModelDirectory.open(directory).passageType());
    dropManifest();
    editGraph(
        model ->
            model.getGraphBuilder().getInitializerBuilderList().stream()
                .filter(tensor -> tensor.getName().contains("token_type"))
                .forEach(
                    tensor ->
                        tensor
                            .setDims(0, 1)
                            .setRawData(
                                tensor.getRawData().substring(0, tensor.getRawData().size() / 2))));
    ModelDirectory model = ModelDirectory.open(directory);
    assertEquals(0, model.passageType());
    assertTrue(
        model
            .notes()
            .contains("the network knows one token type; 0 is sent for both texts of a pair"));
  }
}
