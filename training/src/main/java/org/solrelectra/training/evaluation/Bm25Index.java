package org.solrelectra.training.evaluation;

import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.apache.lucene.analysis.Analyzer;
import org.apache.lucene.analysis.en.EnglishAnalyzer;
import org.apache.lucene.document.Document;
import org.apache.lucene.document.Field;
import org.apache.lucene.document.StoredField;
import org.apache.lucene.document.TextField;
import org.apache.lucene.index.DirectoryReader;
import org.apache.lucene.index.IndexWriter;
import org.apache.lucene.index.IndexWriterConfig;
import org.apache.lucene.search.IndexSearcher;
import org.apache.lucene.search.Query;
import org.apache.lucene.search.ScoreDoc;
import org.apache.lucene.store.FSDirectory;
import org.apache.lucene.util.QueryBuilder;
import org.solrelectra.training.storage.Folders;

/**
 * Passages ranked by Lucene's BM25 with its defaults (k1 1.2, b 0.75) and EnglishAnalyzer; a query
 * is an OR of its terms. Lives in a temporary folder until it is closed. Not for several threads at
 * once.
 */
public final class Bm25Index implements Closeable {
  private static final String FIELD = "text";
  private static final String ID = "id";

  private final Path folder;
  private final Analyzer analyzer = new EnglishAnalyzer();
  private final FSDirectory directory;
  private final IndexWriter writer;
  private DirectoryReader reader;
  private int size;

  /** Makes an empty index. */
  public Bm25Index() throws IOException {
    this.folder = Files.createTempDirectory("electra-passages");
    this.directory = FSDirectory.open(folder);
    this.writer = new IndexWriter(directory, new IndexWriterConfig(analyzer));
  }

  /**
   * A passage that was found.
   *
   * @param id how many passages were added before it
   */
  public record Hit(int id, float score, String passage) {}

  /** Adds a passage and returns its id. */
  public int add(String passage) throws IOException {
    Document document = new Document();
    document.add(new TextField(FIELD, passage, Field.Store.YES));
    document.add(new StoredField(ID, size));
    writer.addDocument(document);
    return size++;
  }

  /** Says that all passages were added; searching may begin. */
  public void finish() throws IOException {
    writer.commit();
    reader = DirectoryReader.open(directory);
  }

  /** Returns the best passages for a text, the best first; only such as share a term with it. */
  public List<Hit> search(String text, int count) throws IOException {
    // No query parser: AND, OR and NOT in capitals are words like others.
    Query query = new QueryBuilder(analyzer).createBooleanQuery(FIELD, text);
    List<Hit> hits = new ArrayList<>();
    if (query == null) {
      return hits;
    }
    IndexSearcher searcher = new IndexSearcher(reader);
    for (ScoreDoc hit : searcher.search(query, count).scoreDocs) {
      Document document = searcher.storedFields().document(hit.doc);
      hits.add(
          new Hit(document.getField(ID).numericValue().intValue(), hit.score, document.get(FIELD)));
    }
    return hits;
  }

  /** Returns the number of passages. */
  public int size() {
    return size;
  }

  @Override
  public void close() throws IOException {
    if (reader != null) {
      reader.close();
    }
    writer.close();
    directory.close();
    analyzer.close();
    Folders.deleteIfExists(folder);
  }
}
