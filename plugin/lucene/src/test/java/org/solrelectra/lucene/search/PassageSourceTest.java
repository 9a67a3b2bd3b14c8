package org.solrelectra.lucene.search;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
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
import org.solrelectra.lucene.encoder.Deadline;

class PassageSourceTest {
  private final ByteBuffersDirectory directory = new ByteBuffersDirectory();
  private IndexSearcher searcher;

  @BeforeEach
  void indexDocuments() throws IOException {
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

  @Test
  void valuesAreJoinedInTheOrderOfTheFields() throws IOException {
    assertEquals(
        List.of("", "6 five", "two one three"),
        new PassageSource(List.of("title", "text"))
            .passages(searcher, new int[] {2, 1, 0}, Deadline.NONE));
  }

  @Test
  void nothingIsReadAfterTheDeadline() throws IOException {
    AtomicBoolean over = new AtomicBoolean();
    List<String> passages =
        new PassageSource(List.of("text"))
            .passages(searcher, new int[] {0, 1}, Deadline.NONE.cancelledBy(over::get));
    List<String> read = new ArrayList<>();
    read.add(passages.get(0));
    over.set(true);
    read.add(passages.get(1));
    assertEquals(List.of("one three", ""), read);
  }

  @Test
  void fieldsAreNeeded() {
    IllegalArgumentException error =
        assertThrows(IllegalArgumentException.class, () -> new PassageSource(List.of()));
    assertEquals("fields must name at least one stored field; fields=[]", error.getMessage());
  }
}
