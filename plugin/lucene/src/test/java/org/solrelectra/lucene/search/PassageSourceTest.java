package org.solrelectra.lucene.search;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.StringJoiner;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.apache.lucene.document.Document;
import org.apache.lucene.document.StoredField;
import org.apache.lucene.index.DirectoryReader;
import org.apache.lucene.index.IndexWriter;
import org.apache.lucene.index.IndexWriterConfig;
import org.apache.lucene.search.IndexSearcher;
import org.apache.lucene.store.ByteBuffersDirectory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.solrelectra.lucene.FixtureModels;
import org.solrelectra.lucene.encoder.Deadline;
import org.solrelectra.lucene.encoder.TokenBatchBuilder;
import org.solrelectra.lucene.encoder.WindowPolicy;
import org.solrelectra.lucene.model.ModelDirectory;
import org.solrelectra.lucene.model.Truncation;

class PassageSourceTest {
  private static final int MANY = 120_000;
  private static final int[] ONE = {0};

  @TempDir Path folder;
  private ModelDirectory model;
  private final ByteBuffersDirectory directory = new ByteBuffersDirectory();
  private IndexSearcher searcher;

  @BeforeEach
  void indexDocuments() throws IOException {
    model = ModelDirectory.open(FixtureModels.copy("ranker", folder));
    try (IndexWriter writer = new IndexWriter(directory, new IndexWriterConfig())) {
      Document first = new Document();
      first.add(new StoredField("text", "one"));
      first.add(new StoredField("title", "two"));
      first.add(new StoredField("text", "three"));
      first.add(new StoredField("other", "four"));
      writer.addDocument(first);
      Document second = new Document();
      second.add(new StoredField("text", "five"));
      second.add(new StoredField("title", 6));
      writer.addDocument(second);
      writer.addDocument(new Document());
    }
    searcher = new IndexSearcher(DirectoryReader.open(directory));
  }

  @AfterEach
  void close() throws IOException {
    searcher.getIndexReader().close();
    directory.close();
  }

  private TokenBatchBuilder builder(int maxLength) {
    return new TokenBatchBuilder(
        model.vocabulary(), model.tokenizer(), maxLength, Truncation.PASSAGE);
  }

  private PassageReader reader(
      TokenBatchBuilder builder, WindowPolicy policy, int[] documents, String... fields)
      throws IOException {
    return new PassageSource(List.of(fields))
        .reader(searcher, documents, builder.passages("the", policy));
  }

  private PassageReader reader(int maxLength, int[] documents, String... fields)
      throws IOException {
    return reader(builder(maxLength), WindowPolicy.BEGINNING, documents, fields);
  }

  /** Reads as far as windows go, which is further than any document here. */
  private PassageReader reader(int[] documents, String... fields) throws IOException {
    WindowPolicy windows = new WindowPolicy(2, 0, 1000, WindowPolicy.Aggregation.MAX);
    return reader(builder(32), windows, documents, fields);
  }

  private static List<String> read(PassageReader reader) {
    return IntStream.range(0, reader.size())
        .mapToObj(i -> reader.read(i, Deadline.NONE).orElseThrow().toString())
        .toList();
  }

  @Test
  void valuesAreJoinedInTheOrderOfTheFields() throws IOException {
    assertEquals(
        List.of("", "6 five", "two one three"), read(reader(new int[] {2, 1, 0}, "title", "text")));
  }

  @Test
  void nothingIsReadAfterTheDeadline() throws IOException {
    AtomicBoolean over = new AtomicBoolean();
    Deadline deadline = Deadline.NONE.cancelledBy(over::get);
    PassageReader reader = reader(new int[] {0, 1}, "text");
    assertEquals(Optional.of("one three"), reader.read(0, deadline));
    over.set(true);
    assertEquals(Optional.empty(), reader.read(1, deadline));
  }

  private void index(Document document) throws IOException {
    searcher.getIndexReader().close();
    try (IndexWriter writer =
        new IndexWriter(
            directory, new IndexWriterConfig().setOpenMode(IndexWriterConfig.OpenMode.CREATE))) {
      writer.addDocument(document);
    }
    searcher = new IndexSearcher(DirectoryReader.open(directory));
  }

