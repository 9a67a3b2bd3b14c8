package org.solrelectra.solr.search;

import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import org.apache.solr.search.QueryLimits;

/**
 * The limits of a request ({@code timeAllowed}, {@code cpuAllowed}, {@code memAllowed}), for
 * threads that work on it. Solr's own may be asked on the request's thread only, because what they
 * measure is that thread; the others learn of it here.
 */
final class RequestLimits implements BooleanSupplier {
  private final Thread requestThread = Thread.currentThread();
  private final QueryLimits limits;
  private final AtomicBoolean exceeded = new AtomicBoolean();

  RequestLimits(QueryLimits limits) {
    this.limits = limits;
  }

  /** Says whether the request has to end now. */
  @Override
  public boolean getAsBoolean() {
    if (!exceeded.get() && Thread.currentThread() == requestThread && limits.shouldExit()) {
      exceeded.set(true);
    }
    return exceeded.get();
  }

  String message() {
    return limits.limitStatusMessage();
  }
}
