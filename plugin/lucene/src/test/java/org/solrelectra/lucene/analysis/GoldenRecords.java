package org.solrelectra.lucene.analysis;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.GZIPInputStream;
import org.solrelectra.lucene.SharedFiles;

/** Reads golden files of one JSON object a line. */
public final class GoldenRecords {
  private GoldenRecords() {}

  public static List<JsonNode> read(String name) throws IOException {
    Path file = SharedFiles.require(name);
    List<JsonNode> records = new ArrayList<>();
    try (BufferedReader reader =
        new BufferedReader(
            new InputStreamReader(
                new GZIPInputStream(Files.newInputStream(file)), StandardCharsets.US_ASCII))) {
      for (String line = reader.readLine(); line != null; line = reader.readLine()) {
        records.add(new ObjectMapper().readTree(line));
      }
    }
    return records;
  }
}
