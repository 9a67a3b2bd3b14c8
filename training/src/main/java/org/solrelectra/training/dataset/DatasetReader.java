package org.solrelectra.training.dataset;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectReader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.solrelectra.training.corpus.TextLines;

/**
 * Reads examples from JSONL (one object a line) or TSV (a header line, then values between tabs),
 * by the file's name; {@code .gz} and {@code .xz} are decompressed. Keys and columns are {@code
 * text, label} or {@code query, passage, label}; others are passed over.
 */
public final class DatasetReader {
  private static final ObjectReader JSON =
      new ObjectMapper().reader().with(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

  private DatasetReader() {}

  /**
   * Reads labelled texts, or pairs of texts where there is a {@code pair}.
   *
   * @throws InvalidDatasetException if the file is empty, or a line is not an example
   */
  public static List<LabeledText> texts(Path file) throws IOException {
    return read(
        file,
        (row, where) ->
            new LabeledText(
                text(row, "text", where),
                row.has("pair") ? text(row, "pair", where) : null,
                text(row, "label", where)));
  }

  /**
   * Reads judged pairs; labels are whole numbers.
   *
   * @throws InvalidDatasetException if the file is empty, or a line is not an example
   */
  public static List<LabeledPair> pairs(Path file) throws IOException {
    return read(
        file,
        (row, where) ->
            new LabeledPair(
                text(row, "query", where),
                text(row, "passage", where),
                grade(row.get("label", where), where)));
  }

  /** Says whether a file holds pairs, by its first line. */
  public static boolean holdsPairs(Path file) throws IOException {
    try (TextLines lines = TextLines.open(file)) {
      String first = lines.next();
      if (first == null) {
        throw new InvalidDatasetException(file + " is empty");
      }
      return isTsv(file)
          ? List.of(first.split("\t", -1)).contains("passage")
          : json(first, file + " line 1").has("passage");
    }
  }

  private static String text(Row row, String key, String where) throws InvalidDatasetException {
    String value = row.get(key, where);
    if (value.isBlank()) {
      throw new InvalidDatasetException(where + " has an empty '" + key + "'");
    }
    return value;
  }

  private static int grade(String label, String where) throws InvalidDatasetException {
    try {
      return Integer.parseInt(label);
    } catch (NumberFormatException e) {
      throw new InvalidDatasetException(
          where
              + ": the label of a pair must be a whole number, 1 for relevant; label='"
              + label
              + "'",
          e);
    }
  }

  private interface Row {
    boolean has(String key);

    String get(String key, String where) throws InvalidDatasetException;
  }

  private interface Example<T> {
    T of(Row row, String where) throws InvalidDatasetException;
  }

  private static boolean isTsv(Path file) {
    return file.getFileName().toString().replaceFirst("\\.(gz|xz)$", "").endsWith(".tsv");
  }

  private static <T> List<T> read(Path file, Example<T> example) throws IOException {
    List<T> examples = new ArrayList<>();
    boolean tsv = isTsv(file);
    try (TextLines lines = TextLines.open(file)) {
      Map<String, Integer> columns = tsv ? columns(lines.next(), file) : Map.of();
      int number = tsv ? 1 : 0;
      for (String line = lines.next(); line != null; line = lines.next()) {
        number++;
        if (!line.isBlank()) {
          String where = file + " line " + number;
          examples.add(
              example.of(
                  tsv ? new TsvRow(line.split("\t", -1), columns) : new JsonRow(json(line, where)),
                  where));
        }
      }
    }
    if (examples.isEmpty()) {
      throw new InvalidDatasetException(file + " holds no example");
    }
    return examples;
  }

  private static Map<String, Integer> columns(String header, Path file)
      throws InvalidDatasetException {
    if (header == null) {
      throw new InvalidDatasetException(file + " is empty");
    }
    Map<String, Integer> columns = new HashMap<>();
    String[] names = header.split("\t", -1);
    for (int i = 0; i < names.length; i++) {
      columns.put(names[i].strip(), i);
    }
    return columns;
  }

  private record TsvRow(String[] values, Map<String, Integer> columns) implements Row {
    @Override
    public boolean has(String key) {
      return columns.containsKey(key);
    }

    @Override
    public String get(String key, String where) throws InvalidDatasetException {
      Integer column = columns.get(key);
      if (column == null) {
        throw new InvalidDatasetException(
            where + ": the header has no column '" + key + "'; columns: " + columns.keySet());
      }
      if (column >= values.length) {
        throw new InvalidDatasetException(
            where
                + " has too few columns; expected "
                + columns.size()
                + "; columns="
                + values.length);
      }
      return values[column];
    }
  }

  private static JsonNode json(String line, String where) throws InvalidDatasetException {
    try {
      return JSON.readTree(line);
    } catch (JsonProcessingException e) {
      throw new InvalidDatasetException(where + " is not JSON: " + e.getOriginalMessage(), e);
    }
  }

  private record JsonRow(JsonNode object) implements Row {
    @Override
    public boolean has(String key) {
      return object.hasNonNull(key);
    }

    @Override
    public String get(String key, String where) throws InvalidDatasetException {
      JsonNode value = object.get(key);
      if (value == null || value.isNull() || value.isContainerNode()) {
        throw new InvalidDatasetException(where + " lacks the key '" + key + "'");
      }
      return value.asText();
    }
  }
}
