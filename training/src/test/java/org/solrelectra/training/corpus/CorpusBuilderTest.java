package org.solrelectra.training.corpus;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.solrelectra.lucene.analysis.WordPieceEncoder;
import org.solrelectra.lucene.model.TokenizerConfig;
import org.solrelectra.training.SmallCorpus;
import org.solrelectra.training.corpus.CorpusReport.Length;
import org.solrelectra.training.corpus.CorpusSettings.Duplicates;

/** From documents to a folder of shards: copies, report, interruption. */
class CorpusBuilderTest {
  private static final String HASH = "c5".repeat(32);
  private static final CorpusSettings SETTINGS = settings(0.2, 200);

  @TempDir private Path folder;
  private WordPieceEncoder encoder;
  private Path target;

  @BeforeAll
  static void drawWithoutAScreen() {
    System.setProperty("java.awt.headless", "true");
  }

  @BeforeEach
  void names() throws IOException {
    encoder = new WordPieceEncoder(SmallCorpus.vocabulary(), TokenizerConfig.bert(true, 128));
    target = folder.resolve("shards");
  }

  private static CorpusSettings settings(double heldOutShare, long shardTokens) {
    return new CorpusSettings(heldOutShare, shardTokens, Duplicates.DROP);
  }

  private CorpusBuilder builder(DocumentSource source, CorpusSettings settings) {
    return new CorpusBuilder(source, encoder, HASH, settings);
  }

  private CorpusReader text(String content) throws IOException {
    return new CorpusReader(List.of(Files.writeString(folder.resolve("text.txt"), content)));
  }

  @Test
  void theReportCountsWhatIsKept() throws IOException {
    String documents =
        """
        The bank, new.
        Wïnd

        the  BANK, new.

        The  bank, new. Wïnd

        money € xyz

        \u0007\u0007
        """;
    CorpusReport report = builder(text(documents), settings(0, 1000)).start(target, progress -> {});
    assertEquals(3, report.documents(), "the third is a copy of the first");
    assertEquals(1, report.duplicates());
    assertEquals(1, report.withoutText(), "of control characters nothing is left");
    assertEquals(20 + 15 + 13, report.bytes(), "two letters take two bytes, the euro three");
    assertEquals(19 + 15 + 11, report.characters());
    assertEquals(6 + 5 + 3, report.words());
    assertEquals(6 + 5 + 1 + 1 + 3, report.tokens(), "xyz is three pieces, the euro [UNK]");
    assertEquals(1, report.unknownWords());
    assertEquals(List.of(new Length(5, 5, 2), new Length(6, 6, 1)), report.lengths());
    assertEquals(16.0 / 14, report.piecesPerWord());
    assertEquals(1.0 / 14, report.unknownRate());

    JsonNode json = new ObjectMapper().readTree(target.resolve("report.json").toFile());
    assertEquals(3, json.get("documents").asInt());
    assertEquals(16.0 / 14, json.get("pieces_per_word").asDouble());
    assertEquals(1.0 / 14, json.get("unknown_rate").asDouble());
    assertEquals(
        48 / json.get("seconds").asDouble(), json.get("bytes_per_second").asDouble(), 1e-6);
    assertEquals(5, json.get("lengths").get(0).get("from").asInt());
    assertEquals(
        List.of("corpus.json", "lengths.png", "report.json", "training-00000.tokens"),
        names(target));
    TokenCorpus corpus = TokenCorpus.open(target, HASH);
    assertEquals(3, corpus.documents());
    assertEquals(16 + 3, corpus.tokens(), "a [SEP] after each document");
    assertEquals(1, corpus.unknownTokens());
  }

