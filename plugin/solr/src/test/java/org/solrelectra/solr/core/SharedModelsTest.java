package org.solrelectra.solr.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.LongSupplier;
import org.apache.solr.common.SolrException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.solrelectra.lucene.encoder.Deadline;
import org.solrelectra.lucene.encoder.Encoder;
import org.solrelectra.lucene.encoder.EncoderOutput;
import org.solrelectra.lucene.encoder.Lane;
import org.solrelectra.lucene.encoder.TokenBatch;
import org.solrelectra.lucene.model.ModelDirectory;
import org.solrelectra.solr.FixtureModels;

/** Models that take long to open, or for ever. */
@Timeout(60)
class SharedModelsTest {
  private static final Duration LONG = Duration.ofMinutes(1);
  private static final Duration SHORT = Duration.ofMillis(50);
  private static final String STUCK = "stuck";

  @TempDir private Path root;

  /** Lets {@link #STUCK} open. */
  private final CountDownLatch answer = new CountDownLatch(1);

  private final CountDownLatch asked = new CountDownLatch(1);
  private final AtomicLong nanoTime = new AtomicLong();
  private final AtomicInteger openings = new AtomicInteger();
  private final AtomicReference<FakeEncoder> last = new AtomicReference<>();
  private ModelDirectory directory;

  @BeforeEach
  void openDirectory() throws IOException {
    FixtureModels.write(root);
    directory = ModelDirectory.open(root.resolve("topics"));
  }

  @AfterEach
  void letAllEnd() {
    answer.countDown();
  }

  private static final class FakeEncoder implements Encoder {
    private final ModelDirectory directory;
    private final IOException failure;
    private final CountDownLatch closed = new CountDownLatch(1);

    FakeEncoder(ModelDirectory directory, IOException failure) {
      this.directory = directory;
      this.failure = failure;
    }

    @Override
    public ModelDirectory model() {
      return directory;
    }

    @Override
    public EncoderOutput encode(TokenBatch batch, Deadline deadline, Lane lane) {
      return new EncoderOutput(new float[0][][]);
    }

    @Override
    public void close() throws IOException {
      closed.countDown();
      if (failure != null) {
        throw failure;
      }
    }
  }

  private Encoder open(String name) {
    openings.incrementAndGet();
    if (name.startsWith(STUCK)) {
      asked.countDown();
      // As native code and a file system that does not answer: not to be interrupted.
      boolean answered = false;
      while (!answered) {
        try {
          answer.await();
          answered = true;
        } catch (InterruptedException e) {
          // Goes on waiting.
        }
      }
    }
    last.set(new FakeEncoder(directory, null));
    return last.get();
  }

  private SharedModels models(Duration timeout) {
    return new SharedModels(this::open, timeout, nanoTime::get);
  }

  /** Another core's thread that wants a model. */
  private static final class Core {
    private final AtomicReference<Object> outcome = new AtomicReference<>();
    private final Thread thread;

    Core(SharedModels models, String model) {
      thread =
          new Thread(
              () -> {
                try {
                  outcome.set(models.acquire(model));
                } catch (SolrException e) {
                  outcome.set(e.getMessage() + ", " + Thread.currentThread().isInterrupted());
                }
              });
      thread.start();
    }

    Object outcome() throws InterruptedException {
      thread.join();
      return outcome.get();
    }
  }

  private static Map<String, Object> statistics(long opening, int stuck, Map<String, Long> models) {
    return Map.of("opening", opening, "stuck", stuck, "stuckModels", models);
  }

  private static String refusal(SharedModels models, String name) {
    return assertThrows(SolrException.class, () -> models.acquire(name)).getMessage();
  }

  private static void awaitUsers(SharedModels models, Map<String, Integer> users) {
    while (!models.users().equals(users)) {
      Thread.onSpinWait();
    }
  }

  private static void awaitNoneStuck(SharedModels models) {
    while (!models.openingStatistics().equals(statistics(0, 0, Map.of()))) {
      Thread.onSpinWait();
    }
  }

  @Test
  void otherModelsOpenWhileOneDoesNot() throws IOException, InterruptedException {
    try (SharedModels models = models(LONG)) {
      Core waiting = new Core(models, STUCK);
      asked.await();
      try (Encoder other = models.acquire("topics")) {
        assertSame(directory, other.model());
        assertEquals(Map.of(STUCK, 1, "topics", 1), models.users());
      }
      assertEquals(Map.of(STUCK, 1), models.users());
      assertEquals(statistics(1, 0, Map.of()), models.openingStatistics());
      answer.countDown();
      assertSame(directory, ((Encoder) waiting.outcome()).model());
    }
  }

  @Test
  void allWhoWantAModelWaitForOneOpening() throws IOException, InterruptedException {
    try (SharedModels models = models(LONG)) {
      List<Core> cores = new ArrayList<>();
      for (int i = 0; i < 5; i++) {
        cores.add(new Core(models, STUCK));
      }
      awaitUsers(models, Map.of(STUCK, 5));
      answer.countDown();
      for (Core core : cores) {
        ((Encoder) core.outcome()).close();
      }
      assertEquals(1, openings.get());
      assertEquals(Map.of(), models.users());
      assertEquals(0, last.get().closed.getCount());
    }
  }

