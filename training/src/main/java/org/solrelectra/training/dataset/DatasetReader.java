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
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.solrelectra.lucene.model.Excerpt;
import org.solrelectra.training.corpus.Blank;
import org.solrelectra.training.corpus.TextLines;

/**
 * Reads examples from JSONL (one object a line) or TSV (a header line, then values between tabs),
 * by the file's name; {@code .gz} and {@code .xz} are decompressed. Keys and columns are {@code
 * text, label} or {@code query, passage, label}; others are passed over. Blanks around a label are
 * removed, with a warning.
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

  /**
   * Reads labelled texts, or pairs of texts where there is a {@code pair}.
   *
   * @throws InvalidDatasetException if the file is empty, or a line is not an example
   */
  public List<LabeledText> texts(Path file) throws IOException {
    return read(
        file,
        row ->
            new LabeledText(
                text(row, "text"), row.has("pair") ? text(row, "pair") : null, label(row)));
  }

  /**
   * Reads judged pairs; labels are whole numbers.
   *
   * @throws InvalidDatasetException if the file is empty, or a line is not an example
   */
  public List<LabeledPair> pairs(Path file) throws IOException {
    return read(
        file,
        row -> new LabeledPair(text(row, "query"), text(row, "passage"), grade(label(row), row)));
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

  private String text(Row row, String key) throws InvalidDatasetException {
    String value = row.text(key);
    if (Blank.isBlank(value)) {
      throw new InvalidDatasetException(row.where() + " has an empty '" + key + "'");
    }
    if (!hasPieces.test(value)) {
      throw new InvalidDatasetException(
          row.where()
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

  private static String label(Row row) throws InvalidDatasetException {
    String label = Blank.strip(row.label());
    if (label.isEmpty()) {
      throw new InvalidDatasetException(row.where() + " has an empty 'label'");
    }
    return label;
  }

  private static int grade(String label, Row row) throws InvalidDatasetException {
    try {
      return Integer.parseInt(label);
    } catch (NumberFormatException e) {
      throw new InvalidDatasetException(
          row.where()
              + ": the label of a pair must be a whole number, 1 for relevant; label='"
              + Excerpt.of(label)
              + "'",
          e);
    }
  }

  /** One line of a file. */
  private interface Row {
    String LABEL = "label";

    /** Returns file and line, for messages. */
    String where();

    boolean has(String key);

    String text(String key) throws InvalidDatasetException;

    /** Returns the label as it stands there. */
    String label() throws InvalidDatasetException;
  }

  private interface Example<T> {
    T of(Row row) throws InvalidDatasetException;
  }

  private static boolean isTsv(Path file) {
    return file.getFileName().toString().replaceFirst("\\.(gz|xz)$", "").endsWith(".tsv");
  }

  private <T> List<T> read(Path file, Example<T> example) throws IOException {
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
          Row row = tsv ? TsvRow.of(line, columns, where) : new JsonRow(object(line, where), where);
          examples.add(example.of(row));
          if (!row.label().equals(Blank.strip(row.label())) && mended++ == 0) {
            firstMended = "line " + number + ": '" + Excerpt.of(row.label()) + "'";
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

  private record TsvRow(List<String> values, Map<String, Integer> columns, String where)
      implements Row {

    static TsvRow of(String line, Map<String, Integer> columns, String where)
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
      return new TsvRow(values, columns, where);
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

  private record JsonRow(JsonNode object, String where) implements Row {
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
        throw wrong(LABEL, "one label: examples with several are not learnt yet", value);
      }
      if (value.isNull() || value.isObject()) {
        throw wrong(LABEL, "a string or a number", value);
      }
      return value.asText();
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
