package org.solrelectra.training.corpus;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DocumentHashesTest {
  @TempDir private Path folder;

  private static DocumentText text(String... lines) {
    DocumentText text = new DocumentText();
    text.set(List.of(lines));
    return text;
  }

  @Test
  void onlyWhiteSpaceMayDiffer() throws IOException {
    try (DocumentHashes hashes = new DocumentHashes(folder.resolve("hashes"), 0)) {
      assertTrue(hashes.add(text("a b", "c")));
      assertFalse(hashes.add(text("a b", "c")));
      assertFalse(hashes.add(text(" a\tb c ")));
      assertFalse(hashes.add(text("a", "b  ", "\r c")));
      assertTrue(hashes.add(text("a b", "C")));
      assertTrue(hashes.add(text("ab", "c")));
      assertTrue(hashes.add(text("a b", "c", "ü")));
      assertEquals(4, hashes.size());
    }
  }

  @Test
  void theSetGrowsWithinItsBoundAndForgetsNothing() throws IOException {
    int count = 100_000;
    try (DocumentHashes hashes = new DocumentHashes(folder.resolve("hashes"), 0)) {
      for (int i = 0; i < count; i++) {
        assertTrue(hashes.add(text("document " + i)));
        if (i > 12_000) {
          double bytes = (double) hashes.memoryBytes() / (i + 1);
          assertTrue(bytes > 18.5 && bytes < 23.5, i + 1 + " documents take " + bytes + " each");
        }
      }
      for (int i = 0; i < count; i++) {
        assertFalse(hashes.add(text("document " + i)));
      }
      assertEquals(count, hashes.size());
    }
  }

  @Test
  void theFileBringsBackAsManyAsWanted() throws IOException {
    Path file = folder.resolve("hashes");
    try (DocumentHashes hashes = new DocumentHashes(file, 0)) {
      for (int i = 0; i < 10; i++) {
        assertTrue(hashes.add(text("document " + i)));
      }
    }
    assertEquals(160, Files.size(file));
    try (DocumentHashes hashes = new DocumentHashes(file, 6)) {
      assertEquals(6, hashes.size());
      assertFalse(hashes.add(text("document 5")));
      assertTrue(hashes.add(text("document 6")));
    }
    assertEquals(112, Files.size(file));
    assertEquals(
        file + " is cut short; expected 128 bytes; file size=112",
        assertThrows(InvalidCorpusException.class, () -> new DocumentHashes(file, 8)).getMessage());
  }

  @Test
  void bytesAndCharactersAreThoseOfUtf8() {
    DocumentText text = text("aü", "€\ud83d\ude00");
    assertEquals(11, text.bytes());
    assertEquals(5, text.characters());
  }
}
