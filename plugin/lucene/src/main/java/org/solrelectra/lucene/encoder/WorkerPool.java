package org.solrelectra.lucene.encoder;

import java.io.Closeable;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;

/**
 * The threads that run models: one bounded pool per node, shared by all its models. A caller works
 * on its own request, the pool's threads on that of whoever has waited longest; no more items run
 * at once than the pool has threads, and one. So requests that come together are served one after
 * another, each by all cores, rather than all at once and each as slow as all together.
 *
 * <p>Queries go before documents to be indexed, which are asked for again after each item. While
 * both wait, documents get their share of the time nevertheless.
 *
 * <p>Threads may share it; who made it closes it.
 */
public final class WorkerPool implements Closeable {
  /** The share of the time that documents get while queries wait, if nobody says another. */
  public static final double DEFAULT_INDEXING_SHARE = 0.1;

  /** Queries that may wait for each item that can run at once. */
  private static final int WAITING_PER_SLOT = 16;

  /** Who waits asks as often whether its request was called off: that cannot wake it. */
  private static final long POLL_NANOS = TimeUnit.MILLISECONDS.toNanos(5);

  private final int threads;
  private final int slots;
  private final LongSupplier nanoClock;
  private final ThreadPoolExecutor workers;
  private final ScheduledThreadPoolExecutor watch;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition helpersMayRun = lock.newCondition();

  // Guarded by the lock, as are the fields of each request. Requests with items left, the oldest
  // first.
  private final Deque<Request> queries = new ArrayDeque<>();
  private final Deque<Request> indexing = new ArrayDeque<>();
  private final LaneShares shares;
  private Request turn;
  private int running;
  private int waitingItems;
  private int freeCallers;
  private int helpers;
  private int busyHelpers;
  private boolean closed;

  /**
   * Makes a pool with the default share for documents.
   *
   * @param threads helpers beside the callers; 0 leaves all work to the callers, one at a time
   */
  public WorkerPool(int threads) {
    this(threads, DEFAULT_INDEXING_SHARE);
  }

  /**
   * @param threads helpers beside the callers; 0 leaves all work to the callers, one at a time
   * @param indexingShare of the time of items, which documents get while queries wait; at least 0,
   *     which lets documents wait for all queries, and less than 1
   */
  public WorkerPool(int threads, double indexingShare) {
    this(threads, indexingShare, threadClock());
  }

