package org.solrelectra.config;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** Counts what came back of what was injected, and writes it as the table that RESULTS.md shows. */
final class FuzzTally {
  private final Map<String, Map<String, Integer>> counts = new TreeMap<>();

  /** Counts one answer under each kind of its input. */
  void add(Iterable<String> kinds, String outcome) {
    for (String kind : kinds) {
      counts.computeIfAbsent(kind, added -> new TreeMap<>()).merge(outcome, 1, Integer::sum);
    }
  }

  void write(Path file, String title) throws IOException {
    StringBuilder text = new StringBuilder(title).append("\n\n| injected | times | came back |\n");
    text.append("|---|---:|---|\n");
    counts.forEach(
        (kind, outcomes) ->
            text.append("| ")
                .append(kind)
                .append(" | ")
                .append(outcomes.values().stream().mapToInt(Integer::intValue).sum())
                .append(" | ")
                .append(
                    outcomes.entrySet().stream()
                        .map(outcome -> outcome.getKey() + ": " + outcome.getValue())
                        .collect(Collectors.joining(", ")))
                .append(" |\n"));
    Files.createDirectories(file.getParent());
    Files.writeString(file, text);
  }
}
