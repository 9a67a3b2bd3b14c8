package org.solrelectra.training.corpus;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/** Several sources, read one after the other. */
public final class DocumentSources implements DocumentSource {
  private static final String LUCENE = "lucene:";
  private static final String SOLR = "solr:";
  private static final char PLACE_SEPARATOR = ':';

  private enum Kind {
    TEXT,
    JSON_LINES,
    LUCENE,
    SOLR
  }

  private record Input(Kind kind, String name) {}

  private final List<DocumentSource> sources;

  private DocumentSources(List<DocumentSource> sources) {
    this.sources = List.copyOf(sources);
  }

  /**
   * Opens inputs in the order given: {@code solr:URL} or a URL is a Solr; {@code lucene:FOLDER} or
   * a folder that holds one, a Lucene index; a file named {@code .jsonl}, {@code .ndjson} or {@code
   * .json}, JSONL; any other file plain text.
   *
   * @param fields what to read of all but plain text; null if the user named none, for {@code text}
   * @param solr what to ask of a Solr; null if the user said nothing about that, for all documents
   * @param credentials {@code user:password} for a Solr; null for nobody
   * @throws IllegalArgumentException if fields or a query are given that no input has a use for
   */
  public static DocumentSources of(
      List<String> inputs, List<String> fields, SolrQuerySettings solr, String credentials)
      throws IOException {
    List<Input> all = new ArrayList<>();
    for (String input : inputs) {
      all.add(input(input));
    }
    if (fields != null && all.stream().allMatch(input -> input.kind == Kind.TEXT)) {
      throw new IllegalArgumentException(
          "plain text has no fields; a field is for JSONL, Lucene and Solr; fields=" + fields);
    }
    if (solr != null && all.stream().noneMatch(input -> input.kind == Kind.SOLR)) {
      throw new IllegalArgumentException(
          "what to ask of Solr was said, but no input is a Solr; inputs=" + inputs);
    }
    List<String> read = fields == null ? List.of("text") : fields;
    List<DocumentSource> sources = new ArrayList<>();
    for (int from = 0, to; from < all.size(); from = to) {
      Kind kind = all.get(from).kind;
      to = from + 1;
      // Files of one kind are one source, so that one of them may be empty.
      while (to < all.size() && all.get(to).kind == kind && isFile(kind)) {
        to++;
      }
      List<Path> files =
          all.subList(from, to).stream()
              .filter(input -> input.kind != Kind.SOLR)
              .map(input -> Path.of(input.name))
              .toList();
      sources.add(
          switch (kind) {
            case TEXT -> new CorpusReader(files);
            case JSON_LINES -> new JsonLinesSource(files, read);
            case LUCENE -> new LuceneIndexSource(files.get(0), read);
            case SOLR ->
                new SolrSource(
                    SolrAddress.parse(all.get(from).name, credentials),
                    read,
                    solr == null ? SolrQuerySettings.ALL : solr,
                    Timing.SYSTEM);
          });
    }
    return new DocumentSources(sources);
  }

  private static boolean isFile(Kind kind) {
    return kind == Kind.TEXT || kind == Kind.JSON_LINES;
  }

  private static Input input(String text) throws IOException {
    if (text.startsWith(SOLR)) {
      return new Input(Kind.SOLR, text.substring(SOLR.length()));
    }
    if (text.startsWith("http:") || text.startsWith("https:")) {
      return new Input(Kind.SOLR, text);
    }
    if (text.startsWith(LUCENE)) {
      return new Input(Kind.LUCENE, text.substring(LUCENE.length()));
    }
    Path path = Path.of(text);
    if (Files.isDirectory(path)) {
      return new Input(Kind.LUCENE, text);
    }
    return new Input(JsonLinesSource.isNamedSo(path) ? Kind.JSON_LINES : Kind.TEXT, text);
  }

  /**
   * Gives the documents after a place to a consumer.
   *
   * @param place the number of the source, a colon, and the place in it; or {@link #START}
   */
  @Override
  public void forEachDocument(String place, DocumentConsumer consumer) throws IOException {
    int colon = place.indexOf(PLACE_SEPARATOR);
    int first = place.equals(START) ? 0 : Integer.parseInt(place.substring(0, colon));
    String placeInFirst = place.substring(colon + 1);
    for (int i = first; i < sources.size(); i++) {
      sources
          .get(i)
          .forEachDocument(i == first ? placeInFirst : START, new NumberedConsumer(i, consumer));
    }
  }

  @Override
  public String description() {
    return sources.stream().map(DocumentSource::description).collect(Collectors.joining("; "));
  }

  private record NumberedConsumer(int source, DocumentConsumer consumer)
      implements DocumentConsumer {
    @Override
    public void accept(List<String> lines) throws IOException {
      consumer.accept(lines);
    }

    @Override
    public void passOver() throws IOException {
      consumer.passOver();
    }

    @Override
    public void mark(String place) throws IOException {
      consumer.mark(source + String.valueOf(PLACE_SEPARATOR) + place);
    }
  }
}
