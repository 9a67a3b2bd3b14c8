package org.solrelectra.lucene.search;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import org.apache.lucene.index.StoredFields;
import org.apache.lucene.search.IndexSearcher;
import org.solrelectra.lucene.encoder.Deadline;
import org.solrelectra.lucene.encoder.JoinedText;

/**
 * The text of a document that a cross-encoder reads: stored fields, all their values in the order
 * of the fields, joined by a blank, as far as the model reads them.
 *
 * @param fields names of stored fields, at least one
 */
public record PassageSource(List<String> fields) {
  public PassageSource {
    fields = List.copyOf(fields);
    if (fields.isEmpty()) {
      throw new IllegalArgumentException("fields must name at least one stored field; fields=[]");
    }
    if (Set.copyOf(fields).size() < fields.size()) {
      throw new IllegalArgumentException("fields must name each field once; fields=" + fields);
    }
  }

  /**
   * Reads the passages of documents; empty where a document has none of the fields. The time that a
   * document takes grows with the text that is read of it, and the deadline is looked at between
   * its values.
   *
   * @param emptyText makes a text that takes as much as the model reads of a passage
   */
  PassageReader reader(IndexSearcher searcher, int[] documents, Supplier<JoinedText> emptyText)
      throws IOException {
    StoredFields storedFields = searcher.getIndexReader().storedFields();
    PassageVisitor visitor = new PassageVisitor(fields, emptyText);
    return new PassageReader() {
      @Override
      public int size() {
        return documents.length;
      }

      @Override
      public Optional<String> read(int index, Deadline deadline) {
        visitor.start(deadline);
        try {
          storedFields.document(documents[index], visitor);
        } catch (IOException e) {
          throw new UncheckedIOException(e);
        }
        return visitor.passage();
      }
    };
  }
}
