package org.solrelectra.lucene.search;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.AbstractList;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.lucene.document.Document;
import org.apache.lucene.index.StoredFields;
import org.apache.lucene.search.IndexSearcher;
import org.solrelectra.lucene.encoder.Deadline;

/**
 * The text of a document that a cross-encoder reads: stored fields, all their values in the order
 * of the fields, joined by a blank.
 *
 * @param fields names of stored fields, at least one
 */
public record PassageSource(List<String> fields) {
  public PassageSource {
    fields = List.copyOf(fields);
    if (fields.isEmpty()) {
      throw new IllegalArgumentException("fields must name at least one stored field; fields=[]");
    }
  }

  /**
   * Returns the passages of documents, in their order; empty where a document has none of the
   * fields, and after the deadline. A passage is read when it is asked for, so that a window of
   * long documents is never in memory as a whole; one thread may ask.
   *
   * @return a list whose {@code get} throws {@link UncheckedIOException}
   */
  List<String> passages(IndexSearcher searcher, int[] documents, Deadline deadline)
      throws IOException {
    StoredFields storedFields = searcher.getIndexReader().storedFields();
    Set<String> wanted = Set.copyOf(fields);
    return new AbstractList<>() {
      @Override
      public String get(int index) {
        if (deadline.isOver()) {
          return "";
        }
        try {
          return text(storedFields.document(documents[index], wanted));
        } catch (IOException e) {
          throw new UncheckedIOException(e);
        }
      }

      @Override
      public int size() {
        return documents.length;
      }
    };
  }

  private String text(Document document) {
    Map<String, String> values = new HashMap<>();
    document.forEach(
        field -> {
          if (field.stringValue() != null) {
            values.merge(field.name(), field.stringValue(), (a, b) -> a + " " + b);
          }
        });
    List<String> texts = new ArrayList<>();
    for (String field : fields) {
      if (values.containsKey(field)) {
        texts.add(values.get(field));
      }
    }
    return String.join(" ", texts);
  }
}
