package org.solrelectra.lucene.encoder;

import java.io.Closeable;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The threads that run models: one bounded pool per node, shared by all its models. A caller works
 * on its own request, the pool's threads on that of whoever has waited longest; no more items run
 * at once than the pool has threads, and one. So requests that come together are served one after
 * another, each by all cores, rather than all at once and each as slow as all together.
 *
 * <p>Queries go before documents to be indexed, which are asked for again after each item.
 *
 * <p>Threads may share it; who made it closes it.
 */
public final class WorkerPool implements Closeable {
  /** Queries that may wait for each item that can run at once. */
  private static final int WAITING_PER_SLOT = 16;

  /** A document waits no longer for queries to let it through. */
  private static final long LONGEST_WAIT_NANOS = TimeUnit.SECONDS.toNanos(1);

  /** Who waits asks as often whether its request was called off: that cannot wake it. */
  private static final long POLL_MILLIS = 5;

  private final int threads;
  private final int slots;
  private final ThreadPoolExecutor workers;
  private final ScheduledThreadPoolExecutor watch;

  // Guarded by this, as are the fields of each request. Requests with items left, the oldest first.
  private final Deque<Request> queries = new ArrayDeque<>();
  private final Deque<Request> indexing = new ArrayDeque<>();
  private Request turn;
  private int running;
  private int helpers;
  private boolean closed;

  /**
   * @param threads helpers beside the callers; 0 leaves all work to the callers, one at a time
   */
  public WorkerPool(int threads) {
    if (threads < 0) {
      throw new IllegalArgumentException("threads must be at least 0; threads=" + threads);
    }
    this.threads = threads;
    this.slots = threads + 1;
    this.workers =
        new ThreadPoolExecutor(
            Math.max(1, threads),
            Math.max(1, threads),
            10,
            TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(),
            named("solr-electra-worker"));
    workers.allowCoreThreadTimeOut(true);
    this.watch = new ScheduledThreadPoolExecutor(1, named("solr-electra-deadline"));
    watch.setRemoveOnCancelPolicy(true);
    watch.setKeepAliveTime(10, TimeUnit.SECONDS);
    watch.allowCoreThreadTimeOut(true);
  }

  /** Makes the pool a node wants: one thread less than it has cores, at least one. */
  public static WorkerPool forThisMachine() {
    return new WorkerPool(Math.max(1, Runtime.getRuntime().availableProcessors() - 1));
  }

  /** Returns how many items run at once at most: the threads, and one. */
  int slots() {
    return slots;
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

  /** The items of one call of {@link #forEach}. */
  private static final class Request {
    private final int count;
    private final Item item;
    private int next;
    private int running;
    private long servedNanoTime = System.nanoTime();
    private Throwable failure;

    Request(int count, Item item) {
      this.count = count;
      this.item = item;
    }

    boolean hasNext() {
      return next < count;
    }

    void fail(Throwable cause) {
      if (failure == null) {
        failure = cause;
      }
    }
  }

  /**
   * Runs items 0..count-1 in this order on the caller's and the pool's threads, and returns when
   * all that began have ended, also when it was interrupted: what they use may be closed then.
   * Items may be left out if the deadline is over before their turn comes.
   *
   * @throws OverloadedException if it is a query and as many as may wait are waiting
   * @throws IOException if an item failed, or the caller was interrupted while it waited
   */
  void forEach(int count, Lane lane, Deadline deadline, Item item) throws IOException {
    if (count == 0) {
      return;
    }
    Request request = new Request(count, item);
    enter(request, lane);
    for (int index = claim(request, deadline); index >= 0; index = claim(request, deadline)) {
      run(request, index);
    }
    awaitRunning(request);
    rethrow(request.failure);
  }

  private synchronized void enter(Request request, Lane lane) throws OverloadedException {
    if (lane == Lane.QUERY && queries.size() >= WAITING_PER_SLOT * slots) {
      throw new OverloadedException(
          "the node is overloaded: "
              + queries.size()
              + " requests wait for its models; at most "
              + WAITING_PER_SLOT * slots
              + " may");
    }
    (lane == Lane.QUERY ? queries : indexing).add(request);
    chooseTurn();
    for (int i = helpers; i < Math.min(threads, request.count - 1) && !closed; i++) {
      helpers++;
      workers.execute(this::help);
    }
  }

  /**
   * Says whose turn it is, after whatever may change that: it depends on the time, and if each who
   * waits asked the clock, two could take each other for the one whose turn it is, and both wait.
   */
  private void chooseTurn() {
    Request query = queries.peek();
    Request document = indexing.peek();
    if (query == null || document == null) {
      turn = query == null ? document : query;
    } else {
      boolean waitsTooLong = System.nanoTime() - document.servedNanoTime > LONGEST_WAIT_NANOS;
      turn = waitsTooLong ? document : query;
    }
    notifyAll();
  }

  /** Waits for the caller's turn, and returns the item it has to run; below 0 if none is left. */
  private synchronized int claim(Request request, Deadline deadline) {
    boolean interrupted = false;
    while (request.hasNext() && !(turn == request && running < slots)) {
      if (deadline.isOver()) {
        drop(request);
        break;
      }
      try {
        wait(deadline.isNever() ? 0 : POLL_MILLIS);
      } catch (InterruptedException e) {
        interrupted = true;
        request.fail(new IOException("interrupted while a model ran", e));
        drop(request);
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
    return request.hasNext() ? take(request) : -1;
  }

  private int take(Request request) {
    int index = request.next++;
    request.running++;
    request.servedNanoTime = System.nanoTime();
    running++;
    if (request.hasNext()) {
      chooseTurn();
    } else {
      drop(request);
    }
    return index;
  }

  /** Leaves out what is left of a request; the next one's turn comes. */
  private void drop(Request request) {
    request.next = request.count;
    queries.remove(request);
    indexing.remove(request);
    chooseTurn();
  }

  private void run(Request request, int index) {
    boolean goOn = false;
    Throwable failure = null;
    try {
      goOn = request.item.run(index);
    } catch (IOException | RuntimeException | Error e) {
      failure = e;
    }
    synchronized (this) {
      if (failure != null) {
        request.fail(failure);
      }
      if (!goOn) {
        drop(request);
      }
      request.running--;
      running--;
      chooseTurn();
    }
  }

  /** Runs items of whatever request is first, one after another, until none is left. */
  private void help() {
    while (true) {
      Request request;
      int index;
      synchronized (this) {
        while (turn != null && running >= slots && !closed) {
          try {
            wait();
          } catch (InterruptedException e) {
            throw new IllegalStateException("nobody interrupts the pool's threads", e);
          }
        }
        request = turn;
        if (request == null || closed) {
          helpers--;
          return;
        }
        index = take(request);
      }
      run(request, index);
    }
  }

  /** A helper may be in the middle of an item, whose result is still to come. */
  private synchronized void awaitRunning(Request request) {
    boolean interrupted = false;
    while (request.running > 0) {
      try {
        wait();
      } catch (InterruptedException e) {
        interrupted = true;
        request.fail(new IOException("interrupted while a model ran", e));
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private static void rethrow(Throwable failure) throws IOException {
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
    synchronized (this) {
      closed = true;
      notifyAll();
    }
    workers.shutdown();
    watch.shutdownNow();
  }
}
