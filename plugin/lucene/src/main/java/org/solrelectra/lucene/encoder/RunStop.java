package org.solrelectra.lucene.encoder;

import ai.onnxruntime.OrtException;
import java.io.IOException;
import java.util.HashSet;
import java.util.Set;

/** Ends the runs of one call that are under way when its deadline comes. Threads may share it. */
final class RunStop {
  /** A run that can be ended: the options that ONNX Runtime was given for it. */
  @FunctionalInterface
  interface Run {
    void setTerminate(boolean terminate) throws OrtException;
  }

  private final boolean possible;

  // Guarded by this.
  private final Set<Run> underWay = new HashSet<>();
  private boolean terminated;
  private IOException failure;

  RunStop(Deadline deadline) {
    this.possible = deadline.isLimited();
  }

  boolean isPossible() {
    return possible;
  }

  synchronized boolean isTerminated() {
    return terminated;
  }

  synchronized void register(Run run) throws OrtException {
    underWay.add(run);
    run.setTerminate(terminated);
  }

  synchronized void unregister(Run run) {
    underWay.remove(run);
  }

  /**
   * Ends all runs, also those after one that cannot be ended. Holds the lock that {@link #register}
   * takes, so that no options are closed meanwhile.
   */
  synchronized void terminate() {
    terminated = true;
    for (Run run : underWay) {
      try {
        run.setTerminate(true);
      } catch (OrtException e) {
        if (failure == null) {
          failure = new IOException("a run could not be ended at its deadline: " + e.getMessage());
        }
        failure.addSuppressed(e);
      }
    }
  }

  /**
   * Says what went wrong while runs were ended; called by the caller of the runs, as the thread
   * that ends them has nobody to tell.
   *
   * @throws IOException if runs could not be ended, with all causes suppressed
   */
  synchronized void rethrow() throws IOException {
    if (failure != null) {
      throw failure;
    }
  }
}
