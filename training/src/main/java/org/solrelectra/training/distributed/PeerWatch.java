package org.solrelectra.training.distributed;

import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;

/**
 * Tells when another process is lost, on threads of its own: who trains may be inside a collective
 * that never returns, or wait for a device. Each process counts up a number in the shared store;
 * rank 0 watches all others and tells them who is lost, and they watch rank 0.
 */
final class PeerWatch implements AutoCloseable {
  private static final String LOST = "lost";

  /** How long a failed collective waits to learn who is lost. */
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private final RankEnvironment environment;
  private final SharedStore store;
  private final Timing timing;
  private final Consumer<LostProcessException> onLoss;
  private final AtomicBoolean decided = new AtomicBoolean();
  private final CompletableFuture<LostProcessException> loss = new CompletableFuture<>();
  private volatile long lastRoundNanos = System.nanoTime();
  private volatile boolean exchangeFailed;
  private volatile boolean closed;

  /**
   * When a process counts as lost.
   *
   * @param beat between two signs of life
   * @param silence without one
   */
  record Timing(Duration beat, Duration silence) {
    /** Enough where an exchange has failed, so that somebody must be lost. */
    Duration shortSilence() {
      return beat.multipliedBy(3);
    }

    /** Long enough for a garbage collection or a busy host, and all have ended within a minute. */
    static final Timing USUAL = new Timing(Duration.ofSeconds(2), Duration.ofSeconds(20));
  }

  /**
   * Starts to watch.
   *
   * @param store a connection that nobody else uses
   * @param onLoss is called once, on a thread of the watch, if a process is lost
   */
  PeerWatch(
      RankEnvironment environment,
      SharedStore store,
      Timing timing,
      Consumer<LostProcessException> onLoss) {
    this.environment = environment;
    this.store = store;
    this.timing = timing;
    this.onLoss = onLoss;
    start("electra-signs-of-life", this::exchangeSigns);
    // A host that vanishes leaves the other thread waiting for an answer.
    start("electra-store-watch", this::watchStore);
  }

  private static void start(String name, Runnable work) {
    Thread thread = new Thread(work, name);
    thread.setDaemon(true);
    thread.start();
  }

  private void exchangeSigns() {
    long[] counts = new long[environment.worldSize()];
    long[] heardNanos = new long[environment.worldSize()];
    Arrays.fill(heardNanos, System.nanoTime());
    boolean first = environment.rank() == 0;
    int from = first ? 1 : 0;
    int to = first ? environment.worldSize() : 1;
    try {
      while (!closed) {
        store.add(sign(environment.rank()), 1);
        if (store.has(LOST)) {
          lose(LostProcessException.of(Integer.parseInt(store.get(LOST)), environment.worldSize()));
          return;
        }
        for (int other = from; other < to; other++) {
          long count = store.add(sign(other), 0);
          long now = System.nanoTime();
          if (count != counts[other]) {
            counts[other] = count;
            heardNanos[other] = now;
          } else if (now - heardNanos[other] > silence().toNanos() && !store.has(finished(other))) {
            store.set(LOST, Integer.toString(other));
            // Whoever holds the store stays until all others have read this.
            pause(timing.beat().multipliedBy(2));
            lose(LostProcessException.of(other, environment.worldSize()));
            return;
          }
        }
        lastRoundNanos = System.nanoTime();
        pause(timing.beat());
      }
    } catch (RuntimeException e) {
      loseStore();
    }
  }

  private Duration silence() {
    return exchangeFailed ? timing.shortSilence() : timing.silence();
  }

  private void watchStore() {
    while (!closed && !decided.get()) {
      pause(timing.beat());
      if (System.nanoTime() - lastRoundNanos > timing.silence().multipliedBy(2).toNanos()) {
        loseStore();
      }
    }
  }

  private void loseStore() {
    lose(
        environment.launcherStore()
            ? LostProcessException.ofLauncher(environment)
            : LostProcessException.of(0, environment.worldSize()));
  }

  private void lose(LostProcessException lost) {
    if (!closed && decided.compareAndSet(false, true)) {
      onLoss.accept(lost);
      loss.complete(lost);
    }
  }

  private static void pause(Duration duration) {
    try {
      Thread.sleep(duration.toMillis());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static String sign(int rank) {
    return "sign/" + rank;
  }

  private static String finished(int rank) {
    return "finished/" + rank;
  }

  /** Waits until it is known why an exchange failed. */
  LostProcessException explain(RuntimeException failure) {
    exchangeFailed = true;
    try {
      return loss.get(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException e) {
      return LostProcessException.ofExchange(failure);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return LostProcessException.ofExchange(failure);
    } catch (ExecutionException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Tells the others that this process needs them no longer. */
  void finish() {
    store.set(finished(environment.rank()), "");
    close();
  }

  /** Stops to give signs of life: without {@link #finish} the others take this one for lost. */
  @Override
  public void close() {
    closed = true;
  }
}
