package org.solrelectra.training.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
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
import org.solrelectra.training.checkpoint.SafeTensors.DataType;
import org.solrelectra.training.checkpoint.SafeTensors.Values;
import org.solrelectra.training.checkpoint.SmallTensorFlowModel;
import org.solrelectra.training.checkpoint.TorchFileWriter;
import org.solrelectra.training.network.ElectraConfig;

/** The encoder of a BERT under ELECTRA's names, or an error that says what is in the way. */
class ImportBertTest {
  private static final ElectraConfig CONFIG =
      new ElectraConfig(36, 32, 32, 2, 4, 48, 24, 2, 1e-12, 0.1, 0.1);
  private static final String WORDS = "embeddings.word_embeddings.weight";
  private static final List<String> POOLER = List.of("pooler.dense.bias", "pooler.dense.weight");

  @TempDir private Path folder;
  private Path from;
  private Path output;

  @BeforeEach
  void copy() throws IOException {
    from = BertGolden.copy("bare", folder.resolve("from"));
    output = folder.resolve("output");
  }

  private CommandRun run(Object... more) {
    List<Object> arguments = new ArrayList<>(List.of("import", "--from", from, "--output", output));
    arguments.addAll(Arrays.asList(more));
    return CommandRun.of(arguments.toArray());
  }

  private void assertDone(String line, Object... more) {
    CommandRun run = run(more);
    assertEquals("", run.err());
    assertEquals(List.of(line), run.out().lines().toList());
  }

  private void assertFails(int code, String message, Object... more) {
    CommandRun run = run(more);
    assertEquals("electra import: " + message, run.errorLine());
    assertEquals(code, run.code());
    assertFalse(Files.exists(output));
  }

  private void assertUnreadable(String message) {
    assertFails(1, message);
  }

  private String written(int layers, List<String> leftOut) {
    return "written: "
        + output.resolve("discriminator")
        + ": "
        + layers
        + " layers of 32, vocabulary of 32, 0.0 million weights; the word table has 4 rows more than there are pieces"
        + "; the body alone, to fine-tune: the head of replaced token detection is not there; left out: "
        + leftOut;
  }

  private HuggingFaceModel imported() throws IOException {
    return HuggingFaceModel.read(output.resolve("discriminator"));
  }

  private Map<String, Values> encoder(String prefix) throws IOException {
    Map<String, Values> encoder = new LinkedHashMap<>();
    BertGolden.weights(from)
        .forEach(
            (name, values) -> {
              if (name.startsWith(prefix + "e")) {
                encoder.put("electra." + name.substring(prefix.length()), values);
              }
            });
    return encoder;
  }

  private static void assertWeights(Map<String, Values> expected, Map<String, Values> actual) {
    assertEquals(expected.keySet(), actual.keySet());
    expected.forEach(
        (name, values) -> {
          assertArrayEquals(values.shape(), actual.get(name).shape(), name);
          assertArrayEquals(values.floats(), actual.get(name).floats(), name);
        });
  }

  @Test
  void aBareBertIsABody() throws IOException {
    assertDone(written(2, POOLER));
    HuggingFaceModel model = imported();
    assertEquals(CONFIG, model.config());
    assertEquals(Head.none(), model.head());
    assertWeights(encoder(""), model.weights());
    assertEquals(32, model.vocabulary().size());
    assertEquals(TokenizerConfig.bert(true, 24), model.tokenizer());
  }

  @Test
  void headsAreLeftOut() throws IOException {
    from = BertGolden.copy("masked", folder.resolve("masked"));
    assertDone(
        written(
            2,
            List.of(
                "cls.predictions.bias",
                "cls.predictions.transform.LayerNorm.bias",
                "cls.predictions.transform.LayerNorm.weight",
                "cls.predictions.transform.dense.bias",
                "cls.predictions.transform.dense.weight")));
    assertWeights(encoder("bert."), imported().weights());
  }

