package org.solrelectra.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.extension.ExtendWith;

/** Documents of one request that are labelled in parallel: nothing else may change. */
@ExtendWith(SolrNode.Resolver.class)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ParallelUpdateProcessorIT {
  private static final String[] WORDS = {"lost", "card", "hello", "my", "stolen", "pin"};

  private static final String FACTORY = "ParallelTextClassificationUpdateProcessorFactory: ";

  private final SolrNode solr;
  private final SolrNode.Core parallel;
  private final SolrNode.Core serial;

  ParallelUpdateProcessorIT(SolrNode solr) {
    this.solr = solr;
    this.parallel = solr.core(labelling(new TestConfigset().inParallel("batchSize", "5")));
    this.serial = solr.core(labelling(new TestConfigset()));
  }

  private static TestConfigset labelling(TestConfigset configset) {
    return configset.labelling(
        "model", "banking-intents",
        "inputField", "text",
        "outputField", "label",
        "confidenceField", "confidence",
        "modelVersionField", "version");
  }

  private static String add(int id, String text) {
    return "\"add\":{\"doc\":{\"id\":\"d" + id + "\",\"text\":\"" + text + "\"}}";
  }

  private static String commands(String... commands) {
    return "{" + String.join(",", commands) + "}";
  }

  /** Returns what a core holds, in the order in which it was indexed. */
  private static String documents(SolrNode.Core core) {
    return core.select(
            "q",
            "*:*",
            "rows",
            "1000",
            "sort",
            "_version_ asc",
            "fl",
            "id,text,label,confidence,version,rank")
        .documents()
        .toString();
  }

  /** Sends a request, and returns what it came to: also of one that ends before its commit. */
  private static String outcome(SolrNode.Core core, String request, String... parameters) {
    Http.Answer answer = core.update(request, parameters);
    core.update("{\"commit\":{}}");
    return answer.status()
        + " "
        + answer.error()
        + " "
        + answer.header().path("errors")
        + documents(core);
  }

  private String assertSame(String request, String... parameters) {
    String expected = outcome(serial, request, parameters);
    assertEquals(expected, outcome(parallel, request, parameters), "request: " + request);
    return expected;
  }

  @BeforeEach
  void deleteAll() {
    parallel.update("{\"delete\":{\"query\":\"*:*\"}}");
    serial.update("{\"delete\":{\"query\":\"*:*\"}}");
  }

  /** Several requests after another, so that there is something to delete and to update. */
  @RepeatedTest(20)
  void whatIsIndexedAndReportedIsTheSame(RepetitionInfo repetition) {
    Random random = new Random(repetition.getCurrentRepetition());
    for (int request = 0; request < 3; request++) {
      String[] commands =
          IntStream.range(0, 1 + random.nextInt(25))
              .mapToObj(i -> command(random))
              .toArray(String[]::new);
      assertSame(
          commands(commands), "maxErrors", random.nextBoolean() ? "-1" : "" + random.nextInt(3));
    }
  }

  private static String command(Random random) {
    int id = random.nextInt(12);
    return switch (random.nextInt(10)) {
      case 0 -> "\"delete\":{\"id\":\"d" + id + "\"}";
      case 1 -> "\"delete\":{\"query\":\"text:" + WORDS[random.nextInt(WORDS.length)] + "\"}";
      case 2 -> "\"commit\":{}";
      case 3 -> add(id, "poison");
      case 4 -> "\"add\":{\"doc\":{\"id\":\"d" + id + "\",\"rank\":{\"set\":3}}}";
      case 5 -> "\"add\":{\"doc\":{\"id\":\"d" + id + "\",\"text\":{\"add\":\"card\"}}}";
      case 6 -> "\"add\":{\"doc\":{\"id\":\"d" + id + "\",\"unknown_field\":1}}";
      default ->
          add(id, WORDS[random.nextInt(WORDS.length)] + " " + WORDS[random.nextInt(WORDS.length)]);
    };
  }

  @Test
  void anErrorIsCountedForItsDocument() {
    String[] commands =
        IntStream.range(20, 40)
            .mapToObj(id -> add(id, id == 26 || id == 33 ? "poison" : "lost card"))
            .toArray(String[]::new);
    Http.Answer answer = parallel.update(commands(commands), "maxErrors", "-1");
    assertEquals(200, answer.status());
    JsonNode errors = answer.header().path("errors");
    assertEquals(2, errors.size());
    assertEquals("d26", errors.get(0).path("id").asText());
    assertEquals("d33", errors.get(1).path("id").asText());
    assertEquals("lost_or_stolen_card", parallel.document("d27").path("label").asText());
    deleteAll();
    assertSame(commands(commands), "maxErrors", "1");
  }

  @Test
  void whatComesBeforeAnUnreadablePartIsIndexed() {
    String outcome =
        assertSame("{" + add(50, "lost card") + "," + add(51, "hello") + ",\"add\":{\"doc\":");
    assertTrue(outcome.startsWith("400 "), outcome);
    assertEquals("lost_or_stolen_card", parallel.document("d50").path("label").asText());
    assertEquals(2, parallel.select("q", "*:*").documents().size());
  }

  @Test
  void aTextThatIsChangedAfterItWasReadAheadIsLabelledAsItIsThen() {
    SolrNode.Core changed =
        solr.core(
            labelling(
                new TestConfigset()
                    .inParallel()
                    .processing(
                        "solr.RegexReplaceProcessorFactory",
                        "fieldName",
                        "text",
                        "pattern",
                        "hello",
                        "replacement",
                        "lost card")));
    changed.update(commands(add(1, "hello"), add(2, "hello there"), add(3, "my pin")));
    assertEquals("lost_or_stolen_card", changed.document("d1").path("label").asText());
    assertEquals("lost_or_stolen_card", changed.document("d2").path("label").asText());
  }

  @Test
  void wrongConfigurationIsRefused() {
    assertEquals(
        FACTORY + "unknown parameter 'batch'; known: [batchSize]",
        solr.refusal(labelling(new TestConfigset().inParallel("batch", "3"))));
    for (String wrong : new String[] {"0", "1001", "many"}) {
      assertEquals(
          FACTORY + "batchSize must be one whole number in 1..1000; batchSize=[" + wrong + "]",
          solr.refusal(labelling(new TestConfigset().inParallel("batchSize", wrong))));
    }
  }

  private static final String NOTHING_TO_DO =
      "there is nothing to do for it in parallel; put a TextClassificationUpdateProcessorFactory"
          + " behind it in the chain";

  private static final String BEHIND_TOLERANT =
      "it must stand before TolerantUpdateProcessorFactory in the chain";

  private static final String BEHIND_LABELLING =
      "it must stand before TextClassificationUpdateProcessorFactory in the chain";

  private void assertRefused(String fault, TestConfigset configset) {
    assertEquals(FACTORY + "chain 'label': " + fault, solr.refusal(configset));
  }

  @Test
  void aChainInWhichItHasNoRightPlaceIsRefusedWhenTheCoreLoads() {
    assertRefused(NOTHING_TO_DO, new TestConfigset().inParallel());
    assertRefused(
        BEHIND_TOLERANT, labelling(new TestConfigset().processing(TestConfigset.READING_AHEAD)));
    assertRefused(
        "it must stand in the chain once",
        labelling(new TestConfigset().inParallel().inParallel()));
    assertRefused(
        "it must stand in the chain once",
        labelling(new TestConfigset().inParallel()).processing(TestConfigset.READING_AHEAD));
    assertRefused(
        BEHIND_TOLERANT, labelling(new TestConfigset()).processing(TestConfigset.READING_AHEAD));
  }

  private static TestConfigset naming() {
    return naming(new TestConfigset(), "labels", "ahead");
  }

  private static TestConfigset naming(
      TestConfigset configset, String labelling, String readingAhead) {
    return configset.naming(
        labelling,
        readingAhead,
        "model",
        "banking-intents",
        "inputField",
        "text",
        "outputField",
        "label");
  }

  @Test
  void aChainThatNamesItsProcessorsIsRefusedToo() {
    assertEquals(
        FACTORY + "chain 'made': " + BEHIND_LABELLING,
        solr.refusal(naming().chainOf("made", "labels,ahead")));
    SolrNode.Core core = solr.core(naming().chainOf("made", "ahead,labels"));
    core.update("[{\"id\":\"1\",\"text\":\"lost card\"}]", "update.chain", "made");
    assertEquals("lost_or_stolen_card", core.document("1").path("label").asText());
  }

  private static String[] chain(String processors) {
    return new String[] {"update.chain", "plain", "processor", processors};
  }

  @Test
  void aRequestThatMakesAWrongChainIsRefused() {
    SolrNode.Core core = solr.core(naming());
    String update = "[{\"id\":\"1\",\"text\":\"lost card\"}]";
    for (String[] wrong :
        new String[][] {
          {NOTHING_TO_DO, "ahead"},
          {BEHIND_LABELLING, "labels,ahead"},
          {"it must stand in the chain once", "ahead,ahead,labels"},
          {"it must stand in the chain once", "ahead,labels,ahead"}
        }) {
      Http.Answer answer = core.update(update, chain(wrong[1]));
      assertEquals(400, answer.status(), wrong[1]);
      assertEquals(FACTORY + wrong[0], answer.error());
    }
    Http.Answer behindTolerant = core.update(update, "processor", "ahead,labels");
    assertEquals(400, behindTolerant.status());
    assertEquals(FACTORY + BEHIND_TOLERANT, behindTolerant.error());
    assertTrue(core.select("q", "*:*").documents().isEmpty());

    Http.Answer twice =
        solr.core(naming(naming(), "again", "unused")).update(update, chain("labels,again"));
    assertEquals(400, twice.status());
    assertEquals(
        "TextClassificationUpdateProcessorFactory: fields [label] are written by two processors,"
            + " and the second would win",
        twice.error());

    assertEquals(200, core.update(update, chain("ahead,labels")).status());
    assertEquals("lost_or_stolen_card", core.document("1").path("label").asText());
  }
}