  private static Document ofManyValues(int count, String value) {
    Document document = new Document();
    for (int i = 0; i < count; i++) {
      document.add(new StoredField("text", value));
    }
    return document;
  }

  /** None of them has a word, so all are read; in a time that once grew with their square. */
  @Test
  void aDocumentOfManyValuesIsReadInATimeThatGrowsWithThem() throws IOException {
    String value = "\u200b".repeat(12);
    index(ofManyValues(4 * MANY, value));
    PassageReader reader = reader(ONE, "title", "text");
    String passage = assertTimeoutPreemptively(Duration.ofSeconds(20), () -> read(reader).get(0));
    assertEquals(4 * MANY * (value.length() + 1) - 1, passage.length());
  }

  @Test
  void noMoreValuesAreReadThanASequenceCanHold() throws IOException {
    Document document = ofManyValues(MANY, "rain bank");
    document.add(new StoredField("title", "the"));
    index(document);
    // 10 tokens, three of them special: 8 tell that the passage is too long.
    assertEquals("rain bank rain bank rain bank rain bank", read(reader(10, ONE, "text")).get(0));
    assertEquals(
        "rain bank rain bank rain bank rain bank", read(reader(10, ONE, "text", "title")).get(0));
    assertEquals(
        "the rain bank rain bank rain bank rain bank",
        read(reader(10, ONE, "title", "text")).get(0));
  }

  @Test
  void valuesWithoutAWordDoNotCount() throws IOException {
    Document document = new Document();
    for (int i = 0; i < 1000; i++) {
      document.add(new StoredField("text", i % 100 == 99 ? "rain" : "\u200b"));
    }
    index(document);
    String passage = read(reader(10, ONE, "text")).get(0);
    assertEquals("rain".repeat(8), passage.replaceAll("[\u200b ]", ""));
  }

  /** Values that come later change no sequence, whatever the values are. */
  @Test
  void sequencesAreThoseOfTheWholeText() throws IOException {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    String[] words = {
      "rain", "bank.", "\u200b", "", "money-market", "the", "x".repeat(120), "e\u0301"
    };
    for (int round = 0; round < 20; round++) {
      Document document = new Document();
      Map<String, StringJoiner> whole =
          Map.of("text", new StringJoiner(" "), "title", new StringJoiner(" "));
      for (int i = random.nextInt(60); i > 0; i--) {
        String field = random.nextInt(4) == 0 ? "title" : "text";
        String value = words[random.nextInt(words.length)] + words[random.nextInt(words.length)];
        document.add(new StoredField(field, value));
        whole.get(field).add(value);
      }
      index(document);
      TokenBatchBuilder builder = builder(8 + random.nextInt(20));
      String read = read(reader(builder, WindowPolicy.BEGINNING, ONE, "title", "text")).get(0);
      assertArrayEquals(
          builder
              .pairs("the", List.of(whole.get("title") + " " + whole.get("text")))
              .sequences()
              .get(0)
              .inputIds(),
          builder.pairs("the", List.of(read)).sequences().get(0).inputIds(),
          "seed=" + seed + " round=" + round);
    }
  }

  @Test
  void theDeadlineIsLookedAtWhileADocumentIsRead() throws IOException {
    index(ofManyValues(MANY, "\u200b"));
    AtomicInteger looks = new AtomicInteger();
    Deadline deadline = Deadline.NONE.cancelledBy(() -> looks.incrementAndGet() > 3);
    assertEquals(Optional.empty(), reader(ONE, "text").read(0, deadline));
    assertEquals(4, looks.get());
    // Of fields that are not read, too.
    looks.set(0);
    assertEquals(Optional.empty(), reader(ONE, "title").read(0, deadline));
    assertEquals(4, looks.get());
  }

  @Test
  void eachFieldIsNamedOnce() {
    assertEquals(
        "fields must name each field once; fields=[text, title, text]",
        assertThrows(
                IllegalArgumentException.class,
                () -> new PassageSource(List.of("text", "title", "text")))
            .getMessage());
  }

  @Test
  void fieldsAreNeeded() {
    IllegalArgumentException error =
        assertThrows(IllegalArgumentException.class, () -> new PassageSource(List.of()));
    assertEquals("fields must name at least one stored field; fields=[]", error.getMessage());
  }
}