  /**
   * @param nanoClock is asked before and after an item, by its thread
   */
  WorkerPool(int threads, double indexingShare, LongSupplier nanoClock) {
    if (threads < 0) {
      throw new IllegalArgumentException("threads must be at least 0; threads=" + threads);
    }
    this.threads = threads;
    this.slots = threads + 1;
    this.shares = new LaneShares(indexingShare);
    this.nanoClock = nanoClock;
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

  /**
   * Returns the processor time of the thread that asks, if the system tells. An item runs on one
   * thread; on a machine that is busy otherwise it may wait for a processor many times as long as
   * it works, and its lane would pay for that.
   */
  private static LongSupplier threadClock() {
    ThreadMXBean threads = ManagementFactory.getThreadMXBean();
    return threads.isCurrentThreadCpuTimeSupported() && threads.isThreadCpuTimeEnabled()
        ? threads::getCurrentThreadCpuTime
        : System::nanoTime;
  }

  /** Makes the pool a node wants: one thread less than it has cores, at least one. */
  public static WorkerPool forThisMachine() {
    return forThisMachine(DEFAULT_INDEXING_SHARE);
  }

  /**
   * Makes the pool a node wants, with another share for documents than the default.
   *
   * @param indexingShare of the time of items, which documents get while queries wait; at least 0
   *     and less than 1
   */
  public static WorkerPool forThisMachine(double indexingShare) {
    return new WorkerPool(
        Math.max(1, Runtime.getRuntime().availableProcessors() - 1), indexingShare);
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
    private final Lane lane;
    private final Item item;

    /** What its caller waits for: its turn, or the end of what runs. */
    private final Condition changed;

    private int next;
    private int running;
    private boolean callerIsFree = true;
    private Throwable failure;

    Request(int count, Lane lane, Item item, Condition changed) {
      this.count = count;
      this.lane = lane;
      this.item = item;
      this.changed = changed;
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
   * An item that somebody has begun.
   *
   * @param counted whether the other lane waited then
   * @param taken for how long it is taken if it is counted
   */
  private record Claim(
      Request request,
      int index,
      boolean byCaller,
      long beganNanos,
      boolean counted,
      double taken) {}

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
    Request request = new Request(count, lane, item, lock.newCondition());
    enter(request);
    try {
      for (Claim claim = claim(request, deadline); claim != null; ) {
        run(claim);
        claim = claim(request, deadline);
      }
    } finally {
      // Also if a deadline throws when it is asked: others wait for the request's turn to end.
      leave(request);
    }
    rethrow(request.failure);
  }

  private void enter(Request request) throws OverloadedException {
    lock.lock();
    try {
      if (request.lane == Lane.QUERY && queries.size() >= WAITING_PER_SLOT * slots) {
        throw new OverloadedException(
            "the node is overloaded: "
                + queries.size()
                + " requests wait for its models; at most "
                + WAITING_PER_SLOT * slots
                + " may");
      }
      lane(request.lane).add(request);
      waitingItems += request.count;
      freeCallers++;
      chooseTurn();
    } finally {
      lock.unlock();
    }
  }

  private Deque<Request> lane(Lane lane) {
    return lane == Lane.QUERY ? queries : indexing;
  }

  /** Says whose turn it is, after whatever may change that, and wakes who may run now. */
  private void chooseTurn() {
    Request query = queries.peek();
    Request document = indexing.peek();
    if (query == null || document == null) {
      turn = query == null ? document : query;
    } else {
      turn = shares.next() == Lane.QUERY ? query : document;
    }
    if (turn == null) {
      helpersMayRun.signalAll();
    } else if (running < slots) {
      // Who of them comes first takes an item and chooses again.
      turn.changed.signal();
      helpersMayRun.signal();
    }
  }

  /** Waits for the caller's turn, and returns the item it has to run; null if none is left. */
  private Claim claim(Request request, Deadline deadline) {
    long nanos = deadline.isNever() ? Long.MAX_VALUE : POLL_NANOS;
    do {
      lock.lock();
      try {
        awaitTurn(request, nanos);
        if (isTurnOf(request)) {
          return take(request, true);
        }
        if (!request.hasNext()) {
          return null;
        }
      } finally {
        lock.unlock();
      }
      // Not with the lock held: how long an answer takes is up to whoever gave the deadline.
    } while (!deadline.isOver());
    return null;
  }

  private boolean isTurnOf(Request request) {
    return turn == request && running < slots;
  }

  private void awaitTurn(Request request, long nanos) {
    long left = nanos;
    try {
      while (request.hasNext() && !isTurnOf(request) && left > 0) {
        left = request.changed.awaitNanos(left);
      }
    } catch (InterruptedException e) {
      request.fail(new IOException("interrupted while a model ran", e));
      drop(request);
      Thread.currentThread().interrupt();
    }
  }

  private Claim take(Request request, boolean byCaller) {
    int index = request.next++;
    boolean counted = !lane(request.lane == Lane.QUERY ? Lane.INDEXING : Lane.QUERY).isEmpty();
    double taken = counted ? shares.begin(request.lane) : 0;
    request.running++;
    running++;
    waitingItems--;
    if (byCaller) {
      setCallerIsFree(request, false);
    } else {
      busyHelpers++;
    }
    if (!request.hasNext()) {
      remove(request);
    }
    chooseTurn();
    return new Claim(request, index, byCaller, nanoClock.getAsLong(), counted, taken);
  }

  private void setCallerIsFree(Request request, boolean isFree) {
    if (request.callerIsFree != isFree) {
      request.callerIsFree = isFree;
      freeCallers += isFree ? 1 : -1;
    }
  }

  /** Leaves out what is left of a request; the next one's turn comes. */
  private void drop(Request request) {
    if (request.hasNext()) {
      waitingItems -= request.count - request.next;
      request.next = request.count;
      remove(request);
      chooseTurn();
    }
  }

  private void remove(Request request) {
    lane(request.lane).remove(request);
    setCallerIsFree(request, false);
    request.changed.signal();
  }

  private void run(Claim claim) {
    Request request = claim.request();
    boolean goOn = false;
    Throwable failure = null;
    try {
      addHelpers();
      goOn = request.item.run(claim.index());
    } catch (IOException | RuntimeException | Error e) {
      failure = e;
    }
    lock.lock();
    try {
      if (failure != null) {
        request.fail(failure);
      }
      if (!goOn) {
        drop(request);
      }
      end(claim);
    } finally {
      lock.unlock();
    }
  }

  private void end(Claim claim) {
    Request request = claim.request();
    long nanos = nanoClock.getAsLong() - claim.beganNanos();
    if (claim.counted()) {
      shares.endCounted(request.lane, claim.taken(), nanos);
    } else {
      shares.endUncounted(request.lane, nanos);
    }
    request.running--;
    running--;
    if (!claim.byCaller()) {
      busyHelpers--;
    } else if (request.hasNext()) {
      setCallerIsFree(request, true);
    }
    if (request.running == 0) {
      request.changed.signal();
    }
    chooseTurn();
  }

  /** Sees to it that each item that waits has a thread, its request's caller or a helper. */
  private void addHelpers() {
    lock.lock();
    try {
      int missing = waitingItems - freeCallers - (helpers - busyHelpers);
      for (; missing > 0 && helpers < threads && !closed; missing--) {
        workers.execute(this::help);
        helpers++;
      }
    } finally {
      lock.unlock();
    }
  }

  /** Runs items of whatever request is first, one after another, until none is left. */
  private void help() {
    for (Claim claim = claimAny(); claim != null; claim = claimAny()) {
      run(claim);
      // What an item left: the pool's threads are interrupted by nobody else.
      Thread.interrupted();
    }
  }

  /** Waits for an item that may run; null if the helper may end. */
  private Claim claimAny() {
    lock.lock();
    try {
      while (turn != null && running >= slots && !closed) {
        helpersMayRun.awaitUninterruptibly();
      }
      if (turn == null || closed) {
        helpers--;
        return null;
      }
      return take(turn, false);
    } finally {
      lock.unlock();
    }
  }

  /** A helper may be in the middle of an item, whose result is still to come. */
  private void leave(Request request) {
    boolean interrupted = false;
    lock.lock();
    try {
      drop(request);
      while (request.running > 0) {
        try {
          request.changed.await();
        } catch (InterruptedException e) {
          interrupted = true;
          request.fail(new IOException("interrupted while a model ran", e));
        }
      }
    } finally {
      lock.unlock();
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
   * Calls an action at a deadline, unless it is cancelled before; null if there is no time limit,
   * or the pool is closed.
   */
  ScheduledFuture<?> at(Deadline deadline, Runnable action) {
    if (!deadline.isLimited()) {
      return null;
    }
    long wait = Math.max(0, deadline.nanoTime() - System.nanoTime());
    lock.lock();
    try {
      return closed ? null : watch.schedule(action, wait, TimeUnit.NANOSECONDS);
    } finally {
      lock.unlock();
    }
  }

  /** Leaves what is under way to its callers, and their deadlines as they are. */
  @Override
  public void close() {
    lock.lock();
    try {
      closed = true;
      helpersMayRun.signalAll();
    } finally {
      lock.unlock();
    }
    workers.shutdown();
    watch.shutdown();
  }
}
