package org.solrelectra.config;

import java.util.Arrays;

/** How long requests took. Immutable. */
final class Latencies {
  private final long[] nanos;

  /**
   * @param nanos of each request, in any order; at least one
   */
  Latencies(long[] nanos) {
    if (nanos.length == 0) {
      throw new IllegalArgumentException("there must be at least one latency; latencies=0");
    }
    this.nanos = nanos.clone();
    Arrays.sort(this.nanos);
  }

  int count() {
    return nanos.length;
  }

  /**
   * Returns the least time, in milliseconds, that so many of all requests stayed within.
   *
   * @param percent above 0, at most 100; 100 gives the longest
   */
  double percentileMillis(double percent) {
    if (!(percent > 0 && percent <= 100)) {
      throw new IllegalArgumentException(
          "percent must be above 0 and at most 100; percent=" + percent);
    }
    return nanos[(int) Math.ceil(percent / 100 * nanos.length) - 1] / 1e6;
  }
}
