package org.solrelectra.training.corpus;

import java.io.IOException;
import java.util.List;

/**
 * Where documents come from: files, a Lucene index, a Solr. Reading twice gives the same documents
 * in the same order, as long as what is read stays as it is. Immutable; whoever reads opens and
 * closes.
 */
public interface DocumentSource {
  /** The place before the first document. */
  String START = "";

  /** Is given each document in turn. */
  @FunctionalInterface
  interface DocumentConsumer {
    /** Takes the lines of one document, at least one and none of them blank. */
    void accept(List<String> lines) throws IOException;

    /** Is told that a document was passed over because it has no text. */
    default void passOver() throws IOException {}

    /** Is told a place from which another reading gives all documents that come after this call. */
    default void mark(String place) throws IOException {}
  }

  /**
   * Gives every document after a place to a consumer.
   *
   * @param place {@link #START}, or what {@link DocumentConsumer#mark} was told while this source,
   *     or one with the same description, was read
   * @throws InvalidCorpusException if what is read is damaged, or holds no text at all
   */
  void forEachDocument(String place, DocumentConsumer consumer) throws IOException;

  /** Gives every document to a consumer. */
  default void forEachDocument(DocumentConsumer consumer) throws IOException {
    forEachDocument(START, consumer);
  }

  /**
   * Returns what is read, for people and to find out whether a place may be gone on from: size and
   * date of files, an index's commit, a query. Holds no password.
   */
  String description();
}
