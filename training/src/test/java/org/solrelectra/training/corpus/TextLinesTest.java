package org.solrelectra.training.corpus;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.solrelectra.training.corpus.TextLines.Content;
import org.tukaani.xz.LZMA2Options;
import org.tukaani.xz.XZOutputStream;

class TextLinesTest {
  @TempDir private Path folder;

  @Test
  void aLineEndsAtNewlineOnly() throws IOException {
    assertEquals(
        List.of("a\rb", "c\u2028d\u0085e\u000bf\fg", "", "h"),
        lines("a\rb\nc\u2028d\u0085e\u000bf\fg\n\nh", Content.ANY_CHARACTERS));
  }

  @Test
  void windowsLineEndsAreDroppedFromFilesOnly() throws IOException {
    assertEquals(List.of("a", "", "b"), lines("a\r\n\r\nb\r\n", Content.TEXT_FILE));
    assertEquals(List.of("a\r", "\r", "b\r"), lines("a\r\n\r\nb\r\n", Content.ANY_CHARACTERS));
  }

  @Test
  void charactersOfEveryLengthAreRead() throws IOException {
    String text = "aß中😀";
    assertEquals(List.of(text, text), lines(text + "\n" + text, Content.TEXT_FILE));
  }

  @Test
  void aLineMayBeLongerThanAnyBuffer() throws IOException {
    String line = "word 中 ".repeat(50_000);
    assertEquals(List.of(line, "x"), lines(line + "\nx", Content.TEXT_FILE));
  }

  private static List<String> lines(String text, Content content) throws IOException {
    List<String> lines = new ArrayList<>();
    try (TextLines source =
        new TextLines(
            new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8)), "text", content)) {
      for (String line = source.next(); line != null; line = source.next()) {
        lines.add(line);
      }
      assertNull(source.next());
    }
    return lines;
  }

  @Test
  void brokenUtf8IsReportedWithFileAndByte() throws IOException {
    Path file = folder.resolve("text.txt");
    byte[] start = "Zürich\nis ".getBytes(StandardCharsets.UTF_8);
    byte[] bytes = Arrays.copyOf(start, start.length + 3);
    bytes[start.length] = 'x';
    bytes[start.length + 1] = (byte) 0xe9;
    bytes[start.length + 2] = 'y';
    Files.write(file, bytes);
    assertError(
        file + " is not UTF-8 text; malformed at byte " + (start.length + 1) + ": 0xe9", file);
  }

  @Test
  void aCharacterCutShortAtTheEndIsReported() throws IOException {
    Path file = folder.resolve("text.txt");
    Files.write(file, new byte[] {'a', '\n', 'b', (byte) 0xe4, (byte) 0xb8});
    assertError(file + " is not UTF-8 text; malformed at byte 3: 0xe4", file);
  }

  @Test
  void theByteIsThatOfTheUncompressedText() throws IOException {
    Path file = folder.resolve("text.txt.gz");
    try (OutputStream out = new GZIPOutputStream(Files.newOutputStream(file))) {
      out.write("line\n".repeat(100_000).getBytes(StandardCharsets.UTF_8));
      out.write(0xff);
    }
    assertError(file + " is not UTF-8 text; malformed at byte 500000: 0xff", file);
  }

  @Test
  void binaryFilesAreReported() throws IOException {
    Path file = folder.resolve("image.txt");
    Files.write(file, new byte[] {'P', 'N', 'G', '\n', 1, 0, 2});
    assertError(file + " is a binary file; expected UTF-8 text; NUL at byte 5", file);
  }

  @Test
  void compressedFilesAreRead() throws IOException {
    Path gz = folder.resolve("text.gz");
    try (OutputStream out = new GZIPOutputStream(Files.newOutputStream(gz))) {
      out.write("a\nb\n".getBytes(StandardCharsets.UTF_8));
    }
    Path xz = folder.resolve("text.xz");
    try (OutputStream out = new XZOutputStream(Files.newOutputStream(xz), new LZMA2Options(0))) {
      out.write("a\nb\n".getBytes(StandardCharsets.UTF_8));
    }
    for (Path file : List.of(gz, xz)) {
      try (TextLines lines = TextLines.open(file)) {
        assertEquals("a", lines.next());
        assertEquals("b", lines.next());
        assertNull(lines.next());
      }
    }
  }

  @Test
  void whatOnlyClaimsToBeCompressedIsNamed() throws IOException {
    Path file = Files.writeString(folder.resolve("plain.gz"), "not compressed at all");
    assertError(file + " cannot be decompressed: Not in GZIP format", file);
    Path empty = Files.createFile(folder.resolve("empty.gz"));
    assertError(empty + " cannot be decompressed: it is cut short", empty);
  }

  @Test
  void aCompressedFileThatIsCutShortIsNamed() throws IOException {
    Path file = folder.resolve("text.gz");
    try (OutputStream out = new GZIPOutputStream(Files.newOutputStream(file))) {
      for (int i = 0; i < 100_000; i++) {
        out.write(("line " + i * 7919L + "\n").getBytes(StandardCharsets.UTF_8));
      }
    }
    byte[] all = Files.readAllBytes(file);
    Files.write(file, Arrays.copyOf(all, all.length / 2));
    assertError(file + " cannot be decompressed: it is cut short", file);
    all[all.length / 2] ^= 0x55;
    Files.write(file, all);
    InvalidCorpusException e = assertThrows(InvalidCorpusException.class, () -> readAll(file));
    assertTrue(e.getMessage().startsWith(file + " "), e.getMessage());
  }

  private static void assertError(String message, Path file) {
    assertEquals(
        message, assertThrows(InvalidCorpusException.class, () -> readAll(file)).getMessage());
  }

  private static void readAll(Path file) throws IOException {
    try (TextLines lines = TextLines.open(file)) {
      while (lines.next() != null) {
        // Reads on to the end.
      }
    }
  }
}
