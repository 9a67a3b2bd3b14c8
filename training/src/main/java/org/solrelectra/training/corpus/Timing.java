package org.solrelectra.training.corpus;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.util.concurrent.TimeUnit;

/** The clock, and waiting. */
interface Timing {
  /** The machine's. */
  Timing SYSTEM =
      new Timing() {
        @Override
        public long nanoTime() {
          return System.nanoTime();
        }

        @Override
        public void sleep(long nanos) throws IOException {
          try {
            TimeUnit.NANOSECONDS.sleep(nanos);
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted while waiting for Solr");
          }
        }
      };

  long nanoTime();

  /** Waits; returns at once if {@code nanos} is not above 0. */
  void sleep(long nanos) throws IOException;
}
