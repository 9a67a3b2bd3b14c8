package org.solrelectra.training.bundle;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.solrelectra.training.storage.FileHash;

class PartsOutputStreamTest {
  @TempDir private Path folder;

  @Test
  void thePartsAreWhatWasWritten() throws IOException {
    byte[] content = new byte[1000];
    new Random(3).nextBytes(content);
    PartsOutputStream stream = new PartsOutputStream(folder, "a.xz", 300);
    try (stream) {
      stream.write(content, 0, 299);
      stream.write(content[299]);
      stream.write(content, 300, 650);
      assertEquals(950, stream.bytes());
      stream.write(content, 950, 50);
    }
    List<PartsOutputStream.Part> parts = stream.parts();
    ByteArrayOutputStream joined = new ByteArrayOutputStream();
    for (PartsOutputStream.Part part : parts) {
      assertEquals(Files.size(part.file()), part.bytes());
      assertEquals(FileHash.of(part.file()), part.sha256());
      joined.writeBytes(Files.readAllBytes(part.file()));
    }
    assertArrayEquals(content, joined.toByteArray());
    assertEquals(
        List.of("a.xz.000 300", "a.xz.001 300", "a.xz.002 300", "a.xz.003 100"),
        parts.stream().map(part -> part.file().getFileName() + " " + part.bytes()).toList());
  }

  @Test
  void fullPartsLeaveNoEmptyOne() throws IOException {
    PartsOutputStream stream = new PartsOutputStream(folder, "a", 4);
    try (stream) {
      stream.write(new byte[8]);
    }
    assertEquals(2, stream.parts().size());
    assertEquals(8, stream.bytes());
  }

  @Test
  void tooManyPartsAreAnError() throws IOException {
    try (PartsOutputStream stream = new PartsOutputStream(folder, "a", 1)) {
      stream.write(new byte[1000]);
      assertEquals(
          "a bundle must have at most 1000 parts; part bytes: 1",
          assertThrows(IOException.class, () -> stream.write(1)).getMessage());
    }
  }
}