  private static List<String> names(Path directory) throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      return files.map(file -> file.getFileName().toString()).sorted().toList();
    }
  }

  @Test
  void twoReadingsGiveTheSameBytes() throws IOException {
    CorpusReader reader = new CorpusReader(List.of(SmallCorpus.writeText(folder, 200)));
    builder(reader, SETTINGS).start(target, progress -> {});
    Path again = folder.resolve("again");
    builder(reader, SETTINGS).start(again, progress -> {});
    assertSameShards(target, again);
    assertTrue(names(target).contains("training-00005.tokens"), names(target).toString());
    assertEquals(
        TokenCorpus.open(target, HASH).checksum(), TokenCorpus.open(again, HASH).checksum());
  }

  private static void assertSameShards(Path expected, Path actual) throws IOException {
    assertEquals(names(expected), names(actual));
    for (String name : names(expected)) {
      if (!name.equals("report.json")) {
        assertArrayEquals(
            Files.readAllBytes(expected.resolve(name)),
            Files.readAllBytes(actual.resolve(name)),
            name);
      }
    }
  }

  @Test
  void documentsAreHeldOutAsPretrainHoldsThemOut() throws IOException {
    CorpusReader reader = new CorpusReader(List.of(SmallCorpus.writeText(folder, 300)));
    builder(reader, settings(0.25, CorpusSettings.LARGEST_SHARD)).start(target, progress -> {});
    Path pretrains = folder.resolve("pretrains");
    TokenCorpus.write(reader, encoder, HASH, 0.25, pretrains);
    for (String name : List.of("training-00000.tokens", "held-out-00000.tokens", "corpus.json")) {
      assertArrayEquals(
          Files.readAllBytes(pretrains.resolve(name)),
          Files.readAllBytes(target.resolve(name)),
          name);
    }
  }

  /** A source that fails once after each number of documents given. */
  private record FailingSource(DocumentSource source, List<Integer> failAfter)
      implements DocumentSource {
    @Override
    public void forEachDocument(String place, DocumentConsumer consumer) throws IOException {
      RecordingConsumer seen = new RecordingConsumer();
      source.forEachDocument(
          place,
          new DocumentConsumer() {
            @Override
            public void accept(List<String> lines) throws IOException {
              if (!failAfter.isEmpty() && seen.documents.size() == failAfter.get(0)) {
                failAfter.remove(0);
                throw new IOException("the cable is out");
              }
              seen.accept(lines);
              consumer.accept(lines);
            }

            @Override
            public void passOver() throws IOException {
              consumer.passOver();
            }

            @Override
            public void mark(String name) throws IOException {
              consumer.mark(name);
            }
          });
    }

    @Override
    public String description() {
      return source.description();
    }
  }

  /** Each document twice, so that copies stand on both sides of an interruption. */
  private Path doubled() throws IOException {
    Path once = SmallCorpus.writeText(folder, 150);
    List<String> documents = List.of(Files.readString(once).split("\n\n"));
    List<String> all = new ArrayList<>(documents);
    all.addAll(documents);
    Collections.shuffle(all, new java.util.Random(5));
    return Files.writeString(folder.resolve("doubled.txt"), String.join("\n\n", all));
  }

  @Test
  void whatIsInterruptedAndResumedIsWhatIsNot() throws IOException {
    CorpusReader reader = new CorpusReader(List.of(doubled()));
    Path whole = folder.resolve("whole");
    CorpusReport expected = builder(reader, SETTINGS).start(whole, progress -> {});
    assertTrue(expected.duplicates() >= 150, expected.toString());

    CorpusBuilder failing =
        builder(new FailingSource(reader, new ArrayList<>(List.of(100, 40, 60))), SETTINGS);
    List<CorpusReport> progress = new ArrayList<>();
    assertEquals(
        "the cable is out",
        assertThrows(IOException.class, () -> failing.start(target, progress::add)).getMessage());
    assertTrue(progress.size() > 1, "some shards are complete");
    assertFalse(Files.exists(target));
    assertTrue(CorpusBuilder.canResume(target));
    assertThrows(IOException.class, () -> failing.resume(target, progress::add));
    assertThrows(IOException.class, () -> failing.resume(target, progress::add));
    CorpusReport resumed = failing.resume(target, progress::add);

    assertSameShards(whole, target);
    assertEquals(expected.documents(), resumed.documents());
    assertEquals(expected.duplicates(), resumed.duplicates());
    assertEquals(expected.bytes(), resumed.bytes());
    assertEquals(expected.characters(), resumed.characters());
    assertEquals(expected.words(), resumed.words());
    assertEquals(expected.tokens(), resumed.tokens());
    assertEquals(expected.lengths(), resumed.lengths());
    assertFalse(CorpusBuilder.canResume(target));
    assertFalse(Files.exists(folder.resolve(".shards.electra-partial")));
  }

  @Test
  void aSolrThatFailsInTheMiddleIsGoneOnWith() throws IOException {
    try (FakeSolr solr = new FakeSolr(SolrSourceTest.documents(60))) {
      Timing noWaiting =
          new Timing() {
            @Override
            public long nanoTime() {
              return 0;
            }

            @Override
            public void sleep(long nanos) {}
          };
      SolrSource source =
          new SolrSource(
              SolrAddress.parse(solr.url(), null),
              List.of("text"),
              new SolrQuerySettings("*:*", List.of(), null, 7, 1000),
              noWaiting);
      Path whole = folder.resolve("whole");
      CorpusSettings settings = settings(0.2, 40);
      CorpusReport expected = builder(source, settings).start(whole, progress -> {});
      assertEquals(59, expected.documents());
      assertEquals(1, expected.withoutText());

      int before = solr.queries.size();
      assertThrows(
          InvalidCorpusException.class,
          () ->
              builder(source, settings)
                  .start(
                      target,
                      progress -> {
                        if (progress.documents() > 20) {
                          solr.failures.addAll(
                              Collections.nCopies(6, FakeSolr.Failure.UNAVAILABLE));
                        }
                      }));
      int interrupted = solr.queries.size() - before;
      assertTrue(interrupted < before - 2, interrupted + " of " + before + " pages were read");
      CorpusReport resumed = builder(source, settings).resume(target, progress -> {});
      assertSameShards(whole, target);
      assertEquals(59, resumed.documents());
      assertEquals(1, resumed.withoutText());
      assertEquals(
          solr.queries.get(before + interrupted - 1).get("cursorMark").equals("*"),
          false,
          "the interruption came later than the first page");
      assertFalse(
          solr.queries.get(before + interrupted).get("cursorMark").equals("*"),
          "reading did not start anew");
    }
  }

  @Test
  void anotherInputOrOtherSettingsAreNotGoneOnWith() throws IOException {
    Path file = doubled();
    CorpusReader reader = new CorpusReader(List.of(file));
    DocumentSource failing = new FailingSource(reader, new ArrayList<>(List.of(100)));
    assertThrows(IOException.class, () -> builder(failing, SETTINGS).start(target, p -> {}));

    assertEquals(
        target
            + " is written in part; say --resume to go on, or delete "
            + folder.resolve(".shards.electra-partial")
            + " to start anew",
        refusal(() -> builder(reader, SETTINGS).start(target, p -> {})));
    assertEquals(
        target + " was begun with another vocabulary or casing; give the one it was begun with",
        refusal(
            () ->
                new CorpusBuilder(reader, encoder, "d6".repeat(32), SETTINGS)
                    .resume(target, p -> {})));
    assertEquals(
        target
            + " was begun otherwise; expected "
            + SETTINGS
            + "; found CorpusSettings[heldOutShare=0.1, shardTokens=200, duplicates=DROP]",
        refusal(() -> builder(reader, settings(0.1, 200)).resume(target, p -> {})));
    String before = reader.description();
    CorpusReader other = text("x\n");
    assertEquals(
        target
            + " was begun from another input; expected "
            + before
            + "; input="
            + other.description(),
        refusal(() -> builder(other, SETTINGS).resume(target, p -> {})));
  }

  private interface Action {
    void run() throws IOException;
  }

  private static String refusal(Action action) {
    return assertThrows(IllegalArgumentException.class, action::run).getMessage();
  }

  @Test
  void aFailureBeforeTheFirstShardLeavesNothing() throws IOException {
    CorpusReader reader = new CorpusReader(List.of(SmallCorpus.writeText(folder, 20)));
    DocumentSource failing = new FailingSource(reader, new ArrayList<>(List.of(10)));
    CorpusSettings large = settings(0, 100_000);
    assertThrows(IOException.class, () -> builder(failing, large).start(target, p -> {}));
    assertEquals(List.of("corpus.txt"), names(folder));
    assertEquals(20, builder(failing, large).resume(target, p -> {}).documents());
    assertEquals(
        target + " exists already; name another --output",
        refusal(() -> builder(reader, large).start(target, p -> {})));
    assertEquals(
        target + " exists already; name another --output",
        refusal(() -> builder(reader, large).resume(target, p -> {})));
  }

  @Test
  void aCorpusWithoutWordsIsRefused() throws IOException {
    CorpusReader control = text("\u0007\n\n\u0007\u0007\n");
    assertEquals(
        "no document has a word; documents without text=2",
        assertThrows(
                InvalidCorpusException.class,
                () -> builder(control, settings(0, 100)).start(target, p -> {}))
            .getMessage());
    assertEquals(List.of("text.txt"), names(folder));
  }

  @Test
  void settingsAreChecked() {
    assertEquals(
        "heldOutShare must be in [0, 1); heldOutShare=1.0", refusal(() -> settings(1, 100)));
    assertEquals(
        "shardTokens must be in 1..268435456; shardTokens=0", refusal(() -> settings(0, 0)));
  }
}
