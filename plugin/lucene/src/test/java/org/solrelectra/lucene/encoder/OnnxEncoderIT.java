package org.solrelectra.lucene.encoder;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.solrelectra.lucene.FixtureModels;
import org.solrelectra.lucene.model.InvalidModelException;
import org.solrelectra.lucene.model.ModelDirectory;

class OnnxEncoderIT {
  /** What Solr gives its request threads by default. */
  private static final long SOLR_STACK_BYTES = 256 * 1024;

  @TempDir Path folder;
  private WorkerPool pool;
  private OnnxEncoder encoder;

  @BeforeEach
  void openFixture() throws IOException {
    pool = new WorkerPool(2);
    encoder = OnnxEncoder.open(ModelDirectory.open(FixtureModels.copy("classifier", folder)), pool);
  }

  @AfterEach
  void closeAll() throws IOException {
    encoder.close();
    pool.close();
  }

  private List<TokenSequence> randomSequences(int count) {
    Random random = new Random(7);
    List<TokenSequence> sequences = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      int length = 2 + random.nextInt(encoder.model().maxLength() - 2);
      int[] ids = random.ints(length, 0, encoder.model().vocabulary().size()).toArray();
      sequences.add(new TokenSequence(ids, new int[length]));
    }
    return sequences;
  }

  @Test
  void logitsAreTheSameBitsWhateverTheBatch() throws IOException {
    List<TokenSequence> sequences = randomSequences(24);
    EncoderOutput together =
        encoder.encode(new TokenBatch(sequences, 0), Deadline.NONE, Lane.QUERY);
    List<Integer> shuffled = new ArrayList<>(List.of(5, 0, 23, 11, 17, 2, 3, 19));
    Collections.shuffle(shuffled, new Random(3));
    EncoderOutput some =
        encoder.encode(
            new TokenBatch(shuffled.stream().map(sequences::get).toList(), 0),
            Deadline.NONE,
            Lane.QUERY);
    try (WorkerPool noHelpers = new WorkerPool(0);
        OnnxEncoder single = OnnxEncoder.open(encoder.model(), noHelpers)) {
      for (int i = 0; i < sequences.size(); i++) {
        float[] alone =
            single
                .encode(new TokenBatch(List.of(sequences.get(i)), 0), Deadline.NONE, Lane.QUERY)
                .logits(0);
        assertArrayEquals(alone, together.logits(i));
        if (shuffled.contains(i)) {
          assertArrayEquals(alone, some.logits(shuffled.indexOf(i)));
        }
      }
    }
  }

  @Test
  void logitsAreTheSameBitsInSharedRuns() throws IOException {
    assertTrue(encoder.sharesRuns());
    List<TokenSequence> sequences = new ArrayList<>();
    Random random = new Random(7);
    for (int i = 0; i < 60; i++) {
      int length = 2 + i % 9;
      int[] ids = random.ints(length, 0, encoder.model().vocabulary().size()).toArray();
      sequences.add(new TokenSequence(ids, new int[length]));
    }
    EncoderOutput together =
        encoder.encode(new TokenBatch(sequences, 0), Deadline.NONE, Lane.QUERY);
    for (int i = 0; i < sequences.size(); i++) {
      TokenBatch one = new TokenBatch(sequences.subList(i, i + 1), 0);
      assertArrayEquals(
          encoder.encode(one, Deadline.NONE, Lane.QUERY).logits(0), together.logits(i));
    }
  }

  @Test
  void nothingRunsAfterTheDeadline() throws IOException {
    EncoderOutput output =
        encoder.encode(new TokenBatch(randomSequences(8), 0), Deadline.afterMillis(-1), Lane.QUERY);
    assertEquals(0, output.done());
    assertFalse(output.isComplete());
    assertThrows(IllegalStateException.class, () -> output.logits(0));
  }

  @Test
  void aDeadlineLeavesWhatIsDone() throws IOException {
    TokenBatch batch = new TokenBatch(randomSequences(2000), 0);
    encoder.encode(batch, Deadline.NONE, Lane.QUERY);
    long start = System.nanoTime();
    encoder.encode(batch, Deadline.NONE, Lane.QUERY);
    long halfMillis = Math.max(1, (System.nanoTime() - start) / 2_000_000);
    int done = encoder.encode(batch, Deadline.afterMillis(halfMillis), Lane.QUERY).done();
    assertTrue(done > 0 && done < batch.size(), "done=" + done + " in " + halfMillis + " ms");
  }

  @Test
  void aCancelledRequestEndsBetweenSequences() throws IOException {
    int[] asked = new int[1];
    Deadline cancelled = Deadline.NONE.cancelledBy(() -> ++asked[0] > 3);
    try (WorkerPool noHelpers = new WorkerPool(0);
        OnnxEncoder single = OnnxEncoder.open(encoder.model(), noHelpers)) {
      assertEquals(
          3, single.encode(new TokenBatch(randomSequences(8), 0), cancelled, Lane.QUERY).done());
    }
  }

  /** The first of a window is what a request wants most, however short it is. */
  @Test
  void whatMayNotAllBeDoneIsDoneInTheGivenOrder() throws IOException {
    List<TokenSequence> shortestFirst = new ArrayList<>(randomSequences(8));
    shortestFirst.sort(Comparator.comparingInt(TokenSequence::length));
    int[] asked = new int[1];
    Deadline cancelled = Deadline.NONE.cancelledBy(() -> ++asked[0] > 3);
    try (WorkerPool noHelpers = new WorkerPool(0);
        OnnxEncoder single = OnnxEncoder.open(encoder.model(), noHelpers)) {
      EncoderOutput output = single.encode(new TokenBatch(shortestFirst, 0), cancelled, Lane.QUERY);
      for (int i = 0; i < 3; i++) {
        assertEquals(encoder.model().labels().size(), output.logits(i).length);
      }
    }
  }

  @Test
  void aSequenceThatIsTooLongIsRefused() {
    int tooLong = encoder.model().maxLength() + 1;
    TokenSequence sequence = new TokenSequence(new int[tooLong], new int[tooLong]);
    IllegalArgumentException refused =
        assertThrows(
            IllegalArgumentException.class,
            () -> encoder.encode(new TokenBatch(List.of(sequence), 0), Deadline.NONE, Lane.QUERY));
    assertTrue(refused.getMessage().contains("tokens=" + tooLong), refused.getMessage());
  }

  @Test
  void aRunThatIsUnderWayOutlivesClose() throws Exception {
    CountDownLatch started = new CountDownLatch(1);
    CountDownLatch closed = new CountDownLatch(1);
    Deadline waits =
        Deadline.NONE.cancelledBy(
            () -> {
              started.countDown();
              try {
                closed.await();
              } catch (InterruptedException e) {
                throw new IllegalStateException(e);
              }
              return false;
            });
    AtomicReference<Object> result = new AtomicReference<>();
    Thread caller =
        new Thread(
            () -> {
              try {
                result.set(
                    encoder
                        .encode(new TokenBatch(randomSequences(6), 0), waits, Lane.QUERY)
                        .done());
              } catch (IOException | RuntimeException e) {
                result.set(e);
              }
            });
    caller.start();
    started.await();
    encoder.close();
    closed.countDown();
    caller.join();
    assertEquals(6, result.get());
    assertThrows(
        IllegalStateException.class,
        () -> encoder.encode(new TokenBatch(randomSequences(1), 0), Deadline.NONE, Lane.QUERY));
  }

  @Test
  void threadsWithTheSmallStackOfSolrCanOpenAndRun() throws InterruptedException {
    AtomicReference<Throwable> failure = new AtomicReference<>();
    Thread small =
        new Thread(
            null,
            () -> {
              try (OnnxEncoder second = OnnxEncoder.open(encoder.model(), pool)) {
                second.encode(new TokenBatch(randomSequences(4), 0), Deadline.NONE, Lane.QUERY);
              } catch (IOException | RuntimeException | Error e) {
                failure.set(e);
              }
            },
            "small-stack",
            SOLR_STACK_BYTES);
    small.start();
    small.join();
    assertNull(failure.get());
  }

  @Test
  void aTruncatedGraphIsRefusedByName() throws IOException {
    Path copy = FixtureModels.copy("ranker", folder.resolve("truncated"));
    byte[] graph = Files.readAllBytes(copy.resolve("model.onnx"));
    Files.delete(copy.resolve("manifest.json"));
    Files.write(copy.resolve("model.onnx"), Arrays.copyOf(graph, graph.length / 2));
    InvalidModelException refused =
        assertThrows(
            InvalidModelException.class,
            () -> OnnxEncoder.open(ModelDirectory.open(copy), pool).close());
    assertTrue(refused.getMessage().contains("model.onnx"), refused.getMessage());
  }
}
