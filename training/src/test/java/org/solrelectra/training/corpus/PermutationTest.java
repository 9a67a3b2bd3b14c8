package org.solrelectra.training.corpus;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class PermutationTest {
  @Test
  void everyElementStandsSomewhereOnce() {
    for (long size : new long[] {1, 2, 3, 4, 5, 15, 16, 17, 63, 64, 65, 1000, 4096, 4097}) {
      for (long key = 0; key < 5; key++) {
        Permutation permutation = Permutation.of(size, key);
        long[] found = LongStream.range(0, size).map(permutation::apply).sorted().toArray();
        assertTrue(Arrays.equals(LongStream.range(0, size).toArray(), found), "size " + size);
      }
    }
  }

  @Test
  void anotherKeyGivesAnotherOrder() {
    assertNotEquals(order(1000, 1), order(1000, 2));
    assertEquals(order(1000, 1), order(1000, 1));
  }

  private static String order(int size, long key) {
    return Arrays.toString(
        LongStream.range(0, size).map(Permutation.of(size, key)::apply).toArray());
  }

  /** In a random order an element is moved by a third of the size on average. */
  @Test
  void neighboursAreTornApart() {
    int size = 10_000;
    Permutation permutation = Permutation.of(size, 3);
    double distance =
        LongStream.range(1, size)
            .map(i -> Math.abs(permutation.apply(i) - permutation.apply(i - 1)))
            .average()
            .orElseThrow();
    assertEquals(size / 3.0, distance, size * 0.02);
  }
}
