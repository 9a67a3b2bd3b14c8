package org.solrelectra.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** A wrong configuration is refused when the core loads, with what to write instead. */
@ExtendWith(SolrNode.Resolver.class)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ConfigurationIT {
  private static final String FACTORY = "TextClassificationUpdateProcessorFactory: ";
  private static final String PLUGIN = "CrossEncoderQParserPlugin: ";

  private final SolrNode solr;

  ConfigurationIT(SolrNode solr) {
    this.solr = solr;
  }

  private static Arguments wrong(String message, String... parameters) {
    return Arguments.of(FACTORY + message, parameters);
  }

  static Stream<Arguments> updateProcessors() {
    return Stream.of(
        wrong(
            "model is missing; write <str name=\"model\">…</str>:"
                + " the name of a directory in the node's model root",
            "inputField",
            "text",
            "outputField",
            "label"),
        wrong(
            "inputField is missing; write <str name=\"inputField\">…</str>:"
                + " the field whose text is labelled; several fields, several times",
            "model",
            "topics",
            "outputField",
            "label"),
        wrong(
            "outputField is missing; write <str name=\"outputField\">…</str>:"
                + " the field that receives the labels",
            "model",
            "topics",
            "inputField",
            "text"),
        wrong(
            "unknown parameter 'modell'; known: [model, inputField, outputField, confidenceField,"
                + " maxLabels, threshold, logitThreshold, modelVersionField, onError, errorField]",
            "modell",
            "topics",
            "inputField",
            "text",
            "outputField",
            "label"),
        wrong(
            "model must have one value; model=[topics, banking-intents]",
            "model",
            "topics",
            "model",
            "banking-intents",
            "inputField",
            "text",
            "outputField",
            "label"),
        wrong(
            "inputField must not be empty; inputField=[ ]",
            "model",
            "topics",
            "inputField",
            " ",
            "outputField",
            "label"),
        wrong(
            "maxLabels must be a whole number from 1; maxLabels=many",
            "model",
            "topics",
            "inputField",
            "text",
            "outputField",
            "label",
            "maxLabels",
            "many"),
        wrong(
            "maxLabels must be a whole number from 1; maxLabels=0",
            "model",
            "topics",
            "inputField",
            "text",
            "outputField",
            "label",
            "maxLabels",
            "0"),
        wrong(
            "maxLabels must be at most the 3 labels of model 'topics'; maxLabels=4",
            "model",
            "topics",
            "inputField",
            "text",
            "outputField",
            "labels",
            "maxLabels",
            "4"),
        wrong(
            "threshold must be a probability in 0..1; threshold=1.5",
            "model",
            "topics",
            "inputField",
            "text",
            "outputField",
            "label",
            "threshold",
            "1.5"),
        wrong(
            "logitThreshold must be a finite number; logitThreshold=NaN",
            "model",
            "topics",
            "inputField",
            "text",
            "outputField",
            "label",
            "logitThreshold",
            "NaN"),
        wrong(
            "threshold and logitThreshold say the same in two ways; give one of them;"
                + " threshold=0.5, logitThreshold=0.0",
            "model",
            "topics",
            "inputField",
            "text",
            "outputField",
            "label",
            "threshold",
            "0.5",
            "logitThreshold",
            "0"),
        wrong(
            "logitThreshold needs a model whose labels do not exclude each other (activation"
                + " sigmoid); the labels of model 'banking-intents' do. Use threshold",
            "model",
            "banking-intents",
            "inputField",
            "text",
            "outputField",
            "label",
            "logitThreshold",
            "0"),
        wrong(
            "onError must be fail or index; onError=ignore",
            "model",
            "topics",
            "inputField",
            "text",
            "outputField",
            "label",
            "onError",
            "ignore"),
        wrong(
            "onError=index needs <str name=\"errorField\">…</str>, the field that marks a document"
                + " without labels and receives the reason",
            "model",
            "topics",
            "inputField",
            "text",
            "outputField",
            "label",
            "onError",
            "index"),
        wrong(
            "errorField is written with <str name=\"onError\">index</str> only; errorField=error",
            "model",
            "topics",
            "inputField",
            "text",
            "outputField",
            "label",
            "errorField",
            "error"),
        wrong(
            "field 'label' is named twice; each parameter needs its own field",
            "model",
            "topics",
            "inputField",
            "label",
            "outputField",
            "label"),
        wrong(
            "field 'nowhere' is not in the schema test; add it there",
            "model",
            "topics",
            "inputField",
            "nowhere",
            "outputField",
            "label"),
        wrong(
            "field 'label' must be multiValued, because a document gets up to maxLabels=2 labels",
            "model",
            "topics",
            "inputField",
            "text",
            "outputField",
            "label",
            "maxLabels",
            "2"),
        wrong(
            "field 'confidence' must be multiValued, because a document gets up to maxLabels=2"
                + " labels",
            "model",
            "topics",
            "inputField",
            "text",
            "outputField",
            "labels",
            "confidenceField",
            "confidence",
            "maxLabels",
            "2"),
        wrong(
            "field 'sorted' must be stored: a label and its confidence have the same place in their"
                + " fields, and docValues alone sort each of them by itself",
            "model",
            "topics",
            "inputField",
            "text",
            "outputField",
            "sorted",
            "confidenceField",
            "confidences",
            "maxLabels",
            "2"),
        wrong(
            "outputField must be a text or string field; the type of 'rank'=float",
            "model",
            "topics",
            "inputField",
            "text",
            "outputField",
            "rank"),
        wrong(
            "modelVersionField must be a text or string field; the type of 'rank'=float",
            "model",
            "topics",
            "inputField",
            "text",
            "outputField",
            "label",
            "modelVersionField",
            "rank"),
        wrong(
            "errorField must be a text or string field; the type of 'rank'=float",
            "model",
            "topics",
            "inputField",
            "text",
            "outputField",
            "label",
            "onError",
            "index",
            "errorField",
            "rank"),
        wrong(
            "confidenceField must be a float or double field; the type of 'version'=string",
            "model",
            "topics",
            "inputField",
            "text",
            "outputField",
            "label",
            "confidenceField",
            "version"),
        wrong(
            "chain 'label': model 'passage-ranker': the model must be for classification;"
                + " task of passage-ranker=ranking",
            "model",
            "passage-ranker",
            "inputField",
            "text",
            "outputField",
            "label"));
  }

  @ParameterizedTest
  @MethodSource("updateProcessors")
  void updateProcessorIsRefused(String message, String[] parameters) {
    assertEquals(message, solr.refusal(new TestConfigset().labelling(parameters)));
  }

  private static Arguments wrongField(String message, String... parameters) {
    List<String> all = new ArrayList<>(List.of("model", "topics"));
    all.addAll(Arrays.asList(parameters));
    for (String[] needed : new String[][] {{"inputField", "text"}, {"outputField", "label"}}) {
      if (!all.contains(needed[0])) {
        all.addAll(Arrays.asList(needed));
      }
    }
    return wrong(message, all.toArray(String[]::new));
  }

  private static Stream<Arguments> wrongFields() {
    Stream.Builder<Arguments> wrong = Stream.builder();
    for (String type :
        new String[] {
          "rank=float",
          "day=date",
          "flag=boolean",
          "bytes=binary",
          "vector=vector",
          "place=point",
          "key=uuid",
          "tokens=preanalyzed"
        }) {
      String field = type.split("=")[0];
      String found = "; the type of '" + field + "'=" + type.split("=")[1];
      wrong.add(
          wrongField("inputField must be a text or string field" + found, "inputField", field));
      wrong.add(
          wrongField("outputField must be a text or string field" + found, "outputField", field));
      if (!field.equals("rank")) {
        wrong.add(
            wrongField(
                "confidenceField must be a float or double field" + found,
                "confidenceField",
                field));
      }
    }
    for (String parameter : new String[] {"outputField", "confidenceField", "modelVersionField"}) {
      wrong.add(
          wrongField(
              parameter
                  + " must not be the unique key, by which Solr tells documents apart; "
                  + parameter
                  + "=id",
              parameter,
              "id"));
      for (String field : new String[] {"_root_", "_version_"}) {
        wrong.add(
            wrongField(
                parameter
                    + " must not be a field of Solr's own: _root_, _version_, _nest_…; "
                    + parameter
                    + "="
                    + field,
                parameter,
                field));
      }
      wrong.add(
          wrongField(
              parameter + " must name a field, not a pattern; " + parameter + "=*_s",
              parameter,
              "*_s"));
      for (String field : new String[] {"unreadable", "x_hidden"}) {
        wrong.add(
            wrongField(
                parameter
                    + " must be stored or have docValues: else nobody can read it, and an update"
                    + " of another field loses it; "
                    + parameter
                    + "="
                    + field,
                parameter,
                field));
      }
      for (String field : new String[] {"copied", "copies"}) {
        wrong.add(
            wrongField(
                parameter
                    + " must not be filled by a copyField, which would put other values beside"
                    + " those that are written; "
                    + parameter
                    + "="
                    + field,
                parameter,
                field));
      }
      wrong.add(
          wrongField(
              parameter + " must name one field; " + parameter + "=a_s,b_s", parameter, "a_s,b_s"));
    }
    wrong.add(
        wrongField(
            "errorField must not be the unique key, by which Solr tells documents apart;"
                + " errorField=id",
            "onError",
            "index",
            "errorField",
            "id"));
    for (String names : new String[] {"message,extra", "title text", "a_t,b_t", "a_t;b_t"}) {
      wrong.add(
          wrongField(
              "inputField must name one field; several fields are named one by one, each in its own"
                  + " <str name=\"inputField\">…</str>; inputField="
                  + names,
              "inputField",
              names));
    }
    for (String pattern : new String[] {"*_t", "*", "t*"}) {
      wrong.add(
          wrongField(
              "inputField must name a field, not a pattern; inputField=" + pattern,
              "inputField",
              pattern));
    }
    wrong.add(
        wrongField(
            "field '" + "n".repeat(199) + "…' is not in the schema test; add it there",
            "inputField",
            "n".repeat(100_000)));
    return wrong.build();
  }

  @ParameterizedTest
  @MethodSource("wrongFields")
  void fieldThatCannotBeReadOrWrittenIsRefused(String message, String[] parameters) {
    assertEquals(message, solr.refusal(new TestConfigset().labelling(parameters)));
  }

  @Test
  void fieldsThatMatchADynamicFieldAreFieldsAsOthers() {
    SolrNode.Core core =
        solr.core(
            new TestConfigset()
                .labelling(
                    "model",
                    "banking-intents",
                    "inputField",
                    "message_t",
                    "inputField",
                    "extra_t",
                    "outputField",
                    "label_s"));
    core.update("[{\"id\":\"1\",\"message_t\":\"lost\",\"extra_t\":\"card\"}]");
    assertEquals("lost_or_stolen_card", core.document("1").path("label_s").asText());
  }

  @Test
  void twoProcessorsThatWriteTheSameFieldAreRefused() {
    String[] parameters = {"model", "topics", "inputField", "text", "outputField", "label"};
    assertEquals(
        FACTORY
            + "chain 'label': fields [label] are written by two processors, and the second would"
            + " win",
        solr.refusal(new TestConfigset().labelling(parameters).labelling(parameters)));
  }

  @Test
  void labellingBehindTheEndOfTheChainIsRefused() {
    assertEquals(
        FACTORY + "chain 'label': it must stand before RunUpdateProcessorFactory in the chain",
        solr.refusal(
            new TestConfigset()
                .processing("solr.RunUpdateProcessorFactory")
                .labelling("model", "topics", "inputField", "text", "outputField", "label")));
  }

  /** Solr's message says only which core; what follows on it is Solr's to show. */
  @Test
  void reloadThatIsRefusedSaysWhyInTraceAndStatus() throws IOException {
    String[] parameters = {"model", "topics", "inputField", "text", "outputField", "label"};
    SolrNode.Core core = solr.core(new TestConfigset().labelling(parameters));
    parameters[5] = "id";
    new TestConfigset()
        .labelling(parameters)
        .write(solr.home().resolve(core.name()).resolve("conf"));
    String cause =
        FACTORY
            + "outputField must not be the unique key, by which Solr tells documents apart;"
            + " outputField=id";
    Http.Answer answer =
        Http.form(solr.url() + "/admin/cores", "action", "RELOAD", "core", core.name());
    assertEquals(500, answer.status());
    assertEquals("Unable to reload core [" + core.name() + "]", answer.error());
    String trace = answer.json().path("error").path("trace").asText();
    assertTrue(trace.contains(cause), trace);
    String status =
        Http.form(solr.url() + "/admin/cores", "action", "STATUS")
            .json()
            .path("initFailures")
            .path(core.name())
            .asText();
    assertTrue(status.endsWith(cause), status);
    assertEquals(200, core.update("[{\"id\":\"1\",\"text\":\"goal\"}]").status());
    assertEquals("sport", core.document("1").path("label").asText());
  }

  static Stream<Arguments> parsers() {
    return Stream.of(
        Arguments.of(
            PLUGIN
                + "models is missing; write <str name=\"models\">…</str>: the names of directories"
                + " in the node's model root that requests may ask for",
            new String[0]),
        Arguments.of(
            PLUGIN + "unknown parameter 'model'; known: [models]",
            new String[] {"model", "passage-ranker"}),
        Arguments.of(
            PLUGIN
                + "model 'topics': the model must be for ranking: one label, or a positive_label in"
                + " manifest.json; task of topics=classification, labels=[sport, politics, science]",
            new String[] {"models", "passage-ranker", "models", "topics"}));
  }

  @ParameterizedTest
  @MethodSource("parsers")
  void parserIsRefused(String message, String[] parameters) {
    assertEquals(message, solr.refusal(new TestConfigset().reranking(parameters)));
  }

  @Test
  void unknownModelListsTheModelsThereAre() {
    String expected =
        "there is no model 'no-such' in "
            + solr.home().resolve("models")
            + "; models there: [banking-intents, passage-ranker, topics]. Copy its directory there,"
            + " or set solr.electra.models to the folder that holds it";
    assertEquals(
        PLUGIN + expected, solr.refusal(new TestConfigset().reranking("models", "no-such")));
    assertEquals(
        FACTORY + "chain 'label': " + expected,
        solr.refusal(
            new TestConfigset()
                .labelling("model", "no-such", "inputField", "text", "outputField", "label")));
  }

  @Test
  void damagedModelIsCalledDamaged() throws IOException {
    Path damaged = solr.home().resolve("models").resolve("damaged");
    Files.createDirectory(damaged);
    for (String file : List.of("config.json", "vocab.txt", "tokenizer_config.json")) {
      Files.copy(FixtureModels.FOLDER.resolve("topics").resolve(file), damaged.resolve(file));
    }
    Files.write(
        damaged.resolve("model.onnx"),
        Arrays.copyOf(Files.readAllBytes(FixtureModels.FOLDER.resolve("topics/model.onnx")), 100));
    try {
      String refusal = solr.refusal(new TestConfigset().reranking("models", "damaged"));
      String expected =
          PLUGIN
              + "model 'damaged' cannot be opened: "
              + damaged.resolve("model.onnx")
              + " is not an ONNX file or is cut short: ";
      assertEquals(expected, refusal.substring(0, expected.length()));
    } finally {
      for (String file :
          List.of("config.json", "vocab.txt", "tokenizer_config.json", "model.onnx", "")) {
        Files.delete(damaged.resolve(file));
      }
    }
  }

  @Test
  void modelIsNoPath() {
    assertEquals(
        PLUGIN
            + "a model's name must be of letters, digits, '.', '_' and '-', 200 at most, and is"
            + " no path; model='../models/topics'",
        solr.refusal(new TestConfigset().reranking("models", "../models/topics")));
  }
}
