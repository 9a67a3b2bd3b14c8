package org.solrelectra.config;

import java.util.SplittableRandom;
import java.util.stream.LongStream;

/** When requests come that know nothing of each other, as those of many users do. */
final class PoissonArrivals {
  private PoissonArrivals() {}

  /**
   * Returns the times of arrivals, in nanoseconds from the beginning, in their order.
   *
   * @param perSecond how many come on average
   * @param seconds within which they come
   */
  static long[] nanos(double perSecond, double seconds, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    LongStream.Builder arrivals = LongStream.builder();
    double now = gap(random, perSecond);
    while (now < seconds) {
      arrivals.add((long) (now * 1e9));
      now += gap(random, perSecond);
    }
    return arrivals.build().toArray();
  }

  /** Exponential: 1 - u is above 0, so its logarithm is a number. */
  private static double gap(SplittableRandom random, double perSecond) {
    return -Math.log(1 - random.nextDouble()) / perSecond;
  }
}
