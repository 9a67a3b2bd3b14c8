package org.solrelectra.training.report;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import org.solrelectra.training.metrics.InvalidMetricsException;
import org.solrelectra.training.metrics.MetricsFile;
import org.solrelectra.training.metrics.MetricsLine;
import org.solrelectra.training.metrics.Split;

/**
 * A pretraining run as a report shows it.
 *
 * @param settings what the run was started with, in the order and under the names of {@code
 *     run.json}
 * @param lines what was measured, by step
 */
public record ReportedRun(String name, Map<String, String> settings, List<MetricsLine> lines) {
  private static final String DESCRIPTION = "run.json";
  private static final String CONFIG = "config";

  public ReportedRun {
    settings = Collections.unmodifiableMap(new LinkedHashMap<>(settings));
    lines = List.copyOf(lines);
  }

  /**
   * Reads a run's folder.
   *
   * @throws IllegalArgumentException if it holds no run, or one that measured nothing yet
   * @throws InvalidMetricsException if {@code run.json} or a line of {@code metrics.jsonl} is
   *     damaged
   */
  public static ReportedRun read(Path folder, String name) throws IOException {
    Path file = folder.resolve(DESCRIPTION);
    if (!Files.exists(file)) {
      throw new IllegalArgumentException(folder + " is no run: it holds no " + DESCRIPTION);
    }
    JsonNode description;
    try {
      description = new ObjectMapper().readTree(file.toFile());
    } catch (JsonProcessingException e) {
      throw new InvalidMetricsException(
          file + " is not JSON; damaged at line " + e.getLocation().getLineNr(), e);
    }
    Map<String, String> settings = new LinkedHashMap<>();
    flatten("", description.path(CONFIG), settings);
    for (Map.Entry<String, JsonNode> field : description.properties()) {
      if (!field.getKey().equals(CONFIG)) {
        flatten(field.getKey(), field.getValue(), settings);
      }
    }
    return new ReportedRun(name, settings, MetricsFile.read(folder));
  }

  private static void flatten(String name, JsonNode value, Map<String, String> settings) {
    if (value.isObject()) {
      for (Map.Entry<String, JsonNode> field : value.properties()) {
        flatten(
            name.isEmpty() ? field.getKey() : name + " " + field.getKey(),
            field.getValue(),
            settings);
      }
    } else if (!value.isMissingNode() && !value.isNull()) {
      settings.put(
          name,
          value.isFloatingPointNumber()
              ? NumberText.significant(value.asDouble(), 6)
              : value.isValueNode() ? value.asText() : value.toString());
    }
  }

  /** Returns the last line of a split. */
  Optional<MetricsLine> last(Split split) {
    for (int i = lines.size() - 1; i >= 0; i--) {
      if (lines.get(i).split() == split) {
        return Optional.of(lines.get(i));
      }
    }
    return Optional.empty();
  }

  /** Returns the greatest value that a number had. */
  OptionalDouble greatest(String key) {
    return lines.stream().flatMapToDouble(line -> line.value(key).stream()).max();
  }

  /** Returns a number of a split against another number, where a line has both. */
  Curve curve(Split split, String key, HorizontalAxis axis) {
    double[] x = new double[lines.size()];
    double[] y = new double[lines.size()];
    int points = 0;
    for (MetricsLine line : lines) {
      OptionalDouble across = line.value(axis.key());
      OptionalDouble up = line.value(key);
      if (line.split() == split && across.isPresent() && up.isPresent()) {
        x[points] = across.getAsDouble() / axis.unit();
        y[points] = up.getAsDouble();
        points++;
      }
    }
    return new Curve(Arrays.copyOf(x, points), Arrays.copyOf(y, points));
  }
}
