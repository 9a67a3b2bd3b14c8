package org.solrelectra.training.prepare;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.solrelectra.training.dataset.InvalidDatasetException;

/** A list of strings as Python prints it, perhaps quoted once more as a CSV value. */
final class PythonList {
  private PythonList() {}

  static List<String> parse(String printed, Path file) throws InvalidDatasetException {
    String text = printed.strip();
    if (text.startsWith("\"[")) {
      text = text.substring(1, text.length() - 1).replace("\"\"", "\"");
    }
    if (!text.startsWith("[") || !text.endsWith("]")) {
      throw new InvalidDatasetException(
          file + ": a list of answers must stand in brackets; list: " + text);
    }
    List<String> values = new ArrayList<>();
    int at = 1;
    while (at < text.length() - 1) {
      char quote = text.charAt(at);
      if (quote != '\'' && quote != '"') {
        at++;
        continue;
      }
      StringBuilder value = new StringBuilder();
      at++;
      while (at < text.length() && text.charAt(at) != quote) {
        if (text.charAt(at) == '\\' && at + 1 < text.length()) {
          at++;
        }
        value.append(text.charAt(at++));
      }
      if (at >= text.length()) {
        throw new InvalidDatasetException(
            file + ": a string of a list does not end; list: " + text);
      }
      values.add(value.toString());
      at++;
    }
    return values;
  }
}
