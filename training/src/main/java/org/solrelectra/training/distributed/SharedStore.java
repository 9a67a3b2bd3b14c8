package org.solrelectra.training.distributed;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.time.Duration;
import org.bytedeco.javacpp.chrono.Milliseconds;
import org.bytedeco.pytorch.PrefixStore;
import org.bytedeco.pytorch.Store;
import org.bytedeco.pytorch.StringVector;
import org.bytedeco.pytorch.TCPStore;
import org.bytedeco.pytorch.TCPStoreOptions;

/**
 * One connection to the keys and values that all processes share: libtorch's TCPStore. Nothing here
 * waits in native code, where a process could not be told that another one is lost.
 *
 * <p>Lives as long as the program trains. Threads may share it.
 *
 * @param store keys below a prefix for each attempt of the launcher
 */
record SharedStore(Store store) {
  private static final long POLL_MILLIS = 20;

  /**
   * Opens the store on rank 0, and connects to it on all others.
   *
   * @param patience how long rank 0 is waited for
   */
  static SharedStore open(RankEnvironment environment, Duration patience) throws IOException {
    try {
      return connect(environment, environment.opensStore(), patience);
    } catch (RuntimeException e) {
      throw new IOException(
          environment.opensStore()
              ? "rank 0 cannot listen at "
                  + environment.master()
                  + "; the address must be this host's and the port free; libtorch says: "
                  + e.getMessage()
              : "nobody answered within "
                  + patience.toSeconds()
                  + " s at "
                  + environment.master()
                  + "; start the process with RANK=0 there; libtorch says: "
                  + e.getMessage(),
          e);
    }
  }

  /** Makes a second connection, so that a thread need not wait for what others ask. */
  static SharedStore again(RankEnvironment environment, Duration patience) {
    return connect(environment, false, patience);
  }

  private static SharedStore connect(
      RankEnvironment environment, boolean server, Duration patience) {
    TCPStoreOptions options =
        new TCPStoreOptions()
            .port((short) environment.masterPort())
            .isServer(server)
            .waitWorkers(false)
            .timeout(new Milliseconds(patience.toMillis()));
    Store store = counted(new TCPStore(environment.masterAddress(), options));
    return new SharedStore(counted(new PrefixStore("electra/" + environment.attempt(), store)));
  }

  /**
   * Returns a new store as one of its owners. The binding's constructors give it to the garbage
   * collector, even where native code goes on to use it, and let native code own it only once.
   */
  private static Store counted(Store made) {
    PrefixStore around = new PrefixStore("", made);
    made.deallocate(false);
    return around.getUnderlyingStore();
  }

  /** Returns the part of the store that libtorch's own messages may use. */
  Store part(String name) {
    return counted(new PrefixStore(name, store));
  }

  void set(String key, String value) {
    store.set(key, value);
  }

  boolean has(String key) {
    return store.check(new StringVector(key));
  }

  /** Returns a value that is there. */
  String get(String key) {
    return store.get_to_str(key);
  }

  /** Adds to a counter, which starts at 0, and returns what it is then. */
  long add(String counter, long more) {
    return store.add(counter, more);
  }

  /** Waits until another process has set a value. */
  String await(String key) throws InterruptedIOException {
    while (!has(key)) {
      pause();
    }
    return get(key);
  }

  /** Waits until a counter has reached a value; returns whether it did in time. */
  boolean await(String counter, long value, Duration patience) throws InterruptedIOException {
    long start = System.nanoTime();
    while (add(counter, 0) < value) {
      if (System.nanoTime() - start > patience.toNanos()) {
        return false;
      }
      pause();
    }
    return true;
  }

  private static void pause() throws InterruptedIOException {
    try {
      Thread.sleep(POLL_MILLIS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("interrupted while waiting for other processes");
    }
  }
}
