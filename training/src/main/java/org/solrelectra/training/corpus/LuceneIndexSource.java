package org.solrelectra.training.corpus;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.apache.lucene.document.Document;
import org.apache.lucene.index.DirectoryReader;
import org.apache.lucene.index.IndexableField;
import org.apache.lucene.index.LeafReaderContext;
import org.apache.lucene.index.SegmentInfos;
import org.apache.lucene.index.StoredFields;
import org.apache.lucene.store.Directory;
import org.apache.lucene.store.FSDirectory;
import org.apache.lucene.util.Bits;
import org.apache.lucene.util.StringHelper;
import org.solrelectra.lucene.model.Excerpt;

/**
 * Reads documents from the stored fields of a Lucene index, deleted documents left out. The index
 * is read as of its last commit and not locked, so it may belong to a running Solr. A document's
 * text is the values of some fields, one after the other; one without them is passed over.
 */
public final class LuceneIndexSource implements DocumentSource {
  private static final String COMMIT_FILE = "segments_";
  private static final int DOCUMENTS_LOOKED_AT = 100;

  private final Path folder;
  private final List<String> fields;
  private final String commit;

  /**
   * @throws InvalidCorpusException if the folder holds no index, or one that cannot be read
   */
  public LuceneIndexSource(Path folder, List<String> fields) throws IOException {
    if (!isIndex(folder)) {
      throw new InvalidCorpusException(
          folder + " is not a Lucene index; expected a folder with a file " + COMMIT_FILE + "N");
    }
    this.folder = folder;
    this.fields = List.copyOf(fields);
    try (Directory directory = FSDirectory.open(folder)) {
      this.commit = StringHelper.idToString(SegmentInfos.readLatestCommit(directory).getId());
    } catch (IOException | IllegalArgumentException e) {
      // Of a codec that is not there, Lucene says so by an IllegalArgumentException.
      throw unreadable(e);
    }
  }

  /** Says whether a folder holds a Lucene index. */
  static boolean isIndex(Path folder) throws IOException {
    if (!Files.isDirectory(folder)) {
      return false;
    }
    try (Stream<Path> files = Files.list(folder)) {
      return files.anyMatch(file -> file.getFileName().toString().startsWith(COMMIT_FILE));
    }
  }

  private InvalidCorpusException unreadable(Exception e) {
    return new InvalidCorpusException(
        folder + " cannot be read as a Lucene index: " + e.getMessage(), e);
  }

  /**
   * Gives the documents after a place to a consumer.
   *
   * @param place the number of the first document to read, deleted ones counted too, or {@link
   *     #START}
   * @throws InvalidCorpusException if the index is damaged or a field of it is not text, or no
   *     document has one of the fields
   */
  @Override
  public void forEachDocument(String place, DocumentConsumer consumer) throws IOException {
    int first = place.equals(START) ? 0 : Integer.parseInt(place);
    DocumentAssembler documents = new DocumentAssembler(consumer);
    Set<String> wanted = Set.copyOf(fields);
    try (Directory directory = FSDirectory.open(folder);
        DirectoryReader reader = DirectoryReader.open(directory)) {
      for (LeafReaderContext leaf : reader.leaves()) {
        Bits live = leaf.reader().getLiveDocs();
        StoredFields stored = leaf.reader().storedFields();
        int count = leaf.reader().maxDoc();
        for (int number = Math.max(0, first - leaf.docBase); number < count; number++) {
          if (live == null || live.get(number)) {
            int global = leaf.docBase + number;
            documents.addDocument(texts(stored.document(number, wanted), global));
            consumer.mark(Integer.toString(global + 1));
          }
        }
      }
      if (first == 0 && documents.documents() == 0) {
        throw new InvalidCorpusException(
            "no document has text in the stored fields "
                + fields
                + "; fields seen: "
                + Excerpt.of(storedFields(reader))
                + "; index: "
                + folder);
      }
    }
  }

  private List<String> texts(Document document, int number) throws InvalidCorpusException {
    Map<String, List<String>> byField = new HashMap<>();
    for (IndexableField field : document) {
      if (field.stringValue() == null || field.numericValue() != null) {
        throw new InvalidCorpusException(
            folder
                + ": field '"
                + field.name()
                + "' of document "
                + number
                + " must be stored as text; found "
                + (field.numericValue() != null ? "a number" : "bytes"));
      }
      byField.computeIfAbsent(field.name(), name -> new ArrayList<>()).add(field.stringValue());
    }
    List<String> texts = new ArrayList<>();
    fields.forEach(field -> texts.addAll(byField.getOrDefault(field, List.of())));
    return texts;
  }

  /** Returns the names of what the first documents have stored. */
  private static SortedSet<String> storedFields(DirectoryReader reader) throws IOException {
    SortedSet<String> names = new TreeSet<>();
    StoredFields stored = reader.storedFields();
    for (int i = 0; i < Math.min(reader.maxDoc(), DOCUMENTS_LOOKED_AT); i++) {
      stored.document(i).forEach(field -> names.add(field.name()));
    }
    return names;
  }

  @Override
  public String description() {
    return "Lucene index "
        + fields
        + " of "
        + folder.toAbsolutePath().normalize()
        + " (commit "
        + commit
        + ")";
  }
}
