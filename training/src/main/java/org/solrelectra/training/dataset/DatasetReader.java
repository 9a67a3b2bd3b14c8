package org.solrelectra.training.dataset;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectReader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.solrelectra.lucene.model.Excerpt;
import org.solrelectra.training.corpus.Blank;
import org.solrelectra.training.corpus.TextLines;

/**
 * Reads examples from JSONL (one object a line) or TSV (a header line, then values between tabs),
 * by the file's name; {@code .gz} and {@code .xz} are decompressed. Which keys or columns an
 * example has is its task's; others are passed over. Blanks around a label are removed, with a
 * warning.
 */
public final class DatasetReader {
  private static final ObjectReader JSON =
      new ObjectMapper()
          .reader()
          .with(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .with(JsonParser.Feature.STRICT_DUPLICATE_DETECTION);

  private final Predicate<String> hasPieces;
  private final Consumer<String> warnings;

  /**
   * @param hasPieces whether a text says anything to the network that the examples are for; a text
   *     that does not is an error
   * @param warnings receives, once a file, what was mended
   */
  public DatasetReader(Predicate<String> hasPieces, Consumer<String> warnings) {
    this.hasPieces = hasPieces;
    this.warnings = warnings;
  }

  /** Makes an example of a row. */
  public interface Example<T> {
    T of(ExampleRow row) throws InvalidDatasetException;
  }

  /** Says whether a file holds pairs, by its first line. */
  public static boolean holdsPairs(Path file) throws IOException {
    try (TextLines lines = TextLines.open(file)) {
      String first = lines.next();
      if (first == null) {
        throw new InvalidDatasetException(file + " is empty");
      }
      return isTsv(file)
          ? columns(first, file).containsKey("passage")
          : json(first, file + " line 1").has("passage");
    }
  }

  /** The values of one line as they stand there. */
  private interface Cells {
    String LABEL = "label";

    /** Returns file and line, for messages. */
    String where();

    boolean has(String key);

    String text(String key) throws InvalidDatasetException;

    String label() throws InvalidDatasetException;

    List<String> labels() throws InvalidDatasetException;
  }

  /** What is read of a line is checked, and noted where it is mended. */
  private final class CheckedRow implements ExampleRow {
    private final Cells cells;
    private String mended;

    private CheckedRow(Cells cells) {
      this.cells = cells;
    }

    @Override
    public String where() {
      return cells.where();
    }

    @Override
    public boolean has(String key) {
      return cells.has(key);
    }

    @Override
    public String text(String key) throws InvalidDatasetException {
      String value = cells.text(key);
      if (Blank.isBlank(value)) {
        throw new InvalidDatasetException(where() + " has an empty '" + key + "'");
      }
      if (!hasPieces.test(value)) {
        throw new InvalidDatasetException(
            where()
                + ": '"
                + key
                + "' has no word piece; expected something that the tokenizer keeps; code points: "
                + Excerpt.of(
                    value
                        .codePoints()
                        .mapToObj(c -> String.format(Locale.ROOT, "U+%04X", c))
                        .collect(Collectors.joining(" "))));
      }
      return value;
    }

    @Override
    public String label() throws InvalidDatasetException {
      return stripped(cells.label());
    }

    @Override
    public Set<String> labels() throws InvalidDatasetException {
      Set<String> labels = new LinkedHashSet<>();
      for (String label : cells.labels()) {
        if (!labels.add(stripped(label))) {
          throw new InvalidDatasetException(
              where() + " names the label '" + Excerpt.of(Blank.strip(label)) + "' twice");
        }
      }
      return labels;
    }

    private String stripped(String label) throws InvalidDatasetException {
      String stripped = Blank.strip(label);
      if (stripped.isEmpty()) {
        throw new InvalidDatasetException(where() + " has an empty 'label'");
      }
      if (mended == null && !stripped.equals(label)) {
        mended = label;
      }
      return stripped;
    }
  }

  private static boolean isTsv(Path file) {
    return file.getFileName().toString().replaceFirst("\\.(gz|xz)$", "").endsWith(".tsv");
  }

  /**
   * Reads a file's examples.
   *
   * @throws InvalidDatasetException if the file is empty, or a line is not an example
   */
  public <T> List<T> read(Path file, Example<T> example) throws IOException {
    List<T> examples = new ArrayList<>();
    boolean tsv = isTsv(file);
    int mended = 0;
    String firstMended = null;
    try (TextLines lines = TextLines.open(file)) {
      Map<String, Integer> columns = tsv ? columns(lines.next(), file) : Map.of();
      int number = tsv ? 1 : 0;
      for (String line = lines.next(); line != null; line = lines.next()) {
        number++;
        if (!Blank.isBlank(line)) {
          String where = file + " line " + number;
          CheckedRow row =
              new CheckedRow(
                  tsv
                      ? TsvCells.of(line, columns, where)
                      : new JsonCells(object(line, where), where));
          examples.add(example.of(row));
          if (row.mended != null && mended++ == 0) {
            firstMended = "line " + number + ": '" + Excerpt.of(row.mended) + "'";
          }
        }
      }
    }
    if (examples.isEmpty()) {
      throw new InvalidDatasetException(file + " holds no example");
    }
    if (mended > 0) {
      warnings.accept(
          file
              + ": blanks around labels were removed; labels with blanks: "
              + mended
              + ", the first in "
              + firstMended);
    }
    return examples;
  }

  private static Map<String, Integer> columns(String header, Path file)
      throws InvalidDatasetException {
    if (header == null) {
      throw new InvalidDatasetException(file + " is empty");
    }
    Map<String, Integer> columns = new LinkedHashMap<>();
    String[] names = header.split("\t", -1);
    for (int i = 0; i < names.length; i++) {
      String name = Blank.strip(names[i]);
      if (columns.put(name, i) != null) {
        throw new InvalidDatasetException(
            file + " line 1: the header has two columns '" + Excerpt.of(name) + "'");
      }
    }
    return columns;
  }

  private record TsvCells(List<String> values, Map<String, Integer> columns, String where)
      implements Cells {

    static TsvCells of(String line, Map<String, Integer> columns, String where)
        throws InvalidDatasetException {
      List<String> values = List.of(line.split("\t", -1));
      if (values.size() > columns.size()) {
        throw new InvalidDatasetException(
            where
                + " has too many columns: a text may hold no tab; expected "
                + columns.size()
                + "; columns="
                + values.size());
      }
      return new TsvCells(values, columns, where);
    }

    @Override
    public boolean has(String key) {
      return columns.containsKey(key);
    }

    @Override
    public String text(String key) throws InvalidDatasetException {
      Integer column = columns.get(key);
      if (column == null) {
        throw new InvalidDatasetException(
            where
                + ": the header has no column '"
                + key
                + "'; columns: "
                + Excerpt.of(columns.keySet()));
      }
      if (column >= values.size()) {
        throw new InvalidDatasetException(
            where
                + " has too few columns; expected "
                + columns.size()
                + "; columns="
                + values.size());
      }
      return values.get(column);
    }

    @Override
    public String label() throws InvalidDatasetException {
      return text(LABEL);
    }

    @Override
    public List<String> labels() throws InvalidDatasetException {
      throw new InvalidDatasetException(
          where
              + ": examples with any number of labels must be JSONL; label='"
              + Excerpt.of(label())
              + "'");
    }
  }

  private static JsonNode json(String line, String where) throws InvalidDatasetException {
    try {
      return JSON.readTree(line);
    } catch (JsonProcessingException e) {
      throw new InvalidDatasetException(
          where + " is not JSON: " + Excerpt.of(e.getOriginalMessage()), e);
    }
  }

  private static JsonNode object(String line, String where) throws InvalidDatasetException {
    JsonNode json = json(line, where);
    if (!json.isObject()) {
      throw new InvalidDatasetException(
          where + " must be a JSON object; found " + Excerpt.of(json));
    }
    return json;
  }

  private record JsonCells(JsonNode object, String where) implements Cells {
    @Override
    public boolean has(String key) {
      return object.hasNonNull(key);
    }

    @Override
    public String text(String key) throws InvalidDatasetException {
      JsonNode value = value(key);
      if (!value.isTextual()) {
        throw wrong(key, "a string", value);
      }
      return value.textValue();
    }

    @Override
    public String label() throws InvalidDatasetException {
      JsonNode value = value(LABEL);
      if (value.isArray()) {
        throw wrong(LABEL, "one label: several are for another task", value);
      }
      if (value.isNull() || value.isObject()) {
        throw wrong(LABEL, "a string or a number", value);
      }
      return value.asText();
    }

    @Override
    public List<String> labels() throws InvalidDatasetException {
      JsonNode value = value(LABEL);
      List<String> labels = new ArrayList<>();
      for (JsonNode label : value) {
        if (label.isTextual() || label.isNumber() || label.isBoolean()) {
          labels.add(label.asText());
        }
      }
      if (!value.isArray() || labels.size() < value.size()) {
        throw wrong(LABEL, "an array of labels, which may be empty", value);
      }
      return labels;
    }

    private JsonNode value(String key) throws InvalidDatasetException {
      JsonNode value = object.get(key);
      if (value == null) {
        throw new InvalidDatasetException(where + " lacks the key '" + key + "'");
      }
      return value;
    }

    private InvalidDatasetException wrong(String key, String expected, JsonNode value) {
      return new InvalidDatasetException(
          where + ": '" + key + "' must be " + expected + "; " + key + "=" + Excerpt.of(value));
    }
  }
}
