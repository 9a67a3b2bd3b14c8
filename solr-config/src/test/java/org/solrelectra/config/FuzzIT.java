package org.solrelectra.config;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.extension.ExtendWith;
import org.solrelectra.config.DocumentFuzzer.Expected;
import org.solrelectra.config.DocumentFuzzer.FuzzedDocument;
import org.solrelectra.config.RequestFuzzer.Request;

/**
 * Requests, documents and model directories that are wrong, odd or hostile, against a real Solr:
 * each is answered in time, with a result that is right or a refusal that says why; no document is
 * lost, and afterwards all is as before. What was injected and what came back is written to {@code
 * target/fuzz}. A failure names the case's number; {@code -Dsolrelectra.fuzz.first=N
 * -Dsolrelectra.requests=1} runs it alone.
 */
@ExtendWith(SolrNode.Resolver.class)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class FuzzIT {
  /** The profile soak has fifty times as many. */
  private static final int REQUESTS = Integer.getInteger("solrelectra.requests", 200);

  private static final int DOCUMENTS = Integer.getInteger("solrelectra.documents", 100);
  private static final int DIRECTORIES = Integer.getInteger("solrelectra.directories", 8);
  private static final int FIRST = Integer.getInteger("solrelectra.fuzz.first", 0);
  private static final long SEED = Long.getLong("solrelectra.fuzz.seed", 1);

  private static final int BATCH = 10;

  /** For one request, on a machine that does other things too; a right one takes milliseconds. */
  private static final Duration LONGEST = Duration.ofSeconds(30);

  /** A message that quotes what was sent quotes at most 200 characters of each value. */
  private static final int LONGEST_MESSAGE = 4_000;

  /** What a message never says: it would be an exception that nobody thought of. */
  private static final Pattern NOT_MEANT =
      Pattern.compile(
          "NullPointer|ClassCast|IndexOutOfBounds|out of bounds|NumberFormat|NoSuchElement"
              + "|StackOverflow|OutOfMemory|Index: |Size exceeds|Nul character|Cannot invoke"
              + "|java\\.lang\\.|^null$|^$");

  /** All documents that were not reranked have less. */
  private static final double NOT_RE_RANKED = -1e10;

  private static final String RANKER = "passage-ranker";
  private static final String CLASSIFIER = "banking-intents";

  private final SolrNode solr;

  FuzzIT(SolrNode solr) {
    this.solr = solr;
  }

  /**
   * Mixed, because the first numbers that {@link Random} gives for neighbouring seeds are alike.
   */
  private static Random random(int number) {
    return new Random(new SplittableRandom(SEED * 1_000_003 + number).nextLong());
  }

  private void assertMeant(String message, String context) {
    assertFalse(NOT_MEANT.matcher(message).find(), () -> context + ": " + message);
    assertTrue(
        message.length() <= LONGEST_MESSAGE,
        () -> context + ": a message of " + message.length() + " characters");
  }

  @Test
  void searchesAreRerankedOrRefused() throws IOException {
    SolrNode.Core core = solr.core(new TestConfigset().reranking("models", RANKER));
    List<String> documents = new ArrayList<>();
    Random random = random(-1);
    for (int i = 0; i < 40; i++) {
      String text = i == 7 ? "" : FuzzTexts.words(random, i == 9 ? 5_000 : 30);
      documents.add(
          String.format(
              Locale.ROOT,
              "{\"id\":\"%d\",\"rank\":%d,\"text\":[\"%s\"],\"title\":\"%s\",\"group\":\"%s\"}",
              i,
              random.nextInt(50),
              text,
              FuzzTexts.words(random, 3),
              i % 3 == 0 ? "a" : "b"));
    }
    assertEquals(200, core.update("[" + String.join(",", documents) + "]").status());
    FuzzTally tally = new FuzzTally();
    assertEach(REQUESTS, number -> search(core, number, tally));
    tally.write(Path.of("target", "fuzz", "requests.md"), REQUESTS + " searches with rq");
    // All is as before.
    assertEquals(
        "ok",
        core.select(
                "q",
                "*:*",
                "rq",
                "{!crossEncoder model=passage-ranker inputField=text queryText=good}")
            .header()
            .path("crossEncoder")
            .path("status")
            .asText());
  }

  /** Tries all cases before it fails, with all that went wrong. */
  private static void assertEach(int count, Case tried) {
    assertAll(IntStream.range(FIRST, FIRST + count).mapToObj(number -> () -> tried.accept(number)));
  }

  private interface Case {
    void accept(int number) throws IOException, InterruptedException;
  }

  private void search(SolrNode.Core core, int number, FuzzTally tally) {
    Request request = RequestFuzzer.request(random(number));
    String context = "request " + number + " " + abbreviated(request.parameters().toString());
    Http.Answer answer =
        assertTimeoutPreemptively(
            LONGEST, () -> core.select(request.parameters().toArray(String[]::new)), context);
    tally.add(request.kinds(), outcome(core, request, answer, context));
  }

  private static String abbreviated(String text) {
    return text.length() <= 400 ? text : text.substring(0, 400) + "…";
  }

  private String outcome(SolrNode.Core core, Request request, Http.Answer answer, String context) {
    if (answer.status() == 200) {
      assertReRanked(core, request, answer, context);
      JsonNode section = answer.header().path("crossEncoder");
      return section.isMissingNode() ? "200" : "200 " + section.path("status").asText();
    }
    // What Solr itself would refuse, it may refuse in its own way.
    Http.Answer plain = core.select(request.firstStage().toArray(String[]::new));
    if (plain.status() != 200) {
      return plain.status() + " of Solr's own";
    }
    assertMeant(answer.error(), context);
    assertNoPath(answer, context);
    if (answer.status() == 500) {
      assertTrue(answer.error().startsWith("cannot rerank with model "), context + answer.error());
      return "500 as onError=fail asks for";
    }
    assertEquals(400, answer.status(), () -> context + ": " + answer.error());
    assertFalse(
        request.kinds().contains(RequestFuzzer.NOTHING_WRONG),
        () -> context + ": " + answer.error());
    return "400";
  }

  /** Where a server keeps its files is nothing for whoever searches or indexes. */
  private void assertNoPath(Http.Answer answer, String context) {
    assertFalse(
        (answer.error() + answer.header()).contains(solr.home().toString()),
        () -> context + ": " + answer.json());
  }

  /** Reranking permutes: it neither loses nor adds a document, and the order is that of scores. */
  private void assertReRanked(
      SolrNode.Core core, Request request, Http.Answer answer, String context) {
    JsonNode section = answer.header().path("crossEncoder");
    assertNoPath(answer, context);
    boolean isAsked =
        request.rq().contains("{!crossEncoder") && !request.has("omitHeader") && !request.isEmpty();
    if (isAsked && answer.documents().size() > 0) {
      assertFalse(section.isMissingNode(), context);
    }
    if (section.path("status").asText().equals("ok") && request.rq().contains("model='")) {
      assertScores(core, request, answer, context);
    }
    if (!section.isMissingNode()) {
      String status = section.path("status").asText();
      assertTrue(List.of("ok", "partial", "original").contains(status), context);
      assertEquals(status.equals("ok"), section.path("reason").isMissingNode(), context);
      if (section.has("reason")) {
        assertMeant(section.path("reason").asText(), context);
      }
    }
    double last = Double.POSITIVE_INFINITY;
    Set<String> ids = new HashSet<>();
    for (JsonNode document : answer.documents()) {
      assertTrue(ids.add(document.path("id").asText()) || !document.has("id"), context);
      if (document.has("score") && !request.has("elevateIds")) {
        double score = document.path("score").asDouble();
        assertTrue(score <= last && !Double.isNaN(score), () -> context + answer.documents());
        last = score;
      }
    }
    if (!answer.header().has("partialResults") && !request.has("timeAllowed")) {
      Http.Answer plain = core.select(request.firstStage().toArray(String[]::new));
      assertEquals(
          plain.json().path("response").path("numFound"),
          answer.json().path("response").path("numFound"),
          context);
    }
  }

  /** The scores are those of a plain reranking, combined as the request asks for. */
  private static void assertScores(
      SolrNode.Core core, Request request, Http.Answer answer, String context) {
    if (request.has("elevateIds") || answer.documents().size() == 0) {
      return;
    }
    List<String> plain = request.firstStage("rows", "start", "fl", "sort");
    plain.addAll(List.of("rows", "1000", "fl", "id,score"));
    Map<String, Float> firstStage = scores(core.select(plain.toArray(String[]::new)));
    String rq = request.rq().replaceAll(" (reRank\\w+|onError|timeoutMillis|cache)='[^']*'", "");
    plain.addAll(List.of("rq", rq.replace("}", " reRankDocs=1000}")));
    Map<String, Float> logits = scores(core.select(plain.toArray(String[]::new)));
    String operator = request.local("reRankOperator", "replace");
    double weight = Double.parseDouble(request.local("reRankWeight", "1"));
    for (JsonNode document : answer.documents()) {
      String id = document.path("id").asText();
      double score = document.path("score").asDouble();
      if (document.has("id") && document.has("score") && score > NOT_RE_RANKED) {
        double logit = logits.get(id);
        double expected =
            switch (operator) {
              case "add" -> firstStage.get(id) + weight * logit;
              case "multiply" -> firstStage.get(id) * weight / (1 + Math.exp(-logit));
              default -> weight * logit;
            };
        assertEquals(expected, score, 1e-5 * Math.max(1, Math.abs(expected)), context);
      }
    }
  }

  private static Map<String, Float> scores(Http.Answer answer) {
    Map<String, Float> scores = new HashMap<>();
    answer
        .documents()
        .forEach(
            document ->
                scores.put(
                    document.path("id").asText(), (float) document.path("score").asDouble()));
    return scores;
  }

  @Test
  void documentsAreLabelledOrRefused() throws IOException {
    SolrNode.Core core =
        solr.core(
            new TestConfigset()
                .inParallel("batchSize", "7")
                .labelling(
                    "model", CLASSIFIER,
                    "inputField", "title",
                    "inputField", "text",
                    "outputField", "label",
                    "confidenceField", "confidence",
                    "modelVersionField", "version"));
    FuzzTally tally = new FuzzTally();
    Set<String> accepted = new TreeSet<>();
    assertEach(
        DOCUMENTS / BATCH,
        number -> {
          Random random = random(number);
          List<FuzzedDocument> batch = new ArrayList<>();
          for (int i = 0; i < BATCH; i++) {
            batch.add(DocumentFuzzer.document(random, String.valueOf(number * BATCH + i)));
          }
          String context = "batch " + number;
          accepted.addAll(index(core, batch, tally, context));
          if (random.nextInt(10) == 0) {
            damagedRequest(core, batch, random, tally, context);
          }
        });
    Set<String> found = new TreeSet<>();
    for (JsonNode document :
        core.select("q", "*:*", "rows", String.valueOf(2 * DOCUMENTS), "fl", "*").documents()) {
      String id = document.path("id").asText();
      if (id.equals(DocumentFuzzer.CHILD)) {
        assertFalse(document.has("label"), "child documents are not labelled");
      } else {
        found.add(id);
      }
    }
    assertEquals(accepted, found, "no document is lost and none is added");
    tally.write(Path.of("target", "fuzz", "documents.md"), DOCUMENTS + " documents");
  }

  /** Returns the ids of those that were accepted. */
  private Set<String> index(
      SolrNode.Core core, List<FuzzedDocument> batch, FuzzTally tally, String context) {
    String json =
        "[" + String.join(",", batch.stream().map(d -> d.json().toString()).toList()) + "]";
    Http.Answer answer =
        assertTimeoutPreemptively(LONGEST, () -> core.update(json, "maxErrors", "-1"), context);
    assertEquals(200, answer.status(), () -> context + ": " + answer.error());
    Set<String> refused = new HashSet<>();
    for (JsonNode error : answer.header().path("errors")) {
      refused.add(error.path("id").asText());
      assertMeant(error.path("message").asText(), context + " " + error);
      assertNoPath(answer, context);
    }
    Set<String> accepted = new HashSet<>();
    for (FuzzedDocument document : batch) {
      String of = context + ": " + abbreviated(document.json().toString());
      JsonNode found = core.document(document.id());
      boolean isRefused = refused.contains(document.id()) || !document.json().has("id");
      assertEquals(isRefused, found == null, of);
      if (isRefused) {
        tally.add(document.kinds(), "refused");
        continue;
      }
      accepted.add(document.id());
      boolean isLabelled = found.has("label");
      assertFalse(
          found.path("label").asText().equals("old") && document.expected() != Expected.EITHER, of);
      if (document.expected() != Expected.EITHER) {
        assertEquals(
            document.expected() == Expected.LABEL,
            isLabelled,
            () -> of + " " + found.path("label"));
      }
      assertEquals(isLabelled, found.has("confidence"), of);
      tally.add(document.kinds(), isLabelled ? "labelled" : "not labelled");
    }
    return accepted;
  }

  /** A request that is no JSON, or ends too early; what of it was whole may be indexed. */
  private static void damagedRequest(
      SolrNode.Core core,
      List<FuzzedDocument> batch,
      Random random,
      FuzzTally tally,
      String context) {
    String json = batch.get(0).json().toString();
    String damaged = "[" + json.substring(0, random.nextInt(json.length()));
    Http.Answer answer =
        assertTimeoutPreemptively(LONGEST, () -> core.update(damaged, "maxErrors", "-1"), context);
    assertEquals(400, answer.status(), () -> context + ": " + damaged);
    tally.add(List.of("a request that is cut short"), "400");
  }

  @Test
  void modelDirectoriesAreOpenedOrRefused() throws IOException {
    FuzzTally tally = new FuzzTally();
    assertEach(DIRECTORIES, number -> open(number, tally));
    tally.write(Path.of("target", "fuzz", "directories.md"), DIRECTORIES + " model directories");
  }

  private void open(int number, FuzzTally tally) throws IOException, InterruptedException {
    Random random = random(number);
    boolean isRanker = random.nextBoolean();
    String model = "fuzz-" + number;
    Path directory = solr.home().resolve("models").resolve(model);
    String kind =
        DirectoryFuzzer.make(
            random, FixtureModels.FOLDER.resolve(isRanker ? RANKER : CLASSIFIER), directory);
    String context = "directory " + number + " (" + kind + ")";
    TestConfigset configset =
        isRanker
            ? new TestConfigset().reranking("models", model)
            : new TestConfigset()
                .labelling("model", model, "inputField", "text", "outputField", "label");
    SolrNode.Attempt attempt =
        assertTimeoutPreemptively(LONGEST, () -> solr.attempt(configset), context);
    if (attempt.core() == null) {
      assertMeant(attempt.refusal(), context);
      assertTrue(attempt.refusal().contains(model), () -> context + ": " + attempt.refusal());
      tally.add(List.of(kind), "refused");
    } else {
      tally.add(List.of(kind), "opened, " + use(attempt.core(), isRanker, model, context));
      attempt.core().unload();
    }
    delete(directory);
  }

  private String use(SolrNode.Core core, boolean isRanker, String model, String context) {
    Http.Answer update =
        assertTimeoutPreemptively(
            LONGEST,
            () -> core.update("[{\"id\":\"1\",\"rank\":1,\"text\":\"lost good card\"}]"),
            context);
    if (!isRanker) {
      if (update.status() == 200) {
        return core.document("1").has("label") ? "a label" : "no label";
      }
      assertMeant(update.error(), context);
      assertNoPath(update, context);
      return "an error that says why";
    }
    Http.Answer answer =
        assertTimeoutPreemptively(
            LONGEST,
            () ->
                core.select(
                    "q",
                    "{!func}field(rank)",
                    "rq",
                    "{!crossEncoder inputField=text queryText=good model=" + model + "}"),
            context);
    assertEquals(200, answer.status(), () -> context + ": " + answer.error());
    assertNoPath(answer, context);
    JsonNode section = answer.header().path("crossEncoder");
    if (section.has("reason")) {
      assertMeant(section.path("reason").asText(), context);
    }
    return "status " + section.path("status").asText();
  }

  private static void delete(Path directory) throws IOException {
    try (var files = Files.list(directory)) {
      for (Path file : files.toList()) {
        Files.delete(file);
      }
    }
    Files.delete(directory);
  }
}
