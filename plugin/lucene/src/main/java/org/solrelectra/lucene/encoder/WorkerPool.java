package org.solrelectra.lucene.encoder;

import java.io.Closeable;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.FutureTask;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The threads that help to run models: one bounded pool per node, shared by all its models. A
 * caller always works on its own request too, so a full queue slows a request down and never fails
 * it.
 *
 * <p>Threads may share it; who made it closes it.
 */
public final class WorkerPool implements Closeable {
  private static final int QUEUE_PER_THREAD = 64;

  private final ThreadPoolExecutor workers;
  private final ScheduledThreadPoolExecutor watch;

  /**
   * @param threads helpers beside the callers; 0 leaves all work to the callers
   */
  public WorkerPool(int threads) {
    if (threads < 0) {
      throw new IllegalArgumentException("threads must be at least 0; threads=" + threads);
    }
    this.workers =
        threads == 0
            ? null
            : new ThreadPoolExecutor(
                threads,
                threads,
                10,
                TimeUnit.SECONDS,
                new ArrayBlockingQueue<>(QUEUE_PER_THREAD * threads),
                named("solr-electra-worker"));
    if (workers != null) {
      workers.allowCoreThreadTimeOut(true);
    }
    this.watch = new ScheduledThreadPoolExecutor(1, named("solr-electra-deadline"));
    watch.setRemoveOnCancelPolicy(true);
    watch.setKeepAliveTime(10, TimeUnit.SECONDS);
    watch.allowCoreThreadTimeOut(true);
  }

  /** Makes the pool a node wants: one thread less than it has cores, at least one. */
  public static WorkerPool forThisMachine() {
    return new WorkerPool(Math.max(1, Runtime.getRuntime().availableProcessors() - 1));
  }

  private static ThreadFactory named(String name) {
    AtomicInteger number = new AtomicInteger();
    return task -> {
      Thread thread = new Thread(task, name + "-" + number.incrementAndGet());
      thread.setDaemon(true);
      return thread;
    };
  }

  /** Work on one item of a request. */
  @FunctionalInterface
  interface Item {
    /** Returns whether to go on with the next item. */
    boolean run(int index) throws IOException;
  }

  /**
   * Runs items 0..count-1 in this order on the caller's and the pool's threads, and returns when
   * all ended, also when it was interrupted: what they use may be closed then.
   *
   * @throws IOException if an item failed, or the caller was interrupted while it waited for others
   */
  void forEach(int count, Item item) throws IOException {
    Runner runner = new Runner(count, item);
    List<FutureTask<Void>> helpers = new ArrayList<>();
    int wanted = workers == null ? 0 : Math.min(workers.getMaximumPoolSize(), count - 1);
    for (int i = 0; i < wanted; i++) {
      FutureTask<Void> helper = new FutureTask<>(runner, null);
      try {
        workers.execute(helper);
        helpers.add(helper);
      } catch (RejectedExecutionException e) {
        // The queue is full, or the pool is closed: the caller does what is left.
        break;
      }
    }
    runner.run();
    for (FutureTask<Void> helper : helpers) {
      // Nothing is left to do for one that has not begun; one that has is waited for below.
      helper.cancel(false);
      workers.remove(helper);
    }
    runner.awaitRunning();
    runner.rethrow();
  }

  /**
   * Calls an action at a deadline, unless it is cancelled before; null if there is no time limit.
   */
  ScheduledFuture<?> at(Deadline deadline, Runnable action) {
    if (!deadline.isLimited()) {
      return null;
    }
    long wait = Math.max(0, deadline.nanoTime() - System.nanoTime());
    return watch.schedule(action, wait, TimeUnit.NANOSECONDS);
  }

  @Override
  public void close() {
    if (workers != null) {
      workers.shutdown();
    }
    watch.shutdownNow();
  }

  /** Takes items off a request's list until there is none; several threads run the same one. */
  private static final class Runner implements Runnable {
    private final int count;
    private final Item item;
    private final AtomicInteger next = new AtomicInteger();
    private int running;
    private Throwable failure;

    Runner(int count, Item item) {
      this.count = count;
      this.item = item;
    }

    @Override
    public void run() {
      synchronized (this) {
        running++;
      }
      try {
        for (int i = next.getAndIncrement(); i < count; i = next.getAndIncrement()) {
          if (!item.run(i)) {
            next.set(count);
          }
        }
      } catch (IOException | RuntimeException | Error e) {
        next.set(count);
        synchronized (this) {
          if (failure == null) {
            failure = e;
          }
        }
      } finally {
        synchronized (this) {
          running--;
          notifyAll();
        }
      }
    }

    /** A helper may be in the middle of an item, whose result is still to come. */
    synchronized void awaitRunning() {
      boolean interrupted = false;
      while (running > 0) {
        try {
          wait();
        } catch (InterruptedException e) {
          interrupted = true;
          next.set(count);
          if (failure == null) {
            failure = new IOException("interrupted while a model ran", e);
          }
        }
      }
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }

    synchronized void rethrow() throws IOException {
      if (failure instanceof IOException e) {
        throw e;
      }
      if (failure instanceof RuntimeException e) {
        throw e;
      }
      if (failure instanceof Error e) {
        throw e;
      }
    }
  }
}
