package org.solrelectra.lucene;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * Small random models, made by {@code FixtureModelMaker} of the training module's tests: {@code
 * classifier} (labels business, sport, weather) and {@code ranker}.
 */
public final class FixtureModels {
  private static final List<String> FILES =
      List.of("config.json", "manifest.json", "model.onnx", "tokenizer_config.json", "vocab.txt");

  private FixtureModels() {}

  /** Copies a model's directory below {@code folder} and returns where it is. */
  public static Path copy(String name, Path folder) throws IOException {
    Path directory = Files.createDirectories(folder.resolve(name));
    for (String file : FILES) {
      try (InputStream stream =
          FixtureModels.class.getResourceAsStream("/models/" + name + "/" + file)) {
        Files.copy(stream, directory.resolve(file));
      }
    }
    return directory;
  }
}
