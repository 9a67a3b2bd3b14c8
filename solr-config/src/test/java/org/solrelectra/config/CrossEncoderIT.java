package org.solrelectra.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Reranking at query time, in a real Solr. */
@ExtendWith(SolrNode.Resolver.class)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class CrossEncoderIT {
  /** Matches all documents; a document's field "rank" is its first-stage score. */
  private static final String BY_RANK = "{!func}field(rank)";

  private static final String RQ =
      "{!crossEncoder model=passage-ranker inputField=text queryText='is it any'}";

  private final SolrNode solr;
  private final SolrNode.Core core;

  CrossEncoderIT(SolrNode solr) {
    this.solr = solr;
    this.core = solr.core(new TestConfigset().reranking("models", "passage-ranker"));
    // First stage: 1 to 5. Logits: -1, 2.5, 1, 0, 3.5.
    index(
        core,
        "{'id':'1','rank':50,'text':'bad','group':'a'}",
        "{'id':'2','rank':40,'text':'great','group':'a'}",
        "{'id':'3','rank':30,'text':'good','group':'b'}",
        "{'id':'4','rank':20,'group':'b'}",
        "{'id':'5','rank':10,'text':['great','good'],'title':'bad bad bad','group':'b'}");
  }

  private static void index(SolrNode.Core core, String... documents) {
    String json = "[" + String.join(",", documents).replace('\'', '"') + "]";
    assertEquals(200, core.update(json).status());
  }

  private Http.Answer ask(String rq, String... parameters) {
    List<String> all =
        new ArrayList<>(List.of("q", BY_RANK, "rq", rq, "fl", "id,score,before:originalScore()"));
    all.addAll(Arrays.asList(parameters));
    return core.select(all.toArray(String[]::new));
  }

  private static String rq(String more) {
    return "{!crossEncoder model=passage-ranker inputField=text queryText='is it any' "
        + more
        + "}";
  }

  @Test
  void bestPassageComesFirst() {
    Http.Answer answer = ask(RQ);
    assertEquals(List.of("5", "2", "3", "4", "1"), answer.values("id"));
    assertEquals(List.of("3.5", "2.5", "1.0", "0.0", "-1.0"), answer.values("score"));
    assertEquals(List.of("10.0", "40.0", "30.0", "20.0", "50.0"), answer.values("before"));
    assertEquals("{\"status\":\"ok\",\"reRanked\":5,\"truncatedQueries\":0}", answer.section());
  }

  /** A query of 3 tokens and 3 special ones leave 26 of the ranker's 32 to a passage. */
  @Test
  void aLongDocumentIsReadInWindowsOnRequest() {
    SolrNode.Core articles = solr.core(new TestConfigset().reranking("models", "passage-ranker"));
    String filler = "word ".repeat(30);
    index(
        articles,
        "{'id':'1','rank':2,'text':'" + filler + "great " + filler + "'}",
        "{'id':'2','rank':1,'text':'good " + filler + "'}");
    for (String[] expected :
        new String[][] {
          {"", "2", "1.0", "0.0"},
          {"maxWindows=4", "1", "2.5", "1.0"},
          {"maxWindows=4 windowStride=0", "1", "2.5", "1.0"},
          {"maxWindows=4 windowStride=0 windowAggregation=mean", "1", "0.8333333", "0.5"},
          {"maxWindows=4 windowStride=0 windowAggregation=topMean", "1", "0.8333333", "0.5"},
          // The first window's tokens are more than that; of the second document one is read.
          {
            "maxWindows=4 windowStride=0 windowAggregation=mean maxTokens=1",
            "2",
            "1.0",
            "0.8333333"
          }
        }) {
      Http.Answer answer = articles.select("q", BY_RANK, "rq", rq(expected[0]), "fl", "id,score");
      assertEquals(expected[1], answer.values("id").get(0), expected[0]);
      assertEquals(List.of(expected[2], expected[3]), answer.values("score"), expected[0]);
    }
  }

  /** Tokens 0 to 25, 22 to 47, 44 to 60 where four are shared. */
  @Test
  void neighbouringWindowsShareWhatTheModelSays() {
    SolrNode.Core articles = solr.core(new TestConfigset().reranking("models", "passage-ranker"));
    index(
        articles,
        "{'id':'1','rank':2,'text':'" + "word ".repeat(24) + "great " + "word ".repeat(36) + "'}");
    for (String[] expected : new String[][] {{"windowStride=0", "0.8333333"}, {"", "1.6666666"}}) {
      String policy = "maxWindows=4 windowAggregation=mean " + expected[0];
      Http.Answer answer = articles.select("q", BY_RANK, "rq", rq(policy), "fl", "id,score");
      assertEquals(List.of(expected[1]), answer.values("score"), policy);
    }
  }

  @Test
  void ofTooManyWindowsThoseAreReadThatShareTokensWithTheQuery() {
    SolrNode.Core articles = solr.core(new TestConfigset().reranking("models", "passage-ranker"));
    String filler = "word ".repeat(200);
    index(articles, "{'id':'1','rank':2,'text':'" + filler + "good great " + filler + "'}");
    Http.Answer answer =
        articles.select(
            "q",
            BY_RANK,
            "rq",
            "{!crossEncoder model=passage-ranker inputField=text queryText=good maxWindows=2}",
            "fl",
            "id,score");
    // Of the query 1, of the passage 3.5.
    assertEquals(List.of("4.5"), answer.values("score"));
  }

  private JsonNode scoreCache() {
    JsonNode metrics =
        Http.form(
                solr.url() + "/admin/metrics",
                "group",
                "core",
                "prefix",
                "QUERYPARSER.crossEncoder")
            .json()
            .path("metrics");
    for (JsonNode registry : metrics) {
      JsonNode found = registry.path("QUERYPARSER.crossEncoder.scoreCache");
      if (!found.isMissingNode()) {
        return found;
      }
    }
    throw new AssertionError("no metric of the score cache: " + metrics);
  }

  @Test
  void aPageOfTheSameSearchRunsNothingAgain() {
    String rq = RQ.replace("is it any", "asked again by one who reads on");
    JsonNode before = scoreCache();
    Http.Answer first = ask(rq, "rows", "2");
    JsonNode between = scoreCache();
    assertEquals(5, between.path("misses").asInt() - before.path("misses").asInt());
    Http.Answer second = ask(rq, "rows", "2", "start", "2");
    JsonNode after = scoreCache();
    assertEquals(0, after.path("misses").asInt() - between.path("misses").asInt());
    assertEquals(5, after.path("hits").asInt() - between.path("hits").asInt());
    assertEquals(List.of("5", "2"), first.values("id"));
    assertEquals(List.of("3", "4"), second.values("id"));
    assertEquals(List.of("1.0", "0.0"), second.values("score"));
    assertEquals(32_000_000, after.path("maximumBytes").asInt());
  }

  @Test
  void addWeighsTheLogitAgainstTheFirstStage() {
    Http.Answer answer = ask(rq("reRankOperator=add reRankWeight=10"));
    assertEquals(List.of("2", "5", "1", "3", "4"), answer.values("id"));
    assertEquals(List.of("65.0", "45.0", "40.0", "40.0", "20.0"), answer.values("score"));
  }

  @Test
  void multiplyWeighsByTheProbability() {
    Http.Answer answer = ask(rq("reRankOperator=multiply reRankWeight=2"));
    assertEquals(List.of("2", "3", "1", "4", "5"), answer.values("id"));
    assertEquals(
        (float) (40 * 2 / (1 + Math.exp(-2.5))),
        answer.documents().get(0).path("score").floatValue());
  }

  @Test
  void fieldsAreReadInTheGivenOrder() {
    assertEquals(
        List.of("2", "3", "5", "4", "1"),
        ask("{!crossEncoder model=passage-ranker inputField='title, text' queryText=x}")
            .values("id"));
    assertEquals(
        List.of("2", "3", "5", "4", "1"),
        ask("{!crossEncoder model=passage-ranker inputField=title inputField=text queryText=x}")
            .values("id"));
  }

  @Test
  void queryTextMayBeAParameter() {
    Http.Answer answer =
        core.select(
            "q", "good",
            "df", "text",
            "rq", "{!crossEncoder model=passage-ranker inputField=text queryText=$q}",
            "fl", "id,score");
    assertEquals(List.of("5", "3"), answer.values("id"));
    assertEquals(List.of("4.5", "2.0"), answer.values("score"));
  }

  @Test
  void documentsBelowTheWindowStandBelowInTheFirstStagesOrder() {
    Http.Answer answer = ask(rq("reRankDocs=3"));
    assertEquals(List.of("2", "3", "1", "4", "5"), answer.values("id"));
    assertEquals(List.of("40.0", "30.0", "50.0", "20.0", "10.0"), answer.values("before"));
    double lowest = answer.documents().get(2).path("score").asDouble();
    double first = answer.documents().get(3).path("score").asDouble();
    double second = answer.documents().get(4).path("score").asDouble();
    assertEquals(-1.0, lowest);
    assertTrue(-1e10 >= first && first > second, first + ", " + second);
    assertEquals("{\"status\":\"ok\",\"reRanked\":3,\"truncatedQueries\":0}", answer.section());
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 5, 100})
  void pagesPutTogetherAreTheWholeOrder(int reRankDocs) {
    List<String> whole = ask(rq("reRankDocs=" + reRankDocs), "rows", "10").values("id");
    List<String> pages = new ArrayList<>();
    for (int start = 0; start < 6; start += 2) {
      pages.addAll(
          ask(rq("reRankDocs=" + reRankDocs), "start", "" + start, "rows", "2").values("id"));
    }
    assertEquals(whole, pages);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "reRankOperator=replace",
        "reRankOperator=add reRankWeight=0.3",
        "reRankOperator=multiply reRankDocs=2",
        "timeoutMillis=0"
      })
  void explanationsHaveTheScores(String parameters) {
    Http.Answer answer =
        ask(rq(parameters), "debugQuery", "true", "debug.explain.structured", "true");
    assertEquals(5, answer.documents().size());
    for (JsonNode document : answer.documents()) {
      JsonNode explanation =
          answer.json().path("debug").path("explain").path(document.path("id").asText());
      assertEquals(
          document.path("score").floatValue(),
          explanation.path("value").floatValue(),
          explanation.toString());
    }
  }

  @Test
  void explanationShowsTheParts() {
    String explanation =
        ask(rq("reRankOperator=add reRankWeight=10"), "debugQuery", "true")
            .json()
            .path("debug")
            .path("explain")
            .path("5")
            .asText();
    assertTrue(
        explanation
            .strip()
            .startsWith(
                """
                45.0 = cross-encoder score, add: first-stage score + weight * logit
                  3.5 = logit of the cross-encoder
                  0.9706877692486436 = probability, sigmoid(logit)
                  10.0 = weight
                  10.0 =\s"""),
        explanation);
  }

  @Test
  void longQueryIsCutAndCounted() {
    assertEquals(
        "{\"status\":\"ok\",\"reRanked\":5,\"truncatedQueries\":5}",
        ask("{!crossEncoder model=passage-ranker inputField=text queryText='"
                + "word ".repeat(40)
                + "'}")
            .section());
  }

  @Test
  void noTimeKeepsTheOriginalOrder() {
    for (String onError : List.of("original", "partial")) {
      Http.Answer answer = ask(rq("timeoutMillis=0 onError=" + onError));
      assertEquals(200, answer.status());
      assertEquals(List.of("1", "2", "3", "4", "5"), answer.values("id"));
      assertEquals(List.of("50.0", "40.0", "30.0", "20.0", "10.0"), answer.values("score"));
      assertEquals(
          "{\"status\":\"original\",\"reRanked\":0,\"truncatedQueries\":0,"
              + "\"reason\":\"timeoutMillis=0 passed after 0 of 5 documents\"}",
          answer.section());
    }
  }

  @Test
  void noTimeIsAnErrorOnRequest() {
    Http.Answer answer = ask(rq("timeoutMillis=0 onError=fail"));
    assertEquals(500, answer.status());
    assertEquals(
        "cannot rerank with model 'passage-ranker': timeoutMillis=0 passed after 0 of 5 documents",
        answer.error());
  }

  @Test
  void littleTimeGivesAnOrderThatTheSectionTellsOf() {
    for (int round = 0; round < 20; round++) {
      Http.Answer answer = ask(rq("timeoutMillis=1 onError=partial"));
      assertEquals(200, answer.status());
      JsonNode section = answer.header().path("crossEncoder");
      String status = section.path("status").asText();
      int reRanked = section.path("reRanked").asInt();
      assertEquals(reRanked == 5 ? "ok" : reRanked > 0 ? "partial" : "original", status);
      assertEquals(reRanked < 5, section.has("reason"));
      List<Double> scores = answer.values("score").stream().map(Double::valueOf).toList();
      assertEquals(scores.stream().sorted((a, b) -> Double.compare(b, a)).toList(), scores);
      assertEquals(
          reRanked == 0 ? 0 : 5 - reRanked, scores.stream().filter(score -> score < -1e9).count());
    }
  }

  /** Its values once took a time that grew with their square, in every query that found it. */
  @Test
  void aDocumentOfManyValuesCostsNoMoreThanAnother() {
    SolrNode.Core large = solr.core(new TestConfigset().reranking("models", "passage-ranker"));
    index(
        large,
        "{'id':'1','rank':2,'text':['bad" + "','word".repeat(200_000) + "']}",
        "{'id':'2','rank':1,'text':'good'}");
    Http.Answer answer =
        assertTimeoutPreemptively(
            Duration.ofSeconds(20), () -> large.select("q", BY_RANK, "rq", RQ, "fl", "id,score"));
    assertEquals(List.of("2", "1"), answer.values("id"));
    assertEquals(List.of("1.0", "-1.0"), answer.values("score"));
  }

  @Test
  void brokenModelKeepsTheOriginalOrderUntilItIsWell() {
    SolrNode.Core poisoned = solr.core(new TestConfigset().reranking("models", "passage-ranker"));
    index(
        poisoned,
        "{'id':'1','rank':3,'text':'bad'}",
        "{'id':'2','rank':2,'text':'poison'}",
        "{'id':'3','rank':1,'text':'good'}");
    for (String onError : List.of("original", "partial")) {
      Http.Answer answer =
          poisoned.select("q", BY_RANK, "rq", rq("onError=" + onError), "fl", "id,score");
      assertEquals(200, answer.status());
      assertEquals(List.of("1", "2", "3"), answer.values("id"));
      assertEquals(List.of("3.0", "2.0", "1.0"), answer.values("score"));
      JsonNode section = answer.header().path("crossEncoder");
      assertEquals("original", section.path("status").asText());
      assertEquals(0, section.path("reRanked").asInt());
      assertTrue(
          section.path("reason").asText().endsWith("gave a logit that is not finite; logit=NaN"),
          section.toString());
    }
    Http.Answer failed = poisoned.select("q", BY_RANK, "rq", rq("onError=fail"));
    assertEquals(500, failed.status());
    String expected = "cannot rerank with model 'passage-ranker': ";
    assertEquals(expected, failed.error().substring(0, expected.length()));

    // The same request again: nothing of the failed one was kept.
    index(poisoned, "{'id':'2','rank':2,'text':'great'}");
    assertEquals(
        List.of("2", "3", "1"),
        poisoned.select("q", BY_RANK, "rq", rq("onError=original")).values("id"));
  }

  @Test
  void sameRequestTwiceSaysTheSame() {
    Http.Answer first = ask(RQ);
    Http.Answer second = ask(RQ);
    assertEquals(first.documents(), second.documents());
    assertEquals(first.section(), second.section());
    assertEquals(first.section(), ask(rq("cache=true")).section());
  }

  @Test
  void sortMayBreakTies() {
    assertEquals(
        List.of("5", "2", "3", "4", "1"), ask(RQ, "sort", "score desc, id asc").values("id"));
  }

  @Test
  void elevatedDocumentsStayOnTop() {
    Http.Answer answer =
        ask(RQ, "enableElevation", "true", "elevateIds", "4,1", "forceElevation", "true");
    assertEquals(List.of("4", "1", "5", "2", "3"), answer.values("id"));
  }

  @Test
  void elevatedDocumentsStayOnTopWhenNothingIsReRanked() {
    Http.Answer answer = ask(rq("timeoutMillis=0"), "enableElevation", "true", "elevateIds", "4,1");
    assertEquals(List.of("4", "1", "2", "3", "5"), answer.values("id"));
  }

  /** Their scores have seven digits, and Solr lifts a document by adding 1, 2, … to the highest. */
  @Test
  void elevatedDocumentsStayOnTopWhateverTheScores() {
    SolrNode.Core large = solr.core(new TestConfigset().reranking("models", "passage-ranker"));
    index(
        large,
        "{'id':'1','rank':3e9,'text':'great'}",
        "{'id':'2','rank':2e9,'text':'good'}",
        "{'id':'3','rank':1e9,'text':'bad'}");
    for (String parameters :
        List.of("reRankOperator=add", "timeoutMillis=0", "reRankWeight=1000000", "reRankDocs=1")) {
      for (String isShard : List.of("false", "true")) {
        Http.Answer answer =
            large.select(
                "q",
                BY_RANK,
                "rq",
                rq(parameters),
                "fl",
                "id,score",
                "isShard",
                isShard,
                "enableElevation",
                "true",
                "elevateIds",
                "3,2");
        assertEquals(List.of("3", "2", "1"), answer.values("id"), parameters + " " + isShard);
      }
    }
  }

  @Test
  void windowHasAHundredDocumentsUnlessToldOtherwise() {
    SolrNode.Core many = solr.core(new TestConfigset().reranking("models", "passage-ranker"));
    index(
        many,
        IntStream.range(0, 105)
            .mapToObj(i -> "{'id':'" + i + "','rank':" + (200 - i) + ",'text':'good'}")
            .toArray(String[]::new));
    Http.Answer answer = many.select("q", BY_RANK, "rq", RQ, "rows", "1");
    assertEquals("{\"status\":\"ok\",\"reRanked\":100,\"truncatedQueries\":0}", answer.section());
    assertEquals(
        "{\"status\":\"ok\",\"reRanked\":105,\"truncatedQueries\":0}",
        many.select("q", BY_RANK, "rq", rq("reRankDocs=10000"), "rows", "1").section());
  }

  @Test
  void facetsAndHighlightingWorkBeside() {
    Http.Answer answer =
        ask(
            RQ,
            "facet",
            "true",
            "facet.field",
            "group",
            "hl",
            "true",
            "hl.fl",
            "text",
            "hl.q",
            "text:great");
    assertEquals(List.of("5", "2", "3", "4", "1"), answer.values("id"));
    assertEquals(
        "[\"b\",3,\"a\",2]",
        answer.json().path("facet_counts").path("facet_fields").path("group").toString());
    assertEquals(
        "[\"<em>great</em>\"]",
        answer.json().path("highlighting").path("2").path("text").toString());
  }

  /** What a node said under load or with a limit of its own must not stay for the next request. */
  @Test
  void timeAllowedEndsTheReRankingToo() {
    Http.Answer answer = ask(RQ, "timeAllowed", "60000");
    assertEquals("{\"status\":\"ok\",\"reRanked\":5,\"truncatedQueries\":0}", answer.section());
    for (int round = 0; round < 10; round++) {
      Http.Answer hurried = ask(RQ, "timeAllowed", "1");
      assertEquals(200, hurried.status());
      String status = hurried.header().path("crossEncoder").path("status").asText();
      if (status.equals("original")) {
        assertTrue(hurried.header().path("partialResults").asBoolean());
        assertTrue(
            hurried
                .header()
                .path("crossEncoder")
                .path("reason")
                .asText()
                .startsWith("Query limits: "));
      }
    }
    assertEquals(answer.documents(), ask(RQ).documents());
  }

  @Test
  void collapsedGroupsAreReRanked() {
    assertEquals(List.of("3", "1"), ask(RQ, "fq", "{!collapse field=group}").values("id"));
  }

  @Test
  void filtersApply() {
    assertEquals(List.of("5", "3", "4"), ask(RQ, "fq", "group:b").values("id"));
  }

  @Test
  void noDocumentsAreNoError() {
    Http.Answer answer = ask(RQ, "fq", "group:none");
    assertEquals(0, answer.documents().size());
    assertEquals("{\"status\":\"ok\",\"reRanked\":0,\"truncatedQueries\":0}", answer.section());
  }

  @Test
  void requestForNoRowsReRanksNothing() {
    Http.Answer answer = ask(RQ, "rows", "0");
    assertEquals(200, answer.status());
    assertEquals("", answer.section());
  }

  @Test
  void reloadedCoreGoesOnReRanking() {
    for (int i = 0; i < 3; i++) {
      assertEquals(List.of("5", "2", "3", "4", "1"), ask(RQ).values("id"));
      core.reload();
    }
  }

  private static Arguments wrongInputField(String field, String message) {
    return Arguments.of(
        "{!crossEncoder model=passage-ranker inputField='" + field + "' queryText=x}",
        "inputField " + message);
  }

  private static Arguments wrongType(String field, String type) {
    return wrongInputField(
        field,
        "'"
            + field
            + "' must be a stored text or string field; its type="
            + type
            + ", stored=true");
  }

  private static Arguments wrongQuery(String text) {
    return Arguments.of(
        "{!crossEncoder model=passage-ranker inputField=text queryText=" + text + "}",
        "queryText cannot be read: the query has no word: blanks, control and format characters and"
            + " lone accents are none");
  }

  static Stream<Arguments> wrongRequests() {
    return Stream.of(
        Arguments.of(
            "{!crossEncoder inputField=text queryText=x}",
            "model is missing: one of [passage-ranker]"),
        Arguments.of(
            "{!crossEncoder model=other inputField=text queryText=x}",
            "model 'other' is not loaded; loaded: [passage-ranker]"),
        Arguments.of(
            "{!crossEncoder model=passage-ranker queryText=x}",
            "inputField is missing: one or several stored text fields, separated by commas"),
        Arguments.of(
            "{!crossEncoder model=passage-ranker inputField=text}",
            "queryText is missing: the text that documents are read against, such as $q"),
        Arguments.of(
            "{!crossEncoder model=passage-ranker inputField=text queryText=$nowhere}",
            "queryText is missing: the text that documents are read against, such as $q"),
        Arguments.of(
            "{!crossEncoder model=passage-ranker inputField=text queryText=x}some text",
            "text behind it is not read; give queryText='…' inside; text=some text"),
        Arguments.of(
            rq("reRankdocs=3"),
            "unknown local parameter 'reRankdocs'; known: [model, reRankDocs, inputField,"
                + " queryText, maxWindows, windowStride, windowAggregation, maxTokens, reRankWeight, reRankOperator, timeoutMillis, onError]"),
        Arguments.of(
            rq("reRankDocs=0"), "reRankDocs must be a whole number in 1..10000; reRankDocs=0"),
        Arguments.of(
            rq("reRankDocs=10001"),
            "reRankDocs must be a whole number in 1..10000; reRankDocs=10001"),
        Arguments.of(
            rq("maxWindows=65"), "maxWindows must be a whole number in 1..64; maxWindows=65"),
        Arguments.of(
            rq("maxWindows=2 windowStride=9"),
            "windowStride must be a whole number in 0..8; windowStride=9"),
        Arguments.of(
            rq("maxWindows=2 windowAggregation=median"),
            "windowAggregation must be one of [max, topMean, mean]; windowAggregation=median"),
        Arguments.of(
            rq("maxWindows=2 maxTokens=0"),
            "maxTokens must be a whole number in 1..100000000; maxTokens=0"),
        Arguments.of(
            rq("windowAggregation=mean"),
            "windowAggregation needs maxWindows above 1; windowAggregation=mean"),
        Arguments.of(
            rq("timeoutMillis=soon"),
            "timeoutMillis must be a whole number in 0..3600000; timeoutMillis=soon"),
        Arguments.of(
            rq("reRankWeight=0"),
            "reRankWeight must be a number above 0, at most 1000000.0; reRankWeight=0"),
        Arguments.of(
            rq("reRankWeight=NaN"),
            "reRankWeight must be a number above 0, at most 1000000.0; reRankWeight=NaN"),
        Arguments.of(
            rq("reRankWeight=much"),
            "reRankWeight must be a number above 0, at most 1000000.0; reRankWeight=much"),
        Arguments.of(
            rq("reRankOperator=max"),
            "reRankOperator must be one of [replace, add, multiply]; reRankOperator=max"),
        Arguments.of(
            rq("onError=ignore"),
            "onError must be one of [original, partial, fail]; onError=ignore"),
        Arguments.of(
            "{!crossEncoder model=passage-ranker inputField='text,title,text' queryText=x}",
            "inputField names 'text' twice"),
        Arguments.of(
            "{!crossEncoder model=passage-ranker inputField=',' queryText=x}",
            "inputField is missing: one or several stored text fields, separated by commas;"
                + " inputField=,"),
        Arguments.of(
            "{!crossEncoder model=passage-ranker inputField='' queryText=x}",
            "inputField is missing: one or several stored text fields, separated by commas;"
                + " inputField="),
        wrongInputField("*_t", "must name fields, not a pattern; inputField=*_t"),
        wrongInputField("*", "must name fields, not a pattern; inputField=*"),
        wrongType("bytes", "binary"),
        wrongType("vector", "vector"),
        wrongType("day", "date"),
        wrongType("flag", "boolean"),
        wrongType("place", "point"),
        Arguments.of(
            "{!crossEncoder model=passage-ranker inputField=a_hidden queryText=x}",
            "inputField 'a_hidden' must be a stored text or string field; its type=text,"
                + " stored=false"),
        wrongInputField(
            String.join(",", IntStream.range(0, 100_000).mapToObj(i -> "f" + i + "_t").toList()),
            "must name at most 100 fields; it names 100000"),
        wrongQuery("'\u00a0'"),
        wrongQuery("'\u200b\ufeff'"),
        wrongQuery("'\u0301'"),
        wrongQuery("'\ufffd'"),
        Arguments.of(
            "{!crossEncoder model=passage-ranker inputField=text queryText=' '}",
            "queryText is missing: the text that documents are read against, such as $q"),
        Arguments.of(
            rq("reRankDocs=3 reRankDocs=4"), "reRankDocs must be given once; reRankDocs=[3, 4]"),
        Arguments.of(
            rq("queryText=again"), "queryText must be given once; queryText=[is it any, again]"),
        Arguments.of(rq("model=other"), "model must be given once; model=[passage-ranker, other]"),
        Arguments.of(
            rq("onError=" + "x".repeat(1_000_000)),
            "onError must be one of [original, partial, fail]; onError=" + "x".repeat(199) + "…"),
        Arguments.of(
            rq("x".repeat(1_000_000) + "=1"),
            "unknown local parameter '"
                + "x".repeat(199)
                + "…'; known: [model, reRankDocs, inputField, queryText, maxWindows, windowStride,"
                + " windowAggregation, maxTokens, reRankWeight, reRankOperator, timeoutMillis,"
                + " onError]"),
        Arguments.of(
            rq("reRankDocs=''"), "reRankDocs must be a whole number in 1..10000; reRankDocs="),
        Arguments.of(
            rq("reRankDocs=-1"), "reRankDocs must be a whole number in 1..10000; reRankDocs=-1"),
        Arguments.of(
            rq("reRankDocs=99999999999"),
            "reRankDocs must be a whole number in 1..10000; reRankDocs=99999999999"),
        Arguments.of(
            rq("timeoutMillis=-1"),
            "timeoutMillis must be a whole number in 0..3600000; timeoutMillis=-1"),
        Arguments.of(
            rq("reRankWeight=Infinity"),
            "reRankWeight must be a number above 0, at most 1000000.0; reRankWeight=Infinity"),
        Arguments.of(
            rq("reRankWeight=''"),
            "reRankWeight must be a number above 0, at most 1000000.0; reRankWeight="),
        Arguments.of(
            "{!crossEncoder model=passage-ranker inputField=nowhere queryText=x}",
            "inputField 'nowhere' is not in the schema"),
        Arguments.of(
            "{!crossEncoder model=passage-ranker inputField=hidden queryText=x}",
            "inputField 'hidden' must be a stored text or string field; its type=text,"
                + " stored=false"),
        Arguments.of(
            "{!crossEncoder model=passage-ranker inputField=rank queryText=x}",
            "inputField 'rank' must be a stored text or string field; its type=float,"
                + " stored=true"));
  }

  @ParameterizedTest
  @MethodSource("wrongRequests")
  void wrongRequestIsRefused(String rq, String message) {
    Http.Answer answer = ask(rq);
    assertEquals(400, answer.status());
    assertEquals("{!crossEncoder}: " + message, answer.error());
  }

  static Stream<Arguments> wrongCompany() {
    return Stream.of(
        Arguments.of(
            "multiThreaded",
            "true",
            "multiThreaded=true would rerank once for each part of the index; leave it out, models"
                + " use several threads by themselves"),
        Arguments.of(
            "cursorMark",
            "*",
            "cursorMark needs an order that does not depend on a window of documents; use start"
                + " and rows"),
        Arguments.of(
            "group", "true", "group=true does not rerank; use fq={!collapse field=…}, which does"),
        Arguments.of(
            "sort",
            "rank asc",
            "sort must begin with 'score desc', which is what reranking changes;"
                + " sort=<float: \"rank\">"),
        Arguments.of("fq", RQ, "it reranks another query and is used as rq={!crossEncoder …}"));
  }

  @ParameterizedTest
  @MethodSource("wrongCompany")
  void wrongCompanyIsRefused(String parameter, String value, String message) {
    Http.Answer answer = ask(RQ, parameter, value);
    assertEquals(400, answer.status());
    assertEquals("{!crossEncoder}: " + message, answer.error());
  }

  @Test
  void cannotStandAsTheQueryItself() {
    Http.Answer answer = core.select("q", RQ);
    assertEquals(400, answer.status());
    assertEquals(
        "{!crossEncoder}: it reranks another query and is used as rq={!crossEncoder …}",
        answer.error());
  }

  @Test
  void coordinatorMergesTheSectionsOfShardsOverHttp2() {
    SolrNode.Core first = solr.core(new TestConfigset().reranking("models", "passage-ranker"));
    SolrNode.Core second = solr.core(new TestConfigset().reranking("models", "passage-ranker"));
    for (int i = 0; i < 6; i++) {
      index(i % 2 == 0 ? first : second, document(i));
    }
    String shards =
        Stream.of(first, second)
            .map(shard -> shard.url().replace("http://", ""))
            .reduce((a, b) -> a + "," + b)
            .orElseThrow();
    Http.Answer answer =
        core.select("q", BY_RANK, "rq", rq("reRankDocs=2"), "fl", "id,score", "shards", shards);
    assertEquals("", answer.error());
    // Each shard reranks two of its three; the others follow by their first-stage scores.
    assertEquals(List.of("3", "2", "1", "0", "4", "5"), answer.values("id"));
    assertEquals("{\"status\":\"ok\",\"reRanked\":4,\"truncatedQueries\":0}", answer.section());
  }

  /** Document i has first-stage score 100 - i and logit i. */
  private static String document(int i) {
    return "{'id':'" + i + "','rank':" + (100 - i) + ",'text':'" + "good ".repeat(i) + "'}";
  }

  @Test
  void everyOrderIsAPermutation() {
    List<String> ids = IntStream.rangeClosed(1, 5).mapToObj(String::valueOf).toList();
    for (String parameters : List.of("", "reRankDocs=2", "timeoutMillis=1 onError=partial")) {
      assertEquals(ids, ask(rq(parameters)).values("id").stream().sorted().toList());
    }
  }
}