  @Test
  void whoWaitsTooLongIsToldAndTheOpeningIsListed() throws IOException, InterruptedException {
    // A quarter of a minute passes each time that it is asked.
    LongSupplier clock = () -> nanoTime.getAndAdd(15_000_000_000L);
    try (SharedModels models = new SharedModels(this::open, SHORT, clock)) {
      assertEquals(
          "model 'stuck' takes too long to open; it may take 0 s (solr.electra.openTimeoutSeconds)"
              + " and has taken 15. Is its file system there?",
          refusal(models, STUCK));
      assertEquals(Map.of(), models.users());
      assertEquals(statistics(0, 1, Map.of(STUCK, 30L)), models.openingStatistics());
      // Nobody wants what it opens after all.
      answer.countDown();
      awaitNoneStuck(models);
      last.get().closed.await();
      // A file system that answers again.
      models.acquire(STUCK).close();
      assertEquals(2, openings.get());
    }
  }

  @Test
  void whoWaitsCanBeInterrupted() throws IOException, InterruptedException {
    try (SharedModels models = models(LONG)) {
      Core impatient = new Core(models, STUCK);
      Core patient = new Core(models, STUCK);
      awaitUsers(models, Map.of(STUCK, 2));
      impatient.thread.interrupt();
      assertEquals("interrupted while model 'stuck' was opened, true", impatient.outcome());
      awaitUsers(models, Map.of(STUCK, 1));
      answer.countDown();
      assertSame(directory, ((Encoder) patient.outcome()).model());
    }
  }

  @Test
  void aNodeStopsWhileAModelDoesNotOpen() throws IOException, InterruptedException {
    SharedModels models = models(LONG);
    Core waiting = new Core(models, STUCK);
    asked.await();
    models.close();
    assertEquals("model 'stuck' is not opened: the node stops, false", waiting.outcome());
    assertEquals(statistics(0, 1, Map.of(STUCK, 0L)), models.openingStatistics());
    assertEquals("model 'topics' is not opened: the node stops", refusal(models, "topics"));
    answer.countDown();
    awaitNoneStuck(models);
    last.get().closed.await();
  }

  @Test
  void openingsThatDoNotEndAreNotAsManyAsThereAreAttempts() throws IOException {
    try (SharedModels models = models(Duration.ofMillis(1))) {
      for (int i = 0; i < SharedModels.MOST_STUCK; i++) {
        refusal(models, STUCK + i / SharedModels.MOST_STUCK_OF_A_MODEL);
      }
      assertEquals(
          "model 'stuck8' is not opened: 16 openings have not ended; at most 16 may. Restart the"
              + " node; seconds since they began: {stuck0=0, stuck1=0, stuck2=0, stuck3=0,"
              + " stuck4=0, stuck5=0, stuck6=0, stuck7=0}",
          refusal(models, "stuck8"));
      assertEquals(16, openings.get());
    }
  }

  /** However often a client has a core made that wants it. */
  @Test
  void aModelThatDoesNotOpenLeavesRoomForOthers() throws IOException {
    try (SharedModels models = models(Duration.ofMillis(500))) {
      for (int i = 0; i < 5; i++) {
        refusal(models, STUCK);
      }
      assertEquals(
          "model 'stuck' is not opened: 2 openings of it have not ended. Is its file system there?"
              + " Seconds since they began: 0",
          refusal(models, STUCK));
      assertEquals(2, openings.get());
      models.acquire("topics").close();
    }
  }

  @Test
  void aFailureNamesTheModelAndLeavesNothingBehind() throws IOException {
    List<Throwable> failures =
        List.of(
            new IOException("it is broken"),
            new IllegalArgumentException("Size exceeds Integer.MAX_VALUE"),
            new StackOverflowError());
    List<String> reasons =
        List.of(
            "it is broken",
            "java.lang.IllegalArgumentException: Size exceeds Integer.MAX_VALUE",
            "java.lang.StackOverflowError");
    for (int i = 0; i < failures.size(); i++) {
      Throwable failure = failures.get(i);
      SharedModels.Opener opener =
          name -> {
            if (failure instanceof IOException e) {
              throw e;
            }
            if (failure instanceof RuntimeException e) {
              throw e;
            }
            throw (Error) failure;
          };
      try (SharedModels models = new SharedModels(opener, LONG, nanoTime::get)) {
        assertEquals(
            "model 'topics' cannot be opened: " + reasons.get(i), refusal(models, "topics"));
        assertEquals(Map.of(), models.users());
        assertEquals(statistics(0, 0, Map.of()), models.openingStatistics());
      }
    }
  }

  @Test
  void closingGoesOnAfterAFailure() {
    Map<String, FakeEncoder> encoders =
        Map.of(
            "a", new FakeEncoder(directory, new IOException("first")),
            "b", new FakeEncoder(directory, new IOException("second")),
            "c", new FakeEncoder(directory, null));
    SharedModels models = new SharedModels(encoders::get, LONG, nanoTime::get);
    encoders.keySet().forEach(models::acquire);
    IOException failure = assertThrows(IOException.class, models::close);
    assertTrue(
        failure.getMessage().matches("model '[ab]' could not be closed"), failure.getMessage());
    assertEquals(1, failure.getSuppressed().length);
    encoders.values().forEach(encoder -> assertEquals(0, encoder.closed.getCount()));
  }
}
