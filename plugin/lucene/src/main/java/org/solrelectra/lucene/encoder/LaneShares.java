package org.solrelectra.lucene.encoder;

/**
 * Says whose turn it is while queries and documents both wait: documents get a share of the time
 * that items take, queries the rest. Only items that begin while the other lane waits are counted,
 * so a lane saves nothing up while it is alone.
 *
 * <p>An item is counted when it begins, as long as its lane's items usually are, and set right when
 * it ends. Else all slots that become free in the meantime would go to the same lane.
 *
 * <p>Not for several threads: {@link WorkerPool} calls it with its lock held.
 */
final class LaneShares {
  /** An item's weight in the mean of its lane. */
  private static final double NEWEST = 1.0 / 8;

  private final double indexingShare;

  /** Nanoseconds that documents are ahead of their share; below 0 they are behind it. */
  private double lead;

  private final double[] usualNanos = new double[Lane.values().length];

  /**
   * @param indexingShare at least 0, which lets documents wait for all queries; below 1
   */
  LaneShares(double indexingShare) {
    if (!(indexingShare >= 0 && indexingShare < 1)) {
      throw new IllegalArgumentException(
          "indexingShare must be at least 0 and less than 1; indexingShare=" + indexingShare);
    }
    this.indexingShare = indexingShare;
  }

  /**
   * Returns the lane that is served next if both wait: documents if they are behind by as much as
   * one of them will put them ahead, so that a few queries among documents wait for none.
   */
  Lane next() {
    double item = usualNanos[Lane.INDEXING.ordinal()] * (1 - indexingShare);
    return lead < 0 && lead <= -item ? Lane.INDEXING : Lane.QUERY;
  }

  /** Counts an item that begins while both lanes wait, and returns for how long it is taken. */
  double begin(Lane lane) {
    count(lane, usualNanos[lane.ordinal()]);
    return usualNanos[lane.ordinal()];
  }

  /**
   * Learns how long an item took, which had been counted.
   *
   * @param taken what {@link #begin} returned
   */
  void endCounted(Lane lane, double taken, long nanos) {
    count(lane, nanos - taken);
    endUncounted(lane, nanos);
  }

  /** Learns how long an item took that began while the other lane did not wait. */
  void endUncounted(Lane lane, long nanos) {
    double usual = usualNanos[lane.ordinal()];
    usualNanos[lane.ordinal()] = usual == 0 ? nanos : usual + NEWEST * (nanos - usual);
  }

  private void count(Lane lane, double nanos) {
    lead += lane == Lane.INDEXING ? nanos * (1 - indexingShare) : -nanos * indexingShare;
  }
}
