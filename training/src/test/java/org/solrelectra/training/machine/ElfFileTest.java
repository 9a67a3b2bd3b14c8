package org.solrelectra.training.machine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ElfFileTest {
  @TempDir private Path folder;

  @Test
  void saysWhatALibraryNeeds() throws IOException {
    Path file =
        ElfFixture.write(
            folder.resolve("liba.so.1"), "$ORIGIN:/usr/local/cuda/lib64", "libb.so.2", "libc.so.6");
    assertEquals(
        new ElfFile(
            ElfFile.X86_64,
            "liba.so.1",
            List.of("libb.so.2", "libc.so.6"),
            List.of("$ORIGIN", "/usr/local/cuda/lib64")),
        ElfFile.read(file));
  }

  /** The JVM's own library stands for all that a compiler made. */
  @Test
  void aRealLibraryIsRead() throws IOException {
    Path jvm = Path.of(System.getProperty("java.home"), "lib", "server", "libjvm.so");
    Assumptions.assumeTrue(
        Files.exists(jvm) && System.getProperty("os.arch").equals("amd64"), jvm.toString());
    ElfFile library = ElfFile.read(jvm);
    assertEquals("libjvm.so", library.soname());
    assertTrue(library.needed().contains("libc.so.6"), library.toString());
  }

  @Test
  void whatIsNoLibraryIsNamed() throws IOException {
    Path script =
        Files.writeString(
            folder.resolve("libc.so"), "/* GNU ld script */ GROUP ( libc.so.6 ) ".repeat(3));
    assertEquals(script + " is not a 64-bit little-endian ELF file", messageOf(script));
    Path empty = Files.createFile(folder.resolve("empty.so"));
    assertEquals(empty + " is not a 64-bit little-endian ELF file", messageOf(empty));
    byte[] library = ElfFixture.bytes(ElfFile.X86_64, "liba.so", null, "libb.so");
    library[ElfFixture.HEADER + ElfFixture.PROGRAM_HEADER] = 6;
    Path program = Files.write(folder.resolve("static"), library);
    assertEquals(
        program + " is not a shared library: it has no dynamic section", messageOf(program));
  }

  @Test
  void damageIsNamed() throws IOException {
    byte[] whole = ElfFixture.bytes(ElfFile.X86_64, "liba.so", null, "libb.so");
    Path cut = Files.write(folder.resolve("cut.so"), Arrays.copyOf(whole, whole.length - 1));
    assertEquals(
        cut + " is cut short or damaged: a table lies outside of the file", messageOf(cut));
    byte[] far = whole.clone();
    far[ElfFixture.DYNAMIC + 8 + 1] = 1;
    Path name = Files.write(folder.resolve("name.so"), far);
    assertEquals(name + " is damaged: a name lies outside of its string table", messageOf(name));
    byte[] unmapped = whole.clone();
    unmapped[ElfFixture.HEADER] = 0;
    Path segment = Files.write(folder.resolve("segment.so"), unmapped);
    assertEquals(segment + " is damaged: no segment holds its string table", messageOf(segment));
    byte[] headers = whole.clone();
    headers[54] = 8;
    Path small = Files.write(folder.resolve("small.so"), headers);
    assertEquals(small + " is damaged: its program headers have 8 bytes", messageOf(small));
  }

  /** A flipped bit gives another library or an {@link IOException}, and nothing else. */
  @Test
  void anyDamageIsAnIoException() throws IOException {
    byte[] whole = ElfFixture.bytes(ElfFile.X86_64, "liba.so", "$ORIGIN", "libb.so", "libc.so.6");
    Random random = new Random(7);
    Path file = folder.resolve("damaged.so");
    for (int i = 0; i < 500; i++) {
      byte[] damaged = whole.clone();
      int at = random.nextInt(damaged.length);
      damaged[at] ^= (byte) (1 << random.nextInt(8));
      Files.write(file, damaged);
      try {
        assertTrue(ElfFile.read(file).needed().size() <= 3, "byte " + at);
      } catch (IOException e) {
        assertTrue(e.getMessage().startsWith(file.toString()), e.getMessage());
      }
    }
  }

  @Test
  void namesAreUtf8() throws IOException {
    Path file = ElfFixture.write(folder.resolve("libä.so"), null, "libß.so");
    assertEquals("libß.so", ElfFile.read(file).needed().get(0));
  }

  private static String messageOf(Path file) {
    return assertThrows(IOException.class, () -> ElfFile.read(file)).getMessage();
  }
}