  @Test
  void oldNamesAndFilesAreTheSameModel() throws IOException {
    Map<String, Values> expected = encoder("");
    Map<String, Values> old = new LinkedHashMap<>();
    old.put("bert.embeddings.position_ids", new Values(new float[24], new long[] {1, 24}));
    expected.forEach(
        (name, values) ->
            old.put(
                name.replace("electra.", "bert.")
                    .replace("LayerNorm.weight", "LayerNorm.gamma")
                    .replace("LayerNorm.bias", "LayerNorm.beta"),
                values));
    old.put("cls.seq_relationship.bias", new Values(new float[2], new long[] {2}));
    old.put("fit_dense.bias", new Values(new float[2], new long[] {2}));
    TorchFileWriter.writeZip(from.resolve("pytorch_model.bin"), old);
    Files.delete(from.resolve("model.safetensors"));
    // TinyBERT's config.json has neither.
    BertGolden.configure(from, "model_type", null);
    BertGolden.configure(from, "architectures", null);
    assertDone(
        written(
            2,
            List.of(
                "bert.embeddings.position_ids", "cls.seq_relationship.bias", "fit_dense.bias")));
    assertWeights(expected, imported().weights());
  }

  @ParameterizedTest
  @ValueSource(strings = {"BertForSequenceClassification", "BertForPreTraining"})
  void theClassStandsForTheTypeOfOldFiles(String architecture) throws IOException {
    BertGolden.configure(from, "model_type", null);
    BertGolden.configure(from, "architectures", List.of(architecture));
    assertDone(written(2, POOLER));
  }

  @Test
  void someLayersAreKeptInTheirOrder() throws IOException {
    assertDone(written(1, POOLER), "--layers", "2");
    Map<String, Values> expected = encoder("");
    expected.keySet().removeIf(name -> name.contains("layer.0."));
    for (String name : List.copyOf(expected.keySet())) {
      if (name.contains("layer.1.")) {
        expected.put(name.replace("layer.1.", "layer.0."), expected.remove(name));
      }
    }
    assertWeights(expected, imported().weights());
    assertEquals(CONFIG.withLayers(1), imported().config());
    assertDone(written(2, POOLER), "--layers", "1,2");
    assertEquals(CONFIG, imported().config());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {"0 | [0]", "3 | [3]", "1,1 | [1, 1]", "2,1 | [2, 1]", "-1,2 | [-1, 2]"})
  void layersThatAreNotThereAreRefused(String layers, String shown) {
    assertFails(
        2,
        "--layers must be ascending numbers in 1..2, the layers of " + from + "; --layers=" + shown,
        "--layers=" + layers);
  }

  @Test
  void layersAreNumbers() {
    assertFails(
        2, "Invalid value for option '--layers' (N): 'last' is not an int", "--layers", "1,last");
  }

  @ParameterizedTest
  @ValueSource(ints = {32, 33, 1, 0, -8})
  void aBlockThatIsNotNarrowerIsRefused(int width) {
    assertFails(
        2,
        "--embedding-size must be at least 2 and below hidden_size=32 of "
            + from
            + "; --embedding-size="
            + width,
        "--embedding-size=" + width);
  }

  @Test
  void aNarrowBlockStaysAsItIs() throws IOException {
    writeElectra(SmallTensorFlowModel.DISCRIMINATOR, Head.discriminator(), false);
    assertFails(
        2,
        "--embedding-size needs an embedding block as wide as the layers, hidden_size=16 of "
            + from
            + "; embedding_size=8",
        "--embedding-size=4");
  }

  @Test
  void aGeneratorKeepsAll() throws IOException {
    writeElectra(SmallTensorFlowModel.GENERATOR, Head.generator(), true);
    for (String option : List.of("--layers=1", "--embedding-size=4")) {
      assertFails(
          2,
          "--layers and --embedding-size are for a discriminator or a body alone, such as the folder discriminator"
              + " that an import without them writes; "
              + from
              + " holds a generator",
          option);
    }
  }

  @Test
  void aDiscriminatorOfFewerLayersKeepsItsHead() throws IOException {
    writeElectra(SmallTensorFlowModel.DISCRIMINATOR, Head.discriminator(), false);
    CommandRun run = run("--layers=1");
    assertEquals(0, run.code(), run.err());
    Map<String, Values> expected = SmallTensorFlowModel.expected(false);
    expected.keySet().removeIf(name -> name.contains("layer.1."));
    assertWeights(expected, imported().weights());
    assertEquals(Head.discriminator(), imported().head());
  }

