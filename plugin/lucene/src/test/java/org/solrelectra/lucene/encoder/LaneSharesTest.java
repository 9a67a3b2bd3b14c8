package org.solrelectra.lucene.encoder;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import java.util.Random;
import java.util.function.ToLongFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class LaneSharesTest {

  private record Run(Lane lane, double taken, long nanos, long end) {}

  /** Returns what share of the slots' time documents get while both lanes always wait. */
  private static double indexingShare(
      LaneShares shares, int slots, int items, ToLongFunction<Lane> duration) {
    PriorityQueue<Run> running = new PriorityQueue<>(Comparator.comparingLong(Run::end));
    long[] served = new long[Lane.values().length];
    long now = 0;
    for (int i = 0; i < items; i++) {
      if (running.size() == slots) {
        Run ended = running.remove();
        now = ended.end();
        shares.endCounted(ended.lane(), ended.taken(), ended.nanos());
        served[ended.lane().ordinal()] += ended.nanos();
      }
      Lane lane = shares.next();
      long nanos = duration.applyAsLong(lane);
      running.add(new Run(lane, shares.begin(lane), nanos, now + nanos));
    }
    long documents = served[Lane.INDEXING.ordinal()];
    return (double) documents / (documents + served[Lane.QUERY.ordinal()]);
  }

  @ParameterizedTest
  @CsvSource({
    "0.1, 1, 1000, 1000", "0.1, 1, 1000, 7000", "0.1, 17, 1000, 7000", "0.1, 17, 25000, 1000",
    "0.25, 4, 1000, 1000", "0.5, 2, 3000, 1000", "0.9, 2, 1000, 1000", "0, 4, 1000, 1000"
  })
  void eachLaneGetsItsShareOfTheTime(double share, int slots, long query, long document) {
    LaneShares shares = new LaneShares(share);
    assertEquals(
        share,
        indexingShare(shares, slots, 10_000, lane -> lane == Lane.QUERY ? query : document),
        0.005);
  }

  @Test
  void itemsOfAllLengthsMakeNoDifference() {
    Random random = new Random(3);
    ToLongFunction<Lane> duration =
        lane -> 1 + (long) (1000 * Math.exp(2 * random.nextGaussian()) * (1 + lane.ordinal()));
    assertEquals(0.1, indexingShare(new LaneShares(0.1), 8, 100_000, duration), 0.005);
  }

  /** All that become free before the first document ends would be given to documents. */
  @Test
  void slotsThatBecomeFreeTogetherAreShared() {
    LaneShares shares = new LaneShares(0.1);
    shares.endUncounted(Lane.QUERY, 1000);
    shares.endUncounted(Lane.INDEXING, 1000);
    List<Lane> begun = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      begun.add(shares.next());
      shares.begin(shares.next());
    }
    assertEquals(2, begun.stream().filter(lane -> lane == Lane.INDEXING).count());
    assertEquals(Lane.INDEXING, begun.get(9));
    assertEquals(Lane.INDEXING, begun.get(19));
  }

  @Test
  void whatRunsWhileTheOtherLaneIsEmptyIsNotHeldAgainstIt() {
    LaneShares shares = new LaneShares(0.1);
    for (int i = 0; i < 1000; i++) {
      shares.endUncounted(Lane.INDEXING, 1000);
    }
    for (int i = 0; i < 9; i++) {
      assertEquals(Lane.QUERY, shares.next());
      shares.endCounted(Lane.QUERY, shares.begin(Lane.QUERY), 1000);
    }
    assertEquals(Lane.INDEXING, shares.next());
  }

  @ParameterizedTest
  @ValueSource(doubles = {-0.1, 1, 10, Double.NaN})
  void shareOfAllOrMoreIsRefused(double share) {
    IllegalArgumentException refused =
        assertThrows(IllegalArgumentException.class, () -> new LaneShares(share));
    assertEquals(
        "indexingShare must be at least 0 and less than 1; indexingShare=" + share,
        refused.getMessage());
  }
}
