package org.solrelectra.lucene.encoder;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
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
    try {
      if (!latch.await(20, TimeUnit.SECONDS)) {
        throw new IllegalStateException("no second thread came");
      }
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
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
      pool.forEach(100, index -> runs.incrementAndGet() < 7);
      assertEquals(7, runs.get());
    }
  }

  @Test
  void aClosedPoolLeavesTheWorkToTheCaller() throws IOException {
    WorkerPool pool = new WorkerPool(2);
    pool.close();
    AtomicInteger runs = new AtomicInteger();
    pool.forEach(20, index -> runs.incrementAndGet() > 0);
    assertEquals(20, runs.get());
  }

  @Test
  void aFullQueueSlowsNoRequestDownToNothing() throws Exception {
    try (WorkerPool pool = new WorkerPool(1)) {
      CountDownLatch release = new CountDownLatch(1);
      Thread[] callers = new Thread[100];
      AtomicInteger done = new AtomicInteger();
      for (int i = 0; i < callers.length; i++) {
        callers[i] =
            new Thread(
                () -> {
                  try {
                    pool.forEach(
                        2,
                        index -> {
                          await(release);
                          return true;
                        });
                    done.incrementAndGet();
                  } catch (IOException e) {
                    throw new IllegalStateException(e);
                  }
                });
        callers[i].start();
      }
      release.countDown();
      for (Thread caller : callers) {
        caller.join();
      }
      assertEquals(callers.length, done.get());
    }
  }

  @Test
  void aNegativeNumberOfThreadsIsRefused() {
    assertThrows(IllegalArgumentException.class, () -> new WorkerPool(-1));
  }
}
