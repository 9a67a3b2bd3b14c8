package org.solrelectra.lucene.benchmark;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The models and passages that the project ships. */
final class SampleFiles {
  private SampleFiles() {}

  static Path model(String name) {
    return shipped().resolve("models").resolve(name);
  }

  static List<String> passages() throws IOException {
    ObjectMapper json = new ObjectMapper();
    List<String> passages = new ArrayList<>();
    for (String line : Files.readAllLines(shipped().resolve("sample/help-centre.jsonl"))) {
      JsonNode document = json.readTree(line);
      passages.add(document.get("title").asText() + " " + document.get("text").asText());
    }
    return passages;
  }

  private static Path shipped() {
    return Path.of(System.getProperty("solrelectra.root")).resolve("solr-config");
  }
}
