package org.solrelectra.lucene.encoder;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * Which sequences of a call share a run: short ones of one length, which need no padding. A run of
 * twelve tokens spends most of its time on starting operators and fetching weights, and eight
 * together take 1.3 to 1.8 times less than eight runs; from 64 tokens on little is gained
 * (docs/measurements.md).
 */
final class SequenceGroups {
  static final int MOST_SEQUENCES = 8;
  static final int MOST_TOKENS = 256;

  private SequenceGroups() {}

  /**
   * Returns the runs of a call, by the sequences' places: in this order, each at its first
   * sequence's place.
   *
   * @param slots runs that are possible at once; each gets one, if there are sequences enough
   */
  static List<List<Integer>> ofEqualLength(List<TokenSequence> sequences, int[] order, int slots) {
    int share = (order.length + slots - 1) / slots;
    Map<Integer, List<Integer>> open = new HashMap<>();
    List<List<Integer>> groups = new ArrayList<>();
    for (int place : order) {
      int length = sequences.get(place).length();
      List<Integer> group = open.get(length);
      if (group == null) {
        group = new ArrayList<>();
        groups.add(group);
        open.put(length, group);
      }
      group.add(place);
      int most = Math.min(Math.min(MOST_SEQUENCES, MOST_TOKENS / length), share);
      if (group.size() >= most) {
        open.remove(length);
      }
    }
    return groups;
  }

  /** Returns a run for each sequence. */
  static List<List<Integer>> alone(int[] order) {
    return IntStream.of(order).mapToObj(List::of).toList();
  }

  /**
   * Returns the places of sequences, the longest first, so that the threads end together; as they
   * are given if there may be no time for all, for the caller puts those first that matter most.
   */
  static int[] order(List<TokenSequence> sequences, Deadline deadline) {
    IntStream places = IntStream.range(0, sequences.size());
    return deadline.isNever()
        ? places
            .boxed()
            .sorted(Comparator.comparingInt((Integer place) -> -sequences.get(place).length()))
            .mapToInt(Integer::intValue)
            .toArray()
        : places.toArray();
  }
}
