package org.solrelectra.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.extension.ExtendWith;

/** Labels at index time, in a real Solr. */
@ExtendWith(SolrNode.Resolver.class)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class UpdateProcessorIT {
  /** What the probability is where one of three logits is 5 and the others are 0. */
  private static final double SURE = Math.exp(5) / (Math.exp(5) + 2);

  private static final double FLOAT = 1e-6;

  private final SolrNode solr;
  private final SolrNode.Core core;

  UpdateProcessorIT(SolrNode solr) {
    this.solr = solr;
    this.core =
        solr.core(
            new TestConfigset()
                .labelling(
                    "model", "banking-intents",
                    "inputField", "title",
                    "inputField", "text",
                    "outputField", "label",
                    "confidenceField", "confidence",
                    "threshold", "0.5",
                    "modelVersionField", "version"));
  }

  private static void assertAccepted(Http.Answer answer) {
    assertEquals("", answer.error());
    assertEquals("[]", answer.header().path("errors").toString());
  }

  private static void assertLabel(String label, double confidence, JsonNode document) {
    assertEquals(label, document.path("label").asText());
    assertEquals(confidence, document.path("confidence").asDouble(), FLOAT);
    assertEquals("3", document.path("version").asText());
  }

  private static void assertUnlabelled(JsonNode document) {
    for (String field : List.of("label", "confidence", "version", "error")) {
      assertTrue(document.path(field).isMissingNode(), document.toString());
    }
  }

  @Test
  void labelConfidenceAndModelVersionAreWritten() {
    assertAccepted(core.update("[{'id':'a1','text':'I lost my Card!'}]".replace('\'', '"')));
    assertLabel("lost_or_stolen_card", SURE, core.document("a1"));
  }

  @Test
  void inputFieldsAreReadTogether() {
    assertAccepted(core.update("[{\"id\":\"a2\",\"text\":[\"my\",\"card\"],\"title\":\"lost\"}]"));
    assertLabel("lost_or_stolen_card", SURE, core.document("a2"));
  }

  @Test
  void documentWithoutTextPassesUnlabelled() {
    assertAccepted(core.update("[{\"id\":\"a3\",\"rank\":1},{\"id\":\"a4\",\"text\":\"  \"}]"));
    assertUnlabelled(core.document("a3"));
    assertUnlabelled(core.document("a4"));
  }

  /** As JSON, each of them text without a word. */
  private static final List<String> BLANK =
      List.of(
          "\"\"",
          "\"   \\t\"",
          "\"\\u00a0\"",
          "\"\\u200b\\u200b\"",
          "\"\\ufeff\"",
          "\"\\u0301\"",
          "\"\\u3000\"",
          "\"\\ufffd\\ufffd\"",
          "\"\\u202f\\u2007\"",
          "\"\\u0007\\u0001\"",
          "\"\\u2028\"",
          "[\"\\u00a0\",\" \",\"\\u0301\"]",
          "[]",
          "null");

  @Test
  void textWithoutAWordGetsNoLabel() {
    for (int i = 0; i < BLANK.size(); i++) {
      String id = "blank" + i;
      assertAccepted(core.update("[{\"id\":\"" + id + "\",\"text\":" + BLANK.get(i) + "}]"));
      assertUnlabelled(core.document(id));
    }
  }

  @Test
  void aDocumentThatIsSentAgainWithoutAWordLosesItsLabel() {
    String labelled = "{\"id\":\"again\",\"text\":\"lost card\"}";
    String old = "\"label\":\"lost_or_stolen_card\",\"confidence\":0.9,\"version\":\"3\"";
    for (String blank : BLANK) {
      assertAccepted(core.update("[" + labelled + "]"));
      assertAccepted(core.update("[{\"id\":\"again\",\"text\":" + blank + "," + old + "}]"));
      assertUnlabelled(core.document("again"));
      assertAccepted(core.update("[" + labelled + "]"));
      assertAccepted(
          core.update(
              "[{\"id\":\"again\",\"title\":{\"set\":null},\"text\":{\"set\":" + blank + "}}]"));
      assertUnlabelled(core.document("again"));
    }
    assertAccepted(core.update("[" + labelled + "]"));
    assertAccepted(core.update("[{\"id\":\"again\"," + old + "}]"));
    assertUnlabelled(core.document("again"));
  }

  @Test
  void numbersAndTruthValuesAreText() {
    assertAccepted(core.update("[{\"id\":\"n1\",\"text\":[\"lost\",5,\"card\",true,1.5]}]"));
    assertLabel("lost_or_stolen_card", SURE, core.document("n1"));
  }

  @Test
  void whatIsNoTextIsRefused() {
    for (String[] value :
        new String[][] {
          {"{}", "a child document"},
          {"[{}]", "a child document"},
          {"{\"id\":\"k1\",\"text\":\"lost card\"}", "a child document"},
          {"[{\"id\":\"k1\",\"text\":\"lost card\"}]", "a child document"},
          {"[\"lost card\",{\"id\":\"k1\",\"text\":\"lost\"}]", "a child document"},
          {"[[\"lost\",\"card\"]]", "a value of type java.util.ArrayList"},
        }) {
      Http.Answer answer = core.update("[{\"id\":\"k\",\"text\":" + value[0] + "}]");
      assertEquals(
          "field 'text' is labelled and must hold text; in document 'k' it holds " + value[1],
          answer.error(),
          value[0]);
      assertEquals(400, answer.status());
    }
    assertEquals(0, core.select("q", "id:k*").documents().size());
  }

  @Test
  void childDocumentsInOtherFieldsPass() {
    assertAccepted(
        core.update(
            "[{\"id\":\"p\",\"text\":\"lost card\","
                + "\"_childDocuments_\":[{\"id\":\"p1\",\"text\":\"hello\",\"label\":\"own\"}]}]"));
    assertLabel("lost_or_stolen_card", SURE, core.document("p"));
    assertEquals("own", core.document("p1").path("label").asText());
  }

  @Test
  void labelBelowTheThresholdIsNotWritten() {
    assertAccepted(core.update("[{\"id\":\"a5\",\"text\":\"hello\"}]"));
    JsonNode document = core.document("a5");
    assertTrue(document.path("label").isMissingNode());
    assertTrue(document.path("confidence").isMissingNode());
    assertEquals("3", document.path("version").asText());
  }

  @Test
  void labelsThatAClientSendsBackAreReplaced() {
    assertAccepted(
        core.update(
            "[{\"id\":\"a6\",\"text\":\"hello\",\"label\":\"old\",\"confidence\":1},"
                + "{\"id\":\"a7\",\"text\":\"lost card\",\"label\":\"old\",\"version\":\"2\"}]"));
    assertTrue(core.document("a6").path("label").isMissingNode());
    assertLabel("lost_or_stolen_card", SURE, core.document("a7"));
  }

  @Test
  void tenMegabytesAreCutAsTheModelSays() {
    String text = "lost card " + "hello ".repeat(10 << 20 >> 2);
    assertAccepted(core.update("[{\"id\":\"a8\",\"text\":\"" + text + "\"}]"));
    assertLabel(
        "lost_or_stolen_card",
        SURE,
        core.select("q", "id:a8", "fl", "label,confidence,version").documents().get(0));
  }

  @Test
  void atomicUpdateOfTheInputSetsTheLabels() {
    assertAccepted(core.update("[{\"id\":\"b1\",\"text\":\"hello\",\"rank\":7}]"));
    assertAccepted(
        core.update(
            "[{\"id\":\"b1\",\"title\":{\"set\":\"lost\"},\"text\":{\"set\":[\"card\",\"x\"]}}]"));
    JsonNode document = core.document("b1");
    assertLabel("lost_or_stolen_card", SURE, document);
    assertEquals(7, document.path("rank").asDouble());
    assertEquals("[\"card\",\"x\"]", document.path("text").toString());
  }

  @Test
  void atomicUpdateMayGiveAPlainValue() {
    assertAccepted(core.update("[{\"id\":\"b2\",\"text\":\"hello\"}]"));
    assertAccepted(
        core.update("[{\"id\":\"b2\",\"title\":\"lost\",\"text\":\"card\",\"rank\":{\"set\":1}}]"));
    assertLabel("lost_or_stolen_card", SURE, core.document("b2"));
  }

  @Test
  void atomicUpdateThatRemovesTheInputRemovesTheLabels() {
    assertAccepted(core.update("[{\"id\":\"b3\",\"text\":\"lost card\",\"rank\":1}]"));
    assertAccepted(
        core.update("[{\"id\":\"b3\",\"title\":{\"set\":null},\"text\":{\"set\":null}}]"));
    assertUnlabelled(core.document("b3"));
    assertEquals(1, core.document("b3").path("rank").asDouble());
  }

  @Test
  void atomicUpdateOfOtherFieldsLeavesTheLabels() {
    assertAccepted(core.update("[{\"id\":\"b4\",\"text\":\"lost card\",\"rank\":1}]"));
    assertAccepted(core.update("[{\"id\":\"b4\",\"rank\":{\"inc\":4}}]"));
    assertLabel("lost_or_stolen_card", SURE, core.document("b4"));
    assertEquals(5, core.document("b4").path("rank").asDouble());
  }

  @Test
  void atomicUpdateOfAPartOfTheInputIsRefused() {
    Http.Answer answer = core.update("[{\"id\":\"b5\",\"text\":{\"set\":\"card\"}}]");
    assertEquals(400, answer.status());
    assertEquals(
        "an atomic update that changes what is labelled must send all of [title, text], each as"
            + " {\"set\": …}; the update of document 'b5' sends only [text]",
        answer.error());
  }

  @Test
  void atomicUpdateThatAddsToTheInputIsRefused() {
    Http.Answer answer =
        core.update("[{\"id\":\"b6\",\"title\":{\"set\":\"x\"},\"text\":{\"add\":\"card\"}}]");
    assertEquals(400, answer.status());
    assertEquals(
        "an atomic update that changes what is labelled must send all of [title, text], each as"
            + " {\"set\": …}; the update of document 'b6' uses [add] on field 'text'",
        answer.error());
  }

  @Test
  void failedInferenceIsAnErrorThatNamesFieldAndDocument() {
    Http.Answer answer = core.update("[{\"id\":\"c1\",\"text\":\"poison\"}]");
    assertEquals(500, answer.status());
    String error = answer.error();
    String expected = "cannot classify fields [title, text] of document 'c1': ";
    assertEquals(expected, error.substring(0, expected.length()));
    assertTrue(
        error.endsWith("model 'banking-intents' gave a logit that is not finite; logit=NaN"),
        error);
    assertEquals(0, core.select("q", "id:c1").documents().size());
  }

  @Test
  void tolerantProcessorGoesOnWithTheOtherDocuments() {
    Http.Answer answer =
        core.update(
            "[{\"id\":\"c2\",\"text\":\"lost card\"},{\"id\":\"c3\",\"text\":\"poison\"},"
                + "{\"id\":\"c4\",\"text\":\"lost card\"}]",
            "maxErrors",
            "-1");
    assertEquals(200, answer.status());
    assertEquals(1, answer.header().path("errors").size());
    assertEquals("c3", answer.header().path("errors").get(0).path("id").asText());
    assertLabel("lost_or_stolen_card", SURE, core.document("c2"));
    assertLabel("lost_or_stolen_card", SURE, core.document("c4"));
    assertEquals(0, core.select("q", "id:c3").documents().size());
  }

  @Test
  void documentThatCannotBeLabelledIsMarkedOnRequest() {
    SolrNode.Core lenient =
        solr.core(
            new TestConfigset()
                .labelling(
                    "model", "banking-intents",
                    "inputField", "text",
                    "outputField", "label",
                    "onError", "index",
                    "errorField", "error"));
    assertAccepted(lenient.update("[{\"id\":\"1\",\"text\":\"poison\",\"label\":\"old\"}]"));
    JsonNode marked = lenient.document("1");
    assertTrue(marked.path("label").isMissingNode());
    String error = marked.path("error").asText();
    String expected = "cannot classify fields [text] of document '1': ";
    assertEquals(expected, error.substring(0, expected.length()));

    assertAccepted(lenient.update("[{\"id\":\"1\",\"text\":{\"set\":\"lost card\"}}]"));
    JsonNode labelled = lenient.document("1");
    assertEquals("lost_or_stolen_card", labelled.path("label").asText());
    assertTrue(labelled.path("error").isMissingNode());

    assertAccepted(lenient.update("[{\"id\":\"1\",\"text\":{\"set\":\"poison\"}}]"));
    assertTrue(lenient.document("1").path("label").isMissingNode());
    assertEquals(error, lenient.document("1").path("error").asText());
  }

  @Test
  void labelsThatStandAloneAreSortedByProbability() {
    SolrNode.Core topics = topics("threshold", "0.7");
    // The logits of "election stadium" are -2, 8, -8, over a temperature of 2.
    assertAccepted(
        topics.update(
            "[{\"id\":\"1\",\"text\":\"election stadium\"},"
                + "{\"id\":\"2\",\"text\":\"goal stadium\"}]"));
    assertEquals("[\"politics\"]", topics.document("1").path("labels").toString());
    assertEquals("[\"sport\",\"politics\"]", topics.document("2").path("labels").toString());
    assertEquals(
        1 / (1 + Math.exp(-3)), topics.document("2").path("confidences").get(0).asDouble(), FLOAT);
    assertEquals(
        1 / (1 + Math.exp(-1)), topics.document("2").path("confidences").get(1).asDouble(), FLOAT);
  }

  @Test
  void logitThresholdIsAProbabilityInAnotherUnit() {
    String update = "[{\"id\":\"1\",\"text\":\"goal stadium\"}]";
    // The logits of "goal stadium" are 6, 2, -8.
    SolrNode.Core atTwo = topics("logitThreshold", "2");
    atTwo.update(update);
    assertEquals("[\"sport\",\"politics\"]", atTwo.document("1").path("labels").toString());
    SolrNode.Core aboveTwo = topics("logitThreshold", "2.001");
    aboveTwo.update(update);
    assertEquals("[\"sport\"]", aboveTwo.document("1").path("labels").toString());
    SolrNode.Core negative = topics("logitThreshold", "-8");
    negative.update(update);
    assertEquals(
        "[\"sport\",\"politics\",\"science\"]", negative.document("1").path("labels").toString());
  }

  private SolrNode.Core topics(String threshold, String value) {
    return solr.core(
        new TestConfigset()
            .labelling(
                "model",
                "topics",
                "inputField",
                "text",
                "outputField",
                "labels",
                "confidenceField",
                "confidences",
                "maxLabels",
                "3",
                threshold,
                value));
  }

  @Test
  void reloadedCoreGoesOnLabelling() {
    SolrNode.Core reloaded =
        solr.core(
            new TestConfigset()
                .labelling(
                    "model", "banking-intents", "inputField", "text", "outputField", "label"));
    for (int i = 0; i < 3; i++) {
      assertAccepted(reloaded.update("[{\"id\":\"" + i + "\",\"text\":\"lost card\"}]"));
      assertEquals("lost_or_stolen_card", reloaded.document("" + i).path("label").asText());
      reloaded.reload();
    }
  }
}
