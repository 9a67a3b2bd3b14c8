package org.solrelectra.training.corpus;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.apache.lucene.codecs.Codec;
import org.apache.lucene.document.Document;
import org.apache.lucene.document.Field.Store;
import org.apache.lucene.document.StoredField;
import org.apache.lucene.document.StringField;
import org.apache.lucene.index.IndexWriter;
import org.apache.lucene.index.IndexWriterConfig;
import org.apache.lucene.index.NoMergePolicy;
import org.apache.lucene.index.Term;
import org.apache.lucene.store.FSDirectory;
import org.apache.lucene.util.BytesRef;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A Lucene index as a place documents come from. */
class LuceneIndexSourceTest {
  @TempDir private Path folder;
  private FSDirectory directory;
  private IndexWriter writer;

  /** Two segments of three documents each; the second and the fourth are deleted. */
  @BeforeEach
  void writeIndex() throws IOException {
    directory = FSDirectory.open(folder);
    writer =
        new IndexWriter(
            directory,
            // Without an analyzer: no field is tokenized.
            new IndexWriterConfig(null).setMergePolicy(NoMergePolicy.INSTANCE));
    add("0", "zero\n\nnought", "Zero");
    add("1", "one", "One");
    add("2", null, "Two");
    writer.commit();
    add("3", "three", "Three");
    add("4", "four", null);
    Document several = new Document();
    several.add(new StringField("id", "5", Store.YES));
    several.add(new StoredField("text", "five"));
    several.add(new StoredField("title", "Five"));
    several.add(new StoredField("text", "V"));
    writer.addDocument(several);
    writer.deleteDocuments(new Term("id", "1"), new Term("id", "3"));
    writer.commit();
  }

  @AfterEach
  void close() throws IOException {
    writer.close();
    directory.close();
  }

  private void add(String id, String text, String title) throws IOException {
    Document document = new Document();
    document.add(new StringField("id", id, Store.YES));
    if (text != null) {
      document.add(new StoredField("text", text));
    }
    if (title != null) {
      document.add(new StoredField("title", title));
    }
    writer.addDocument(document);
  }

  /** The writer is open, as a running Solr's is: its lock must not matter. */
  @Test
  void liveDocumentsAreReadWhileTheIndexIsOpen() throws IOException {
    RecordingConsumer read = new RecordingConsumer();
    new LuceneIndexSource(folder, List.of("text")).forEachDocument(read);
    assertEquals(
        List.of(List.of("zero", "nought"), List.of("four"), List.of("five", "V")), read.documents);
    assertEquals(1, read.passedOver);
  }

  @Test
  void fieldsAreJoinedInTheOrderAskedForAndTheFolderIsRecognized() throws IOException {
    RecordingConsumer read = new RecordingConsumer();
    DocumentSources.of(List.of(folder.toString()), List.of("title", "text"), null, null)
        .forEachDocument(read);
    List<List<String>> expected =
        List.of(
            List.of("Zero", "zero", "nought"),
            List.of("Two"),
            List.of("four"),
            List.of("Five", "five", "V"));
    assertEquals(expected, read.documents);
    RecordingConsumer named = new RecordingConsumer();
    DocumentSources.of(List.of("lucene:" + folder), List.of("title", "text"), null, null)
        .forEachDocument(named);
    assertEquals(expected, named.documents);
  }

  @Test
  void readingGoesOnFromEveryPlace() throws IOException {
    LuceneIndexSource source = new LuceneIndexSource(folder, List.of("text"));
    RecordingConsumer whole = new RecordingConsumer();
    source.forEachDocument(whole);
    assertEquals(
        List.of("1", "3", "5", "6"),
        whole.places.stream().map(RecordingConsumer.Place::name).toList());
    for (RecordingConsumer.Place place : whole.places) {
      RecordingConsumer rest = new RecordingConsumer();
      source.forEachDocument(place.name(), rest);
      assertEquals(whole.documents.subList(place.documents(), 3), rest.documents, place.name());
    }
  }

  @Test
  void aCommitChangesTheDescription() throws IOException {
    String before = new LuceneIndexSource(folder, List.of("text")).description();
    assertEquals(before, new LuceneIndexSource(folder, List.of("text")).description());
    add("6", "six", null);
    writer.commit();
    String after = new LuceneIndexSource(folder, List.of("text")).description();
    String start = "Lucene index [text] of " + folder + " (commit ";
    assertTrue(before.startsWith(start) && after.startsWith(start), after);
    assertTrue(!before.equals(after), after);
  }

  @Test
  void whatIsNotTextIsNamed() throws IOException {
    Document number = new Document();
    number.add(new StoredField("year", 1999));
    number.add(new StoredField("picture", new BytesRef("x")));
    writer.addDocument(number);
    writer.commit();
    assertEquals(
        folder + ": field 'year' of document 6 must be stored as text; found a number",
        failure("year"));
    assertEquals(
        folder + ": field 'picture' of document 6 must be stored as text; found bytes",
        failure("picture"));
    assertEquals(
        "no document has text in the stored fields [body]; fields seen: [id, picture, text, title,"
            + " year]; index: "
            + folder,
        failure("body"));
  }

  private String failure(String field) {
    return assertThrows(
            InvalidCorpusException.class,
            () ->
                new LuceneIndexSource(folder, List.of(field))
                    .forEachDocument(new RecordingConsumer()))
        .getMessage();
  }

  @Test
  void aDamagedIndexIsNamed() throws IOException {
    Path damaged = Files.createDirectory(folder.resolve("damaged"));
    Files.writeString(damaged.resolve("segments_1"), "no index, but long enough to hold one");
    String message =
        assertThrows(
                InvalidCorpusException.class, () -> new LuceneIndexSource(damaged, List.of("text")))
            .getMessage();
    assertTrue(message.startsWith(damaged + " cannot be read as a Lucene index: "), message);
  }

  /** Of Lucene 8's last releases, of 9.0 and of what Solr 9.0 to 9.8 write. */
  @Test
  void olderIndexesCanBeRead() {
    assertTrue(
        Codec.availableCodecs()
            .containsAll(
                List.of("Lucene80", "Lucene84", "Lucene87", "Lucene90", "Lucene95", "Lucene99")),
        Codec.availableCodecs().toString());
  }
}
