package org.solrelectra.training.corpus;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.SortedSet;
import java.util.TreeSet;
import org.solrelectra.lucene.model.Excerpt;

/**
 * Reads documents from JSONL files: one object a line, one document an object. A document's text is
 * the values of some fields, each a string or an array of strings, one after the other; an object
 * that lacks them all, or has only white space in them, is passed over. {@code .gz} and {@code .xz}
 * files are decompressed.
 */
public final class JsonLinesSource implements DocumentSource {
  private static final int MOST_NAMES = 50;
  private static final ObjectReader JSON =
      new ObjectMapper().reader().with(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

  private final List<Path> files;
  private final List<String> fields;

  /**
   * @throws InvalidCorpusException if a file does not exist or is a folder
   */
  public JsonLinesSource(List<Path> files, List<String> fields) throws InvalidCorpusException {
    for (Path file : files) {
      if (!Files.isRegularFile(file)) {
        throw new InvalidCorpusException(file + " is not a file; expected JSONL, .gz or .xz");
      }
    }
    this.files = List.copyOf(files);
    this.fields = List.copyOf(fields);
  }

  /** Says whether a file's name says that it holds JSONL, perhaps compressed. */
  static boolean isNamedSo(Path file) {
    String name = file.getFileName().toString().toLowerCase(Locale.ROOT);
    return name.matches(".*\\.(jsonl|ndjson|json)(\\.gz|\\.xz)?");
  }

  /**
   * Gives the documents after a place to a consumer.
   *
   * @param place how many lines were read before, or {@link #START}
   * @throws InvalidCorpusException if a line is not a JSON object or a field of it is not text, or
   *     no object at all has one of the fields
   */
  @Override
  public void forEachDocument(String place, DocumentConsumer consumer) throws IOException {
    long skipped = place.equals(START) ? 0 : Long.parseLong(place);
    DocumentAssembler documents = new DocumentAssembler(consumer);
    SortedSet<String> seen = new TreeSet<>();
    long total = 0;
    for (Path file : files) {
      try (TextLines lines = TextLines.open(file)) {
        long number = 0;
        for (String line = lines.next(); line != null; line = lines.next()) {
          number++;
          total++;
          if (total > skipped && !Blank.isBlank(line)) {
            JsonNode object = object(line, file, number);
            documents.addDocument(texts(object, file, number));
            if (documents.documents() == 0 && seen.size() < MOST_NAMES) {
              object.fieldNames().forEachRemaining(seen::add);
            }
            consumer.mark(Long.toString(total));
          }
        }
      }
    }
    if (skipped == 0 && documents.documents() == 0) {
      throw new InvalidCorpusException(
          "no document has text in "
              + fields
              + "; fields seen: "
              + Excerpt.of(seen)
              + "; files: "
              + files);
    }
  }

  private static JsonNode object(String line, Path file, long number)
      throws InvalidCorpusException {
    JsonNode object;
    try {
      object = JSON.readTree(line);
    } catch (JsonProcessingException e) {
      throw new InvalidCorpusException(
          file + " line " + number + " is not JSON: " + Excerpt.of(e.getOriginalMessage()), e);
    }
    if (!object.isObject()) {
      throw new InvalidCorpusException(
          file + " line " + number + " is not a JSON object; found " + kind(object));
    }
    return object;
  }

  private List<String> texts(JsonNode object, Path file, long number)
      throws InvalidCorpusException {
    List<String> texts = new ArrayList<>(fields.size());
    for (String field : fields) {
      JsonNode value = object.get(field);
      if (value == null || value.isNull()) {
        continue;
      }
      for (JsonNode text : value.isArray() ? value : List.of(value)) {
        if (!text.isTextual()) {
          throw new InvalidCorpusException(
              file
                  + " line "
                  + number
                  + ": field '"
                  + field
                  + "' must be a string or an array of strings; found "
                  + kind(text));
        }
        texts.add(text.textValue());
      }
    }
    return texts;
  }

  private static String kind(JsonNode node) {
    return node.getNodeType().name().toLowerCase(Locale.ROOT);
  }

  @Override
  public String description() {
    return "JSONL " + fields + " of " + InputFiles.describe(files);
  }
}
