package org.solrelectra.training.random;

import java.nio.charset.StandardCharsets;
import java.util.zip.CRC32;

/**
 * SplitMix64 (Steele, Lea and Flood 2014) started from a key: seed, purpose and index. The same key
 * gives the same numbers on every platform and JDK, whatever was drawn before.
 *
 * <p>Not for several threads at once; make one per key.
 */
public final class KeyedRandom {
  private static final long GOLDEN_GAMMA = 0x9E3779B97F4A7C15L;

  /**
   * What a number is drawn for; each purpose has a stream of its own, whose number is part of the
   * key. A number is never changed and never used again, so that old runs can be made again.
   */
  public enum Purpose {
    INITIALIZATION(1),
    WINDOW_OFFSET(2),
    SHUFFLE(3),
    SEGMENTS(4),
    MASK_POSITIONS(5),
    KEEP_ORIGINAL(6),
    GENERATOR_NOISE(7),
    SAMPLING_NOISE(8),
    DISCRIMINATOR_NOISE(9),
    EXPORT_CHECK(10),
    NEGATIVES(11),
    RANDOM_TOKEN(12),
    EXAMPLE_LENGTHS(13),
    DROPOUT(14);

    private final int stream;

    Purpose(int stream) {
      this.stream = stream;
    }
  }

  private long state;

  public KeyedRandom(long seed, Purpose purpose, long index) {
    this.state = key(seed, purpose, index);
  }

  /** Returns the number a key stands for: what a foreign generator is seeded with. */
  public static long key(long seed, Purpose purpose, long index) {
    long mixed = mix(seed + GOLDEN_GAMMA);
    mixed = mix(mixed ^ (purpose.stream * GOLDEN_GAMMA));
    return mix(mixed ^ mix(index + GOLDEN_GAMMA));
  }

  /**
   * Returns a number in [0, 1), evenly spread over texts, that depends on a text alone: what falls
   * below a share is the same in each run, whatever stands around the text.
   */
  public static double place(String text) {
    byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
    return place(utf8, utf8.length);
  }

  /** Returns the place of a text given as the first {@code length} bytes of its UTF-8. */
  public static double place(byte[] utf8, int length) {
    CRC32 crc = new CRC32();
    crc.update(utf8, 0, length);
    return new KeyedRandom(0, Purpose.SHUFFLE, crc.getValue()).nextDouble();
  }

  public long nextLong() {
    state += GOLDEN_GAMMA;
    return mix(state);
  }

  /** Returns a number in {@code 0..bound-1}. */
  public int nextInt(int bound) {
    if (bound < 1) {
      throw new IllegalArgumentException("bound must be at least 1; bound=" + bound);
    }
    return (int) (((nextLong() >>> 32) * bound) >>> 32);
  }

  /** Returns a number in [0, 1), a multiple of 2^-53. */
  public double nextDouble() {
    return (nextLong() >>> 11) * 0x1.0p-53;
  }

  /**
   * Returns 64 bits, each 1 with a probability, exactly: 64 numbers in [0, 1) are drawn bit by bit,
   * all at once, until it is known of each whether it is below. That takes some 8 random words.
   *
   * @param probability in [0, 1)
   */
  public long nextBits(double probability) {
    long below = 0;
    long undecided = -1L;
    double rest = probability;
    while (undecided != 0 && rest > 0) {
      rest *= 2;
      long bits = nextLong();
      if (rest >= 1) {
        rest -= 1;
        below |= undecided & ~bits;
        undecided &= bits;
      } else {
        undecided &= ~bits;
      }
    }
    return below;
  }

  /** Returns a normal deviate (Marsaglia's polar method; StrictMath, so the same everywhere). */
  public double nextGaussian() {
    while (true) {
      double u = 2 * nextDouble() - 1;
      double v = 2 * nextDouble() - 1;
      double s = u * u + v * v;
      if (s > 0 && s < 1) {
        return u * StrictMath.sqrt(-2 * StrictMath.log(s) / s);
      }
    }
  }

  /** Puts the elements in a random order (Fisher and Yates). */
  public void shuffle(int[] values) {
    for (int i = values.length - 1; i > 0; i--) {
      int j = nextInt(i + 1);
      int swapped = values[i];
      values[i] = values[j];
      values[j] = swapped;
    }
  }

  private static long mix(long z) {
    long mixed = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
    mixed = (mixed ^ (mixed >>> 27)) * 0x94D049BB133111EBL;
    return mixed ^ (mixed >>> 31);
  }
}
