package org.solrelectra.training.metrics;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Reads {@code metrics.jsonl}: a JSON object a line, in the order of their steps. */
public final class MetricsFile {
  /** The file's name in a run's folder. */
  public static final String NAME = "metrics.jsonl";

  private static final int SHOWN_CHARACTERS = 40;

  private MetricsFile() {}

  /**
   * Reads what a run measured so far. A last line that a kill cut short is left out.
   *
   * @throws IllegalArgumentException if the folder holds no metrics
   * @throws InvalidMetricsException if a line is damaged
   */
  public static List<MetricsLine> read(Path run) throws IOException {
    Path file = run.resolve(NAME);
    if (!Files.exists(file)) {
      throw new IllegalArgumentException(
          run + " holds no " + NAME + ": it is no run, or one that has measured nothing yet");
    }
    ObjectMapper json = new ObjectMapper();
    // Bytes that are not UTF-8 are damage like any other: they fail where their line is parsed.
    String text = new String(Files.readAllBytes(file), StandardCharsets.UTF_8);
    List<MetricsLine> lines = new ArrayList<>();
    int number = 0;
    for (int start = 0; start < text.length(); ) {
      int end = text.indexOf('\n', start);
      String line = text.substring(start, end < 0 ? text.length() : end);
      number++;
      JsonNode parsed = parse(json, line);
      if (parsed != null && parsed.isObject()) {
        lines.add(line(parsed, lines, file, number));
      } else if (end >= 0) {
        throw new InvalidMetricsException(
            file + " line " + number + " must be a JSON object; it is '" + shorten(line) + "'");
      }
      start = end < 0 ? text.length() : end + 1;
    }
    return lines;
  }

  /** Returns null if the line is not JSON. */
  private static JsonNode parse(ObjectMapper json, String line) {
    try {
      return json.readTree(line);
    } catch (JsonProcessingException e) {
      return null;
    }
  }

  private static MetricsLine line(JsonNode json, List<MetricsLine> before, Path file, int number)
      throws InvalidMetricsException {
    try {
      MetricsLine line = MetricsLine.of(json);
      long last = before.isEmpty() ? 0 : before.get(before.size() - 1).step();
      if (line.step() < last) {
        throw new IllegalArgumentException(
            "step must be at least the one before, " + last + "; step=" + line.step());
      }
      return line;
    } catch (IllegalArgumentException e) {
      throw new InvalidMetricsException(file + " line " + number + ": " + e.getMessage(), e);
    }
  }

  private static String shorten(String line) {
    return line.length() <= SHOWN_CHARACTERS ? line : line.substring(0, SHOWN_CHARACTERS) + "...";
  }
}
