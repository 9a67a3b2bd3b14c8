package org.solrelectra.lucene.encoder;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class WorkerPoolTest {

  @Test
  void everyItemRunsOnceOnSeveralThreads() throws IOException {
    // One helper: the two items that wait for each other need it and the caller.
    try (WorkerPool pool = new WorkerPool(1)) {
      AtomicIntegerArray runs = new AtomicIntegerArray(500);
      Set<Thread> threads = ConcurrentHashMap.newKeySet();
      CountDownLatch two = new CountDownLatch(2);
      pool.forEach(
          runs.length(),
          Lane.QUERY,
          Deadline.NONE,
          index -> {
            runs.incrementAndGet(index);
            threads.add(Thread.currentThread());
            if (index < 2) {
              two.countDown();
              await(two);
            }
            return true;
          });
      for (int i = 0; i < runs.length(); i++) {
        assertEquals(1, runs.get(i));
      }
      assertEquals(2, threads.size());
      assertTrue(threads.contains(Thread.currentThread()), "the caller works too");
    }
  }

  private static void await(CountDownLatch latch) {
    if (!await(latch, 20)) {
      throw new IllegalStateException("no second thread came");
    }
  }

  /** What a helper uses is closed when the caller is back. */
  @Test
  void anInterruptedCallerWaitsForItsHelpers() throws InterruptedException {
    try (WorkerPool pool = new WorkerPool(1)) {
      CountDownLatch both = new CountDownLatch(2);
      CountDownLatch end = new CountDownLatch(1);
      AtomicInteger ended = new AtomicInteger();
      AtomicReference<Object> outcome = new AtomicReference<>();
      Thread[] caller = new Thread[1];
      caller[0] =
          new Thread(
              () -> {
                try {
                  pool.forEach(
                      100,
                      Lane.QUERY,
                      Deadline.NONE,
                      index -> {
                        both.countDown();
                        await(both);
                        if (Thread.currentThread() != caller[0]) {
                          await(end);
                        }
                        ended.incrementAndGet();
                        return Thread.currentThread() != caller[0];
                      });
                } catch (IOException e) {
                  outcome.set(e.getMessage() + ", " + Thread.currentThread().isInterrupted());
                }
              });
      caller[0].start();
      await(both);
      while (caller[0].getState() != Thread.State.WAITING) {
        Thread.onSpinWait();
      }
      caller[0].interrupt();
      caller[0].join(200);
      assertTrue(caller[0].isAlive(), "a helper is in the middle of an item");
      end.countDown();
      caller[0].join();
      assertEquals("interrupted while a model ran, true", outcome.get());
      assertEquals(2, ended.get(), "no item was begun after the interrupt");
    }
  }

  @Test
  void aFailureEndsTheRequestAndReachesTheCaller() {
    try (WorkerPool pool = new WorkerPool(2)) {
      IOException failure = new IOException("broken");
      AtomicInteger runs = new AtomicInteger();
      IOException thrown =
          assertThrows(
              IOException.class,
              () ->
                  pool.forEach(
                      10_000,
                      Lane.QUERY,
                      Deadline.NONE,
                      index -> {
                        runs.incrementAndGet();
                        if (index == 5) {
                          throw failure;
                        }
                        return true;
                      }));
      assertSame(failure, thrown);
      assertTrue(runs.get() < 10_000);
    }
  }

  @Test
  void anItemCanEndTheRequest() throws IOException {
    try (WorkerPool pool = new WorkerPool(0)) {
      AtomicInteger runs = new AtomicInteger();
      pool.forEach(100, Lane.QUERY, Deadline.NONE, index -> runs.incrementAndGet() < 7);
      assertEquals(7, runs.get());
    }
  }

  @Test
  void aClosedPoolLeavesTheWorkToTheCaller() throws IOException {
    WorkerPool pool = new WorkerPool(2);
    pool.close();
    AtomicInteger runs = new AtomicInteger();
    pool.forEach(20, Lane.QUERY, Deadline.NONE, index -> runs.incrementAndGet() > 0);
    assertEquals(20, runs.get());
  }

  /** Holds a request in the middle of its first item, on a pool that runs one at a time. */
  private static final class Busy {
    private final CountDownLatch begun = new CountDownLatch(1);
    private final CountDownLatch release = new CountDownLatch(1);
    private final Thread caller;

    Busy(WorkerPool pool, Lane lane, int items, Runnable item) {
      caller =
          start(
              () ->
                  pool.forEach(
                      items,
                      lane,
                      Deadline.NONE,
                      index -> {
                        item.run();
                        begun.countDown();
                        await(release);
                        return true;
                      }));
      await(begun);
    }

    void end() throws InterruptedException {
      release.countDown();
      caller.join();
    }
  }

  private interface Call {
    void run() throws IOException;
  }

  private static Thread start(Call call) {
    Thread thread =
        new Thread(
            () -> {
              try {
                call.run();
              } catch (IOException e) {
                throw new IllegalStateException(e);
              }
            });
    thread.start();
    return thread;
  }

  private static void awaitWaiting(Thread thread) {
    while (thread.getState() != Thread.State.WAITING
        && thread.getState() != Thread.State.TIMED_WAITING) {
      Thread.onSpinWait();
    }
  }

  @Test
  void requestsAreServedInTheOrderTheyCame() throws InterruptedException, IOException {
    List<String> order = Collections.synchronizedList(new ArrayList<>());
    try (WorkerPool pool = new WorkerPool(0)) {
      List<Thread> callers = new ArrayList<>();
      Busy busy = new Busy(pool, Lane.QUERY, 2, () -> order.add("first"));
      for (String name : List.of("second", "third")) {
        callers.add(
            start(
                () ->
                    pool.forEach(3, Lane.QUERY, Deadline.NONE, index -> order.add(name + index))));
        awaitWaiting(callers.get(callers.size() - 1));
      }
      busy.end();
      for (Thread caller : callers) {
        caller.join();
      }
      assertEquals(
          List.of("first", "first", "second0", "second1", "second2", "third0", "third1", "third2"),
          order);
    }
  }

  @Test
  void aQueryComesBetweenTheDocumentsOfARequest() throws InterruptedException, IOException {
    List<String> order = Collections.synchronizedList(new ArrayList<>());
    try (WorkerPool pool = new WorkerPool(0)) {
      Thread query;
      Busy busy = new Busy(pool, Lane.INDEXING, 3, () -> order.add("document"));
      query = start(() -> pool.forEach(2, Lane.QUERY, Deadline.NONE, index -> order.add("query")));
      awaitWaiting(query);
      busy.end();
      query.join();
      assertEquals(List.of("document", "query", "query", "document", "document"), order);
    }
  }

  /**
   * Has queries and documents wait for one slot until items have taken a second of a clock that
   * only they move, and returns how many milliseconds of it each lane got.
   */
  private static long[] served(double indexingShare, int queryMillis, int documentMillis)
      throws InterruptedException {
    AtomicLong nanoTime = new AtomicLong();
    long[] served = new long[2];
    try (WorkerPool pool = new WorkerPool(0, indexingShare, nanoTime::get)) {
      Busy busy = new Busy(pool, Lane.QUERY, 1, () -> {});
      List<Thread> callers = new ArrayList<>();
      for (Lane lane : Lane.values()) {
        int millis = lane == Lane.QUERY ? queryMillis : documentMillis;
        for (int i = 0; i < 2; i++) {
          callers.add(
              start(
                  () ->
                      pool.forEach(
                          1_000_000,
                          lane,
                          Deadline.NONE,
                          index -> {
                            boolean goOn = nanoTime.get() < 1_000_000_000;
                            if (goOn) {
                              served[lane.ordinal()] += millis;
                              nanoTime.addAndGet(millis * 1_000_000L);
                            }
                            return goOn;
                          })));
          awaitWaiting(callers.get(callers.size() - 1));
        }
      }
      busy.end();
      for (Thread caller : callers) {
        caller.join();
      }
    }
    return served;
  }

  /** However long the items of the one and of the other take. */
  @Test
  void documentsGetTheirShareBetweenQueriesThatNeverEndAndQueriesTheRest()
      throws InterruptedException {
    assertArrayEquals(new long[] {900, 100}, served(0.1, 1, 1));
    assertArrayEquals(new long[] {900, 100}, served(0.1, 5, 1));
    assertArrayEquals(new long[] {900, 100}, served(0.1, 1, 10));
    assertArrayEquals(new long[] {750, 250}, served(0.25, 1, 5));
    assertArrayEquals(new long[] {1000, 0}, served(0, 1, 1));
  }

  /** Two callers that ask again and again leave no moment in which no query waits. */
  @Test
  void documentsGetThroughBetweenQueriesThatNeverEnd() throws InterruptedException, IOException {
    try (WorkerPool pool = new WorkerPool(0)) {
      AtomicBoolean indexed = new AtomicBoolean();
      List<Thread> callers = new ArrayList<>();
      for (int i = 0; i < 2; i++) {
        callers.add(
            start(
                () -> {
                  while (!indexed.get()) {
                    pool.forEach(100_000, Lane.QUERY, Deadline.NONE, index -> !indexed.get());
                  }
                }));
      }
      pool.forEach(1, Lane.INDEXING, Deadline.NONE, index -> true);
      indexed.set(true);
      for (Thread caller : callers) {
        caller.join();
      }
    }
  }

  /** Returns how many items ran at once when as many had begun as there are slots. */
  private static int usedSlots(int requests, int items, Set<String> threads)
      throws InterruptedException {
    try (WorkerPool pool = new WorkerPool(16)) {
      int expected = Math.min(17, requests * items);
      CountDownLatch all = new CountDownLatch(expected);
      AtomicInteger running = new AtomicInteger();
      AtomicInteger most = new AtomicInteger();
      List<Thread> callers = new ArrayList<>();
      for (int i = 0; i < requests; i++) {
        callers.add(
            start(
                () ->
                    pool.forEach(
                        items,
                        Lane.QUERY,
                        Deadline.NONE,
                        index -> {
                          most.accumulateAndGet(running.incrementAndGet(), Math::max);
                          threads.add(Thread.currentThread().getName());
                          all.countDown();
                          boolean began = await(all, 5);
                          running.decrementAndGet();
                          return began;
                        })));
      }
      for (Thread caller : callers) {
        caller.join();
      }
      return most.get();
    }
  }

  private static boolean await(CountDownLatch latch, int seconds) {
    try {
      return latch.await(seconds, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  /** One request's count alone does not say how many helpers there is work for. */
  @Test
  void smallRequestsUseAllSlotsTogether() throws InterruptedException {
    Set<String> threads = ConcurrentHashMap.newKeySet();
    assertEquals(17, usedSlots(4, 5, threads));
    assertEquals(17, usedSlots(8, 3, threads));
    assertEquals(10, usedSlots(5, 2, threads));
    assertEquals(17, usedSlots(1, 40, threads));
  }

  @Test
  void requestsOfOneItemNeedNoHelpers() throws InterruptedException {
    Set<String> threads = ConcurrentHashMap.newKeySet();
    assertEquals(17, usedSlots(20, 1, threads));
    assertFalse(
        threads.stream().anyMatch(name -> name.startsWith("solr-electra")), threads.toString());
  }

  /** Nobody would serve the requests behind it if it stayed first. */
  @Test
  void aDeadlineThatThrowsLeavesItsPlace() throws InterruptedException, IOException {
    try (WorkerPool pool = new WorkerPool(0)) {
      Busy busy = new Busy(pool, Lane.QUERY, 1, () -> {});
      IllegalStateException failure = new IllegalStateException("who knows");
      Deadline broken =
          Deadline.NONE.cancelledBy(
              () -> {
                throw failure;
              });
      assertSame(
          failure,
          assertThrows(
              IllegalStateException.class,
              () -> pool.forEach(3, Lane.QUERY, broken, index -> true)));
      busy.end();
      AtomicInteger runs = new AtomicInteger();
      pool.forEach(2, Lane.QUERY, Deadline.NONE, index -> runs.incrementAndGet() > 0);
      assertEquals(2, runs.get());
    }
  }

  /** A helper that took it for a wish to end it would be missing from then on. */
  @Test
  void anItemMayLeaveItsThreadInterrupted() throws InterruptedException, IOException {
    try (WorkerPool pool = new WorkerPool(1)) {
      Thread caller = Thread.currentThread();
      for (int round = 0; round < 3; round++) {
        CountDownLatch two = new CountDownLatch(2);
        AtomicInteger runs = new AtomicInteger();
        pool.forEach(
            20,
            Lane.QUERY,
            Deadline.NONE,
            index -> {
              two.countDown();
              await(two);
              if (Thread.currentThread() != caller) {
                Thread.currentThread().interrupt();
              }
              return runs.incrementAndGet() > 0;
            });
        assertEquals(20, runs.get());
      }
    }
  }

  @Test
  void aClosedPoolSetsNoAlarmAndKeepsThoseItHas() throws InterruptedException, ExecutionException {
    WorkerPool pool = new WorkerPool(0);
    CountDownLatch alarm = new CountDownLatch(1);
    ScheduledFuture<?> before = pool.at(Deadline.afterMillis(50), alarm::countDown);
    pool.close();
    assertNull(pool.at(Deadline.afterMillis(0), alarm::countDown));
    before.get();
    assertEquals(0, alarm.getCount());
  }

  @Test
  void noMoreItemsRunAtOnceThanThereAreThreadsAndOne() throws InterruptedException, IOException {
    try (WorkerPool pool = new WorkerPool(2)) {
      AtomicInteger running = new AtomicInteger();
      AtomicInteger most = new AtomicInteger();
      AtomicInteger done = new AtomicInteger();
      List<Thread> callers = new ArrayList<>();
      for (int i = 0; i < 20; i++) {
        Lane lane = i % 2 == 0 ? Lane.QUERY : Lane.INDEXING;
        callers.add(
            start(
                () ->
                    pool.forEach(
                        50,
                        lane,
                        Deadline.NONE,
                        index -> {
                          most.accumulateAndGet(running.incrementAndGet(), Math::max);
                          for (int spin = 0; spin < 1000; spin++) {
                            Thread.onSpinWait();
                          }
                          running.decrementAndGet();
                          return done.incrementAndGet() > 0;
                        })));
      }
      for (Thread caller : callers) {
        caller.join();
      }
      assertEquals(20 * 50, done.get());
      assertTrue(most.get() <= 3, "at once: " + most);
    }
  }

  @Test
  void aQueryThatWouldWaitTooLongIsRefusedAndDocumentsAreNot()
      throws InterruptedException, IOException {
    try (WorkerPool pool = new WorkerPool(0)) {
      AtomicInteger done = new AtomicInteger();
      List<Thread> callers = new ArrayList<>();
      Busy busy = new Busy(pool, Lane.QUERY, 1, () -> {});
      for (int i = 0; i < 32; i++) {
        Lane lane = i < 16 ? Lane.QUERY : Lane.INDEXING;
        callers.add(
            start(() -> pool.forEach(1, lane, Deadline.NONE, index -> done.incrementAndGet() > 0)));
        awaitWaiting(callers.get(i));
      }
      OverloadedException refusal =
          assertThrows(
              OverloadedException.class,
              () -> pool.forEach(1, Lane.QUERY, Deadline.NONE, index -> true));
      assertEquals(
          "the node is overloaded: 16 requests wait for its models; at most 16 may",
          refusal.getMessage());
      busy.end();
      for (Thread caller : callers) {
        caller.join();
      }
      assertEquals(32, done.get());
    }
  }

  @Test
  void aRequestThatWaitsEndsAtItsDeadline() throws InterruptedException, IOException {
    try (WorkerPool pool = new WorkerPool(0)) {
      Busy busy = new Busy(pool, Lane.QUERY, 1, () -> {});
      AtomicInteger runs = new AtomicInteger();
      pool.forEach(3, Lane.QUERY, Deadline.afterMillis(20), index -> runs.incrementAndGet() > 0);
      AtomicInteger asked = new AtomicInteger();
      Deadline cancelled = Deadline.NONE.cancelledBy(() -> asked.incrementAndGet() > 2);
      pool.forEach(3, Lane.QUERY, cancelled, index -> runs.incrementAndGet() > 0);
      assertEquals(0, runs.get());
      busy.end();
    }
  }

  @Test
  void aRequestThatWaitsCanBeInterrupted() throws InterruptedException, IOException {
    try (WorkerPool pool = new WorkerPool(0)) {
      Busy busy = new Busy(pool, Lane.QUERY, 1, () -> {});
      AtomicReference<Object> outcome = new AtomicReference<>();
      Thread caller =
          start(
              () -> {
                IOException thrown =
                    assertThrows(
                        IOException.class,
                        () -> pool.forEach(3, Lane.QUERY, Deadline.NONE, index -> true));
                outcome.set(thrown.getMessage() + ", " + Thread.currentThread().isInterrupted());
              });
      awaitWaiting(caller);
      caller.interrupt();
      caller.join();
      assertEquals("interrupted while a model ran, true", outcome.get());
      busy.end();
    }
  }

  @Test
  void aNegativeNumberOfThreadsIsRefused() {
    assertThrows(IllegalArgumentException.class, () -> new WorkerPool(-1));
  }
}
