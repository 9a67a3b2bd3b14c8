package org.solrelectra.lucene.encoder;

import java.util.function.BooleanSupplier;

/**
 * When work on a request has to end, and whether somebody called it off before.
 *
 * @param nanoTime in the time of {@link System#nanoTime()}; ignored if {@code isLimited} is false
 * @param cancelled is asked between sequences; true drops the work that is left
 */
public record Deadline(boolean isLimited, long nanoTime, BooleanSupplier cancelled) {

  /** Never. */
  public static final Deadline NONE = new Deadline(false, 0, () -> false);

  /** Returns the deadline this many milliseconds from now. */
  public static Deadline afterMillis(long millis) {
    return new Deadline(true, System.nanoTime() + millis * 1_000_000, () -> false);
  }

  /** Says whether there is time for all work. */
  public boolean isNever() {
    return equals(NONE);
  }

  /** Returns this deadline with another way to be called off. */
  public Deadline cancelledBy(BooleanSupplier supplier) {
    return new Deadline(isLimited, nanoTime, supplier);
  }

  /** Says whether work has to end now. */
  public boolean isOver() {
    return (isLimited && System.nanoTime() - nanoTime >= 0) || cancelled.getAsBoolean();
  }
}
