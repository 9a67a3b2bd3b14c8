package org.solrelectra.training.machine;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.solrelectra.training.machine.FatBinaryFixture.Code;

class GpuCodeTest {
  @TempDir private Path folder;
  private Path library;
  private byte[] image;

  /** Two fat binaries between bytes that are none, one of which begins like one. */
  @BeforeEach
  void makeLibrary() throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    byte[] other = new byte[1000];
    new Random(1).nextBytes(other);
    bytes.write(other);
    bytes.write(
        FatBinaryFixture.of(new Code(80, 64, 24), new Code(90, 104, 40), new Code(120, 64, 8)));
    byte[] fake = FatBinaryFixture.of(new Code(90, 64, 16));
    fake[16 + 8] = 17;
    bytes.write(fake);
    bytes.write(FatBinaryFixture.of(new Code(90, 112, 16), new Code(80, 64, 32)));
    bytes.write(new byte[7]);
    image = bytes.toByteArray();
    library = Files.write(folder.resolve("libtorch_cuda.so"), image);
  }

  @Test
  void architecturesAreCounted() throws IOException {
    assertEquals(Map.of(80, 56L, 90, 56L, 120, 8L), GpuCode.architectures(library));
  }

  @Test
  void onlyTheOthersCodeIsBlanked() throws IOException {
    Path slim = folder.resolve("slim.so");
    assertEquals(new GpuCode.Slimmed(56, 64), GpuCode.copySlimmed(library, slim, Set.of(90)));
    byte[] expected = image.clone();
    for (int i = 1000; i < expected.length; i++) {
      if ((expected[i] == 80 || expected[i] == 120) && isCode(i, expected[i])) {
        expected[i] = 0;
      }
    }
    assertArrayEquals(expected, Files.readAllBytes(slim));
    assertEquals(Map.of(90, 56L), GpuCode.architectures(slim));
    assertArrayEquals(image, Files.readAllBytes(library));
  }

  /** Code is a run of its architecture's number; in a header that number stands alone. */
  private boolean isCode(int at, int architecture) {
    return image[at - 1] == architecture || image[at + 1] == architecture;
  }

  @Test
  void anArchitectureThatIsNotThereIsNamedAndNothingWritten() {
    Path slim = folder.resolve("slim.so");
    IOException e =
        assertThrows(IOException.class, () -> GpuCode.copySlimmed(library, slim, Set.of(100)));
    assertEquals(
        library + " has no machine code for architecture 100; architectures: [80, 90, 120]",
        e.getMessage());
    assertFalse(Files.exists(slim));
  }

  @Test
  void aLibraryWithoutGpuCodeHasNone() throws IOException {
    Path plain = ElfFixture.write(folder.resolve("liba.so"), null);
    assertEquals(Map.of(), GpuCode.architectures(plain));
    Path cut = Files.write(folder.resolve("cut"), Arrays.copyOf(image, 1000 + 16 + 64));
    assertEquals(Map.of(), GpuCode.architectures(cut));
  }

  @Test
  void codeRunsOnLaterMinorVersionsOnly() {
    assertTrue(GpuCode.runsOn(90, Set.of(90)));
    assertTrue(GpuCode.runsOn(86, Set.of(80)));
    assertFalse(GpuCode.runsOn(80, Set.of(86)));
    assertFalse(GpuCode.runsOn(90, Set.of(80)));
    assertFalse(GpuCode.runsOn(100, Set.of(90, 103, 120)));
    assertTrue(GpuCode.runsOn(121, Set.of(120)));
  }
}
