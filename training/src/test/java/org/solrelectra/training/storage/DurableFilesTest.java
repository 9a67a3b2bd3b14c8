package org.solrelectra.training.storage;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DurableFilesTest {
  @TempDir private Path folder;

  private List<String> files() throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.map(file -> file.getFileName().toString()).sorted().toList();
    }
  }

  @Test
  void aFileReplacesAnOldOneAndLeavesNothingBeside() throws IOException {
    Path file = folder.resolve("run.json");
    DurableFiles.write(file, "old");
    DurableFiles.write(file, "größer");
    assertEquals("größer", Files.readString(file));
    assertEquals(List.of("run.json"), files());
  }

  /** A folder of that name that is not empty cannot be replaced. */
  @Test
  void whatCannotBeWrittenLeavesTheOldOne() throws IOException {
    Path file = Files.createDirectory(folder.resolve("run.json"));
    Files.writeString(file.resolve("old"), "old");
    assertThrows(IOException.class, () -> DurableFiles.write(file, "new"));
    assertEquals(List.of("run.json"), files());
    assertEquals("old", Files.readString(file.resolve("old")));
  }
}