  private void writeElectra(ElectraConfig config, Head head, boolean generator) throws IOException {
    from = folder.resolve("electra");
    HuggingFaceDirectory.write(
        from,
        config,
        head,
        SmallTensorFlowModel.expected(generator),
        DataType.F32,
        Vocabulary.of(SmallTensorFlowModel.PIECES, "test"),
        TokenizerConfig.bert(true, config.maxPositions()));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "model_type | roberta | model_type must be 'electra' or 'bert' to be imported; model_type='roberta'",
        "model_type | distilbert | model_type must be 'electra' or 'bert' to be imported; model_type='distilbert'",
        "hidden_act | gelu_new | hidden_act must be 'gelu', the exact one; hidden_act='gelu_new'",
        "position_embedding_type | relative_key | position_embedding_type must be 'absolute'; position_embedding_type='relative_key'",
        "is_decoder | true | is_decoder must be false, as of an encoder; is_decoder=true",
        "num_attention_heads | 5 | hidden_size must be a multiple of num_attention_heads; hidden_size=32, num_attention_heads=5",
        "type_vocab_size | 1 | type_vocab_size must be at least 2, one for a text and one for its pair; type_vocab_size=1",
      })
  void otherNetworksAreRefusedByKey(String key, String value, String message) throws IOException {
    Object plain =
        value.equals("true")
            ? Boolean.TRUE
            : value.matches("\\d+") ? Integer.valueOf(value) : value;
    BertGolden.configure(from, key, plain);
    assertUnreadable(from.resolve("config.json") + ": " + message);
  }

  @Test
  void anElectraOfRelativePositionsIsRefusedToo() throws IOException {
    writeElectra(SmallTensorFlowModel.DISCRIMINATOR, Head.discriminator(), false);
    BertGolden.configure(from, "position_embedding_type", "relative_key_query");
    assertUnreadable(
        from.resolve("config.json")
            + ": position_embedding_type must be 'absolute'; position_embedding_type='relative_key_query'");
  }

  @Test
  void aClassOfAnotherShapeIsNamed() throws IOException {
    BertGolden.configure(from, "architectures", List.of("BertLMHeadModel"));
    assertUnreadable(
        from.resolve("config.json")
            + ": architectures must name one of [BertModel, BertForPreTraining, BertForMaskedLM, BertForNextSentencePrediction,"
            + " BertForSequenceClassification, BertForTokenClassification, BertForQuestionAnswering, BertForMultipleChoice];"
            + " architectures=BertLMHeadModel");
  }

  @Test
  void fewerRowsThanPiecesAreRefused() throws IOException {
    BertGolden.configure(from, "vocab_size", 31);
    assertUnreadable(
        from + ": vocabulary and config.json do not belong together; vocab_size=31, pieces=32");
    BertGolden.configure(from, "vocab_size", 33);
    assertUnreadable(
        from
            + ": electra.embeddings.word_embeddings.weight has shape [36, 32]; expected [33, 32] from config.json");
  }

  @Test
  void weightsOfTheEncoderAreAllOrNothing() throws IOException {
    Map<String, Values> weights = new LinkedHashMap<>(BertGolden.weights(from));
    Values bias = weights.remove("encoder.layer.1.output.dense.bias");
    weights.put("encoder.layer.2.output.dense.bias", bias);
    BertGolden.replaceWeights(from, weights);
    assertUnreadable(
        from
            + " does not fit the network; missing weights: [electra.encoder.layer.1.output.dense.bias];"
            + " unexpected weights: [electra.encoder.layer.2.output.dense.bias]");
    weights.put("embeddings.LayerNorm.gamma", bias);
    BertGolden.replaceWeights(from, weights);
    assertUnreadable(from + " has electra.embeddings.LayerNorm.weight under two names");
    weights.keySet().removeIf(name -> !name.equals("pooler.dense.bias"));
    BertGolden.replaceWeights(from, weights);
    assertUnreadable(
        from
            + " holds no BERT; expected the weight "
            + WORDS
            + " or bert."
            + WORDS
            + "; found [pooler.dense.bias]");
  }

  @Test
  void otherCommandsNameTheImport() {
    CommandRun run =
        CommandRun.of("export", "--checkpoint", from, "--output", folder.resolve("exported"));
    assertEquals(
        "electra export: "
            + from.resolve("config.json")
            + ": model_type must be 'electra' to be trained; electra import makes an ELECTRA of a BERT; model_type='bert'",
        run.errorLine());
  }
}
