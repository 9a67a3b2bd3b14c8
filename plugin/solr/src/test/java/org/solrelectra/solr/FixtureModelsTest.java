package org.solrelectra.solr;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class FixtureModelsTest {
  private static final Path ROOT =
      Path.of(System.getProperty("solrelectra.root", "../..")).toAbsolutePath().normalize();
  private static final Path MADE = ROOT.resolve("plugin/solr/target/fixture-models");
  private static final Path CHECKED_IN = ROOT.resolve("solr-config/src/test/resources/models");

  @Test
  void checkedInModelsAreTheOnesMadeHere() throws IOException {
    FixtureModels.write(MADE);
    String advice = "if the change is meant: cp -r " + MADE + "/. " + CHECKED_IN;
    assertEquals(files(MADE), files(CHECKED_IN), advice);
    for (Path file : files(MADE)) {
      assertArrayEquals(
          Files.readAllBytes(MADE.resolve(file)),
          Files.readAllBytes(CHECKED_IN.resolve(file)),
          file + " differs; " + advice);
    }
  }

  private static List<Path> files(Path folder) throws IOException {
    try (Stream<Path> walk = Files.walk(folder)) {
      return walk.filter(Files::isRegularFile).map(folder::relativize).sorted().toList();
    }
  }
}
