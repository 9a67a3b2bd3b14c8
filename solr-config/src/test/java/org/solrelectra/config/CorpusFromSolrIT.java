package org.solrelectra.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/**
 * {@code electra corpus} reads from a real Solr what it reads from a file with the same documents.
 */
@ExtendWith(SolrNode.Resolver.class)
class CorpusFromSolrIT {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int DOCUMENTS = 300;
  private static final int BATCH = 100;
  private static final String[] FIELDS = {
    "--field", "title", "--field", "text", "--field", "sorted"
  };

  /** 128 and the number of the signal. */
  private static final int KILLED = 137;

  private final SolrNode.Core core;
  @TempDir private Path folder;

  CorpusFromSolrIT(SolrNode solr) {
    this.core = solr.core(new TestConfigset());
  }

  /** Last documents first, some of them replaced, some deleted, in several segments. */
  @BeforeEach
  void index() {
    // Here and not once for all: only a test that began is counted as skipped.
    ElectraCommand.assumeBuilt();
    ArrayNode replaced = JSON.createArrayNode();
    IntStream.range(0, DOCUMENTS)
        .filter(CorpusFromSolrIT::isReplaced)
        .forEach(i -> replaced.add(document(i).put("title", "what it said before")));
    update(replaced.toString());
    for (int to = DOCUMENTS; to > 0; to -= BATCH) {
      ArrayNode batch = JSON.createArrayNode();
      for (int i = to - 1; i >= to - BATCH; i--) {
        batch.add(document(i));
      }
      update(batch.toString());
    }
    delete(IntStream.range(0, DOCUMENTS).filter(CorpusFromSolrIT::isDeleted));
  }

  private void delete(IntStream documents) {
    ArrayNode ids = JSON.createArrayNode();
    documents.mapToObj(CorpusFromSolrIT::id).forEach(ids::add);
    update(JSON.createObjectNode().set("delete", ids).toString());
  }

  private void update(String json) {
    Http.Answer answer = core.update(json);
    assertEquals("", answer.error());
    assertEquals(200, answer.status());
  }

  private static boolean isWithoutText(int i) {
    return i % 10 == 3;
  }

  private static boolean isCopy(int i) {
    return i % 30 == 1;
  }

  private static boolean isReplaced(int i) {
    return i % 13 == 6;
  }

  private static boolean isDeleted(int i) {
    return i % 11 == 5;
  }

  private static boolean isFiltered(int i) {
    return i % 4 == 0 || i >= 280;
  }

  private static String id(int i) {
    return String.format(Locale.ROOT, "%04d", i);
  }

  private static ObjectNode document(int i) {
    ObjectNode document = JSON.createObjectNode();
    document.put("id", id(i)).put("group", i % 4 == 0 ? "out" : "in").put("rank", i);
    if (isWithoutText(i)) {
      return document;
    }
    int content = isCopy(i) ? 1 : i;
    if (content % 5 != 0) {
      document.put("title", "Caf\u00e9 no. " + content);
    }
    ArrayNode text = document.putArray("text");
    for (int paragraph = 0; paragraph <= content % 3; paragraph++) {
      text.add("Open since " + (1900 + content) + ".\n" + "Very good. ".repeat(1 + paragraph));
    }
    // Has docValues and is not stored.
    document.putArray("sorted").add("coffee").add("street " + content);
    document.put("body_hidden", "only indexed");
    return document;
  }

  private static IntStream matching() {
    return IntStream.range(0, DOCUMENTS).filter(i -> !isFiltered(i) && !isDeleted(i));
  }

  /** Writes what the query below finds, in the order of ids. */
  private Path file() throws IOException {
    return Files.write(
        folder.resolve("documents.jsonl"),
        matching().mapToObj(i -> document(i).toString()).toList());
  }

  /** Some documents of Solr, on several pages. */
  private static String[] ofSolr(String... more) {
    List<String> options = new ArrayList<>(List.of(FIELDS));
    options.addAll(List.of("--filter-query", "group:in", "--filter-query", "rank:[* TO 279]"));
    options.addAll(List.of("--rows", "20"));
    options.addAll(List.of(more));
    return options.toArray(String[]::new);
  }

  @Test
  void shardsAreThoseOfAFileWithTheSameDocuments() throws IOException, InterruptedException {
    Path ofFile = folder.resolve("of-file");
    ElectraCommand.corpus(file(), ofFile, FIELDS).assertSuccess();
    Path ofSolr = folder.resolve("of-solr");
    ElectraCommand.corpus("solr:" + core.url(), ofSolr, ofSolr()).assertSuccess();
    ElectraCommand.assertSameCorpus(ofFile, ofSolr);

    long withoutText = matching().filter(CorpusFromSolrIT::isWithoutText).count();
    long copies = matching().filter(CorpusFromSolrIT::isCopy).count() - 1;
    ObjectNode report = ElectraCommand.report(ofSolr);
    assertEquals(withoutText, report.path("without_text").asLong());
    assertEquals(copies, report.path("duplicates").asLong());
    assertEquals(matching().count() - withoutText - copies, report.path("documents").asLong());
    assertEquals(0, report.path("unknown_words").asLong());
  }

  /** Nothing is read twice or left out, though what was read has gone from the index meanwhile. */
  @Test
  void readingGoesOnAfterAKill() throws IOException, InterruptedException {
    // Fewer than a page holds: each page ends a shard.
    String tokens = "50";
    Path whole = folder.resolve("whole");
    ElectraCommand.corpus(core.url(), whole, ofSolr("--shard-tokens", tokens)).assertSuccess();

    Path target = folder.resolve("target");
    // After the first page and its shard, the command waits for 40 seconds.
    Process process =
        ElectraCommand.startCorpus(
            core.url(), target, ofSolr("--shard-tokens", tokens, "--documents-per-second", "0.5"));
    try (BufferedReader lines = process.inputReader(StandardCharsets.UTF_8)) {
      String shard = lines.readLine();
      // Of the process itself, it would close what is read here.
      process.toHandle().destroyForcibly();
      assertTrue(shard != null && shard.contains(" documents ("), shard);
      assertEquals(null, lines.readLine());
    }
    assertEquals(KILLED, process.waitFor());
    assertFalse(Files.exists(target));

    delete(matching().limit(10));
    ElectraCommand.corpus(core.url(), target, ofSolr("--shard-tokens", tokens, "--resume"))
        .assertSuccess();
    ElectraCommand.assertSameCorpus(whole, target);
  }

  @Test
  void whatSolrCannotGiveIsNamedInOneLine() throws IOException, InterruptedException {
    String nowhere = core.url() + "-of-yesterday";
    String url = core.url();
    assertFailure(
        "no collection or core of a Solr answers at " + nowhere + "; status=404", nowhere);
    assertFailure(
        "no collection or core of a Solr answers at " + nowhere + "; status=405",
        nowhere,
        "--unique-key",
        "id");
    assertFailure(
        url
            + ": field 'body_hidden' must be stored or have docValues; stored=false,"
            + " docValues=false",
        url,
        "--field",
        "title",
        "--field",
        "body_hidden");
    assertFailure(
        url + " refuses: Error from server at " + url + "/select: undefined field nowhere",
        url,
        "--query",
        "nowhere:coffee");
  }

  private void assertFailure(String message, String input, String... more)
      throws IOException, InterruptedException {
    Path output = folder.resolve("refused");
    ElectraCommand.corpus(input, output, more).assertFailure("electra corpus: " + message);
    assertFalse(Files.exists(output));
  }
}
