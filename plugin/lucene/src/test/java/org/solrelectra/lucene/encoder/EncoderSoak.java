package org.solrelectra.lucene.encoder;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.solrelectra.lucene.SoakProcess;
import org.solrelectra.lucene.model.ModelDirectory;

/** What {@link EncoderSoakIT} has done in a process of its own. */
final class EncoderSoak {
  private static final int CALLERS = 2;
  private static final int LARGEST_BATCH = 6;
  private static final int CALLS_PER_SWAP = 5;
  private static final int PATIENCE_SECONDS = 60;

  private EncoderSoak() {}

  /** The kinds of work. */
  enum Work {
    /** Two callers run batches of mixed lengths; every third call has too little time. */
    RUN,
    /** One model after the other takes the place of the one that a caller uses. */
    SWAP
  }

  /** Takes the work, the model's directory, and how often to do it. */
  public static void main(String[] args)
      throws IOException, InterruptedException, ExecutionException {
    ModelDirectory model = ModelDirectory.open(Path.of(args[1]));
    int steps = Integer.parseInt(args[2]);
    ExecutorService callers = Executors.newFixedThreadPool(CALLERS);
    try (WorkerPool pool = new WorkerPool(1)) {
      switch (Work.valueOf(args[0])) {
        case RUN -> run(model, pool, callers, steps);
        case SWAP -> swap(model, pool, callers, steps);
      }
    } finally {
      callers.shutdownNow();
    }
  }

  private static void run(ModelDirectory model, WorkerPool pool, ExecutorService callers, int steps)
      throws IOException, InterruptedException, ExecutionException {
    AtomicInteger next = new AtomicInteger();
    AtomicInteger cut = new AtomicInteger();
    try (OnnxEncoder encoder = OnnxEncoder.open(model, pool)) {
      List<Future<?>> ends = new ArrayList<>();
      for (int i = 0; i < CALLERS; i++) {
        Caller caller = new Caller(model, i);
        ends.add(
            callers.submit(
                () -> {
                  for (int step = next.incrementAndGet();
                      step <= steps;
                      step = next.incrementAndGet()) {
                    cut.addAndGet(caller.call(encoder) ? 0 : 1);
                    SoakProcess.step(step, steps);
                  }
                  return null;
                }));
      }
      for (Future<?> end : ends) {
        end.get();
      }
    }
    if (cut.get() == 0) {
      throw new IllegalStateException("no call of " + steps + " met its deadline");
    }
  }

  private static void swap(
      ModelDirectory model, WorkerPool pool, ExecutorService callers, int steps)
      throws IOException, InterruptedException, ExecutionException {
    AtomicReference<OnnxEncoder> current = new AtomicReference<>(OnnxEncoder.open(model, pool));
    AtomicBoolean isOver = new AtomicBoolean();
    Semaphore calls = new Semaphore(0);
    Caller caller = new Caller(model, 0);
    Future<?> end =
        callers.submit(
            () -> {
              while (!isOver.get()) {
                OnnxEncoder encoder = current.get();
                try {
                  caller.call(encoder);
                  calls.release();
                } catch (IllegalStateException e) {
                  // Closed after it was taken and before it was called, which is its right.
                  if (encoder == current.get()) {
                    throw e;
                  }
                }
              }
              return null;
            });
    for (int step = 1; step <= steps; step++) {
      calls.drainPermits();
      if (!calls.tryAcquire(CALLS_PER_SWAP, PATIENCE_SECONDS, TimeUnit.SECONDS)) {
        break;
      }
      current.getAndSet(OnnxEncoder.open(model, pool)).close();
      SoakProcess.step(step, steps);
    }
    isOver.set(true);
    end.get();
    current.get().close();
  }

  /** Calls an encoder with batches of mixed lengths. One thread. */
  private static final class Caller {
    private final Random random;
    private final int longest;
    private final int vocabulary;
    private int calls;
    private long lastNanos;

    Caller(ModelDirectory model, int seed) {
      this.random = new Random(seed);
      this.longest = model.maxLength();
      this.vocabulary = model.vocabulary().size();
    }

    /** Returns whether there was time for the whole batch. */
    boolean call(OnnxEncoder encoder) throws IOException {
      List<TokenSequence> sequences = new ArrayList<>();
      for (int i = 1 + random.nextInt(LARGEST_BATCH); i > 0; i--) {
        int length = 2 + random.nextInt(longest - 1);
        sequences.add(
            new TokenSequence(random.ints(length, 0, vocabulary).toArray(), new int[length]));
      }
      long start = System.nanoTime();
      // Some come before the first sequence has begun, most while one runs.
      Deadline deadline =
          ++calls % 3 == 0
              ? new Deadline(true, start + (long) (random.nextDouble() * lastNanos), () -> false)
              : Deadline.NONE;
      boolean isComplete =
          encoder.encode(new TokenBatch(sequences, 0), deadline, Lane.QUERY).isComplete();
      if (deadline.isNever()) {
        lastNanos = System.nanoTime() - start;
      }
      return isComplete;
    }
  }
}
