package org.solrelectra.lucene;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Finds the reference files that stand beside a checkout; a test that needs them is skipped
 * without.
 */
public final class SharedFiles {
  private SharedFiles() {}

  /** Returns the path of a file below {@code ../shared}; skips the calling test if it is absent. */
  public static Path require(String name) {
    Path file = root().resolveSibling("shared").resolve(name);
    assumeTrue(Files.exists(file), "skipped: ../shared/" + name + " is not there");
    return file;
  }

  private static Path root() {
    return Path.of(System.getProperty("solrelectra.root", "../..")).toAbsolutePath().normalize();
  }
}
