package org.solrelectra.training.evaluation;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * Measures of a model and of what it is set beside.
 *
 * @param counts of what was measured, by what is counted, such as {@code examples}
 * @param columns what is measured
 * @param rows by who is measured, one value a column; the first is the model
 */
public record EvaluationTable(
    Map<String, Integer> counts, List<Column> columns, Map<String, List<Double>> rows) {
  private static final int NAME_WIDTH = 36;
  private static final int VALUE_WIDTH = 8;

  /**
   * A measure.
   *
   * @param title for people
   * @param key in JSON
   */
  public record Column(String title, String key) {}

  public EvaluationTable {
    for (Map.Entry<String, List<Double>> row : rows.entrySet()) {
      if (row.getValue().size() != columns.size()) {
        throw new IllegalArgumentException(
            "row '"
                + row.getKey()
                + "' must have one value a column, "
                + columns.size()
                + "; values="
                + row.getValue().size());
      }
    }
  }

  /** Adds all to an object. */
  public void writeTo(ObjectNode json) {
    counts.forEach(json::put);
    rows.forEach(
        (name, values) -> {
          ObjectNode row = json.putObject(name);
          for (int i = 0; i < values.size(); i++) {
            row.put(columns.get(i).key(), values.get(i));
          }
        });
  }

  /** Returns the table as lines to print. */
  public String asText() {
    StringBuilder text = new StringBuilder();
    text.append(
        counts.entrySet().stream()
            .map(count -> count.getValue() + " " + count.getKey())
            .collect(Collectors.joining(", ")));
    text.append(System.lineSeparator()).append(cell("", -NAME_WIDTH));
    columns.forEach(column -> text.append(' ').append(cell(column.title(), VALUE_WIDTH)));
    rows.forEach(
        (name, values) -> {
          text.append(System.lineSeparator()).append(cell(name, -NAME_WIDTH));
          values.forEach(
              value ->
                  text.append(' ')
                      .append(cell(String.format(Locale.ROOT, "%.4f", value), VALUE_WIDTH)));
        });
    return text.append(System.lineSeparator()).toString();
  }

  /** Pads at the left, or at the right where the width is negative. */
  private static String cell(String content, int width) {
    return String.format(Locale.ROOT, "%" + width + "s", content);
  }
}
