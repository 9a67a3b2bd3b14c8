package org.solrelectra.training.checkpoint;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;

/** Damages a file in random ways and demands that a reader says so in one line, or reads it. */
final class DamagedFiles {
  private DamagedFiles() {}

  /** What reads a file; throws an IOException if it is damaged. */
  interface Reader {
    void read(Path file) throws IOException;
  }

  /** Cuts a file short or flips bits in it, {@code count} times, and restores it. */
  static void check(Path file, long seed, int count, Reader reader) throws IOException {
    byte[] whole = Files.readAllBytes(file);
    Random random = new Random(seed);
    for (int i = 0; i < count; i++) {
      byte[] damaged = whole.clone();
      if (random.nextInt(4) == 0) {
        damaged = Arrays.copyOf(whole, random.nextInt(whole.length));
      } else {
        int flips = 1 + random.nextInt(4);
        for (int flip = 0; flip < flips; flip++) {
          damaged[random.nextInt(whole.length)] ^= (byte) (1 << random.nextInt(8));
        }
      }
      Files.write(file, damaged);
      try {
        reader.read(file);
      } catch (IOException e) {
        if (e.getMessage() == null || e.getMessage().contains("\n")) {
          throw new AssertionError("seed " + seed + ", damage " + i + ": not one line: " + e, e);
        }
      } catch (RuntimeException | OutOfMemoryError e) {
        throw new AssertionError("seed " + seed + ", damage " + i + ": " + e, e);
      }
    }
    Files.write(file, whole);
  }
}
