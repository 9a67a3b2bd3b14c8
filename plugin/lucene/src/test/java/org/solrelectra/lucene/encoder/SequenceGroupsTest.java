package org.solrelectra.lucene.encoder;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class SequenceGroupsTest {
  private static List<TokenSequence> lengths(int... lengths) {
    return IntStream.of(lengths)
        .mapToObj(length -> new TokenSequence(new int[length], new int[length]))
        .toList();
  }

  private static int[] inOrder(int count) {
    return IntStream.range(0, count).toArray();
  }

  private static List<Integer> sizes(int length, int count, int slots) {
    int[] equal = IntStream.generate(() -> length).limit(count).toArray();
    return SequenceGroups.ofEqualLength(lengths(equal), inOrder(count), slots).stream()
        .map(List::size)
        .toList();
  }

  @Test
  void thoseOfOneLengthShareARunWhereTheFirstOfThemStands() {
    assertEquals(
        List.of(List.of(0, 2, 5), List.of(1, 3), List.of(4)),
        SequenceGroups.ofEqualLength(lengths(7, 5, 7, 5, 6, 7), inOrder(6), 1));
  }

  @Test
  void aRunIsBounded() {
    assertEquals(List.of(8, 8, 1), sizes(12, 17, 1));
    assertEquals(List.of(4, 4, 1), sizes(64, 9, 1));
    assertEquals(List.of(1, 1, 1), sizes(200, 3, 1));
    assertEquals(List.of(1, 1, 1), sizes(512, 3, 1));
  }

  @Test
  void noSlotStaysEmpty() {
    assertEquals(List.of(2, 2), sizes(12, 4, 2));
    assertEquals(List.of(2, 1), sizes(12, 3, 2));
    assertEquals(List.of(1, 1, 1, 1), sizes(12, 4, 64));
  }

  @Test
  void theLongestComesFirstWhereThereIsTimeForAll() {
    List<TokenSequence> sequences = lengths(3, 9, 5);
    assertArrayEquals(new int[] {1, 2, 0}, SequenceGroups.order(sequences, Deadline.NONE));
    assertArrayEquals(
        new int[] {0, 1, 2}, SequenceGroups.order(sequences, Deadline.afterMillis(1000)));
  }
}
