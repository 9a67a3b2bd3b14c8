package org.solrelectra.config;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.LongStream;
import org.solrelectra.config.HelpDesk.Search;
import org.solrelectra.config.LatencyReport.Load;

/**
 * Asks a core questions over HTTP: as many as it can answer, then, as users do, at times that do
 * not depend on how soon it answers. Client and server share the machine. One thread.
 */
final class LatencyBenchmark implements AutoCloseable {
  private static final int ROWS = 10;
  private static final List<Integer> PERCENTS = List.of(50, 80);
  private static final int QUESTIONS_ALONE = 100;
  private static final int LONGEST_WINDOW_SECONDS = 5;
  private static final int MOST_WINDOWS = 12;
  private static final double STEADY = 0.05;

  private final HelpDesk desk;
  private final MixedQuestions questions;
  private final int clients = Runtime.getRuntime().availableProcessors();
  // Grows with the questions that wait: a bounded one would make arrivals wait for answers.
  private final ExecutorService threads = Executors.newCachedThreadPool();

  LatencyBenchmark(HelpDesk desk, MixedQuestions questions) {
    this.desk = desk;
    this.questions = questions;
  }

  /**
   * Measures, and returns when it is done.
   *
   * @param seconds of each load
   */
  LatencyReport run(int seconds) throws IOException, InterruptedException {
    List<Double> windows = windows(Math.min(seconds, LONGEST_WINDOW_SECONDS));
    double capacity = LatencyReport.capacity(windows);
    List<Load> loads = new ArrayList<>();
    HelpDesk.KeptScores before = desk.keptScores();
    for (int percent : PERCENTS) {
      loads.add(load(percent, capacity * percent / 100, seconds));
    }
    HelpDesk.KeptScores after = desk.keptScores();
    long kept = after.hits() - before.hits();
    Alone alone = alone();
    return new LatencyReport(
        seconds,
        clients,
        windows,
        loads,
        kept,
        kept + after.misses() - before.misses(),
        alone.reRanked(),
        alone.again(),
        alone.firstStage());
  }

  /** Returns how many questions a second were answered, in one stretch after the other. */
  private List<Double> windows(int seconds) throws IOException, InterruptedException {
    List<Double> windows = new ArrayList<>();
    do {
      windows.add(throughput(seconds));
    } while (windows.size() < MOST_WINDOWS && !isSteady(windows));
    return windows;
  }

  /** Says whether the last two differ little: what is compiled is compiled. */
  static boolean isSteady(List<Double> windows) {
    int last = windows.size() - 1;
    return last > 0
        && Math.abs(windows.get(last) - windows.get(last - 1)) <= STEADY * windows.get(last - 1);
  }

  private double throughput(int seconds) throws IOException, InterruptedException {
    long start = System.nanoTime();
    long end = start + TimeUnit.SECONDS.toNanos(seconds);
    List<Future<Integer>> counts = new ArrayList<>();
    for (int i = 0; i < clients; i++) {
      counts.add(
          threads.submit(
              () -> {
                int count = 0;
                while (System.nanoTime() - end < 0) {
                  ask(Search.RERANKED, questions.next());
                  count++;
                }
                return count;
              }));
    }
    int answered = 0;
    for (Future<Integer> count : counts) {
      answered += result(count);
    }
    return answered * 1e9 / (System.nanoTime() - start);
  }

  private Load load(int percent, double perSecond, int seconds)
      throws IOException, InterruptedException {
    long[] arrivals = PoissonArrivals.nanos(perSecond, seconds, percent);
    List<Future<Long>> answers = new ArrayList<>();
    long start = System.nanoTime();
    for (long arrival : arrivals) {
      long due = start + arrival;
      String question = questions.next();
      Callable<Long> asked =
          () -> {
            ask(Search.RERANKED, question);
            return System.nanoTime() - due;
          };
      for (long left = due - System.nanoTime(); left > 0; left = due - System.nanoTime()) {
        LockSupport.parkNanos(left);
      }
      answers.add(threads.submit(asked));
    }
    LongStream.Builder nanos = LongStream.builder();
    int errors = 0;
    String error = null;
    for (Future<Long> answer : answers) {
      try {
        nanos.add(result(answer));
      } catch (IOException e) {
        errors++;
        error = error == null ? e.getMessage() : error;
      }
    }
    return Load.of(percent, perSecond, nanos.build().toArray(), errors, error);
  }

  /** What one client waits for when there is no other. */
  private record Alone(Latencies reRanked, Latencies again, Latencies firstStage) {}

  private Alone alone() throws IOException {
    long[] reRanked = new long[QUESTIONS_ALONE];
    long[] again = new long[QUESTIONS_ALONE];
    long[] firstStage = new long[QUESTIONS_ALONE];
    for (int i = 0; i < QUESTIONS_ALONE; i++) {
      String question = questions.next();
      reRanked[i] = ask(Search.RERANKED, question);
      again[i] = ask(Search.RERANKED, question);
      firstStage[i] = ask(Search.FIRST_STAGE, question);
    }
    return new Alone(new Latencies(reRanked), new Latencies(again), new Latencies(firstStage));
  }

  /** Returns how many nanoseconds the answer took. */
  private long ask(Search search, String question) throws IOException {
    long start = System.nanoTime();
    desk.search(search, question, ROWS);
    return System.nanoTime() - start;
  }

  private static <T> T result(Future<T> future) throws IOException, InterruptedException {
    try {
      return future.get();
    } catch (ExecutionException e) {
      if (e.getCause() instanceof IOException io) {
        throw io;
      }
      throw new IllegalStateException(e.getCause());
    }
  }

  @Override
  public void close() {
    threads.shutdownNow();
  }
}
