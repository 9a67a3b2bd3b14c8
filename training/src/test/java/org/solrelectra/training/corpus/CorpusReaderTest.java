package org.solrelectra.training.corpus;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CorpusReaderTest {
  @TempDir private Path folder;

  @Test
  void blankLinesAndFilesEndDocuments() throws IOException {
    Path one = Files.writeString(folder.resolve("one"), "\n\na\nb\n \t\nc\n");
    Path two = Files.writeString(folder.resolve("two"), "d");
    List<List<String>> documents = new ArrayList<>();
    new CorpusReader(List.of(one, two)).forEachDocument(documents::add);
    assertEquals(List.of(List.of("a", "b"), List.of("c"), List.of("d")), documents);
  }

  /** As of Python's strip, which google-research/electra asks. */
  @ParameterizedTest
  @ValueSource(strings = {"\u00a0", " \t", "\u3000\u2003", "\u202f\u00a0 \r", "\u0085", "\u2028"})
  void aLineOfWhiteSpaceEndsADocument(String blank) throws IOException {
    Path file = Files.writeString(folder.resolve("text"), "a\n" + blank + "\nb\n");
    List<List<String>> documents = new ArrayList<>();
    new CorpusReader(List.of(file)).forEachDocument(documents::add);
    assertEquals(List.of(List.of("a"), List.of("b")), documents);
  }

  @Test
  void aFileWithoutBlankLinesComesInParts() throws IOException {
    String line = "a".repeat(999) + "\n";
    Path file = Files.writeString(folder.resolve("lines"), line.repeat(2_500));
    List<Integer> sizes = new ArrayList<>();
    new CorpusReader(List.of(file)).forEachDocument(document -> sizes.add(document.size()));
    assertEquals(2_500, sizes.stream().mapToInt(Integer::intValue).sum());
    assertEquals(3, sizes.size());
  }

  @Test
  void aCorpusWithoutTextIsAnError() throws IOException {
    Path empty = Files.createFile(folder.resolve("empty"));
    Path blank = Files.writeString(folder.resolve("blank"), "\n \n\t\n");
    CorpusReader reader = new CorpusReader(List.of(empty, blank));
    InvalidCorpusException e =
        assertThrows(InvalidCorpusException.class, () -> reader.forEachDocument(document -> {}));
    assertEquals("the corpus holds no text; files: [" + empty + ", " + blank + "]", e.getMessage());
  }

  @Test
  void aMissingFileIsAnErrorAtOnce() {
    Path missing = folder.resolve("missing");
    InvalidCorpusException e =
        assertThrows(InvalidCorpusException.class, () -> new CorpusReader(List.of(missing)));
    assertEquals(missing + " is not a file; expected UTF-8 text, .gz or .xz", e.getMessage());
  }
}
