package org.solrelectra.solr.core;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.solrelectra.lucene.encoder.Deadline;
import org.solrelectra.lucene.encoder.Encoder;
import org.solrelectra.lucene.encoder.EncoderOutput;
import org.solrelectra.lucene.encoder.Lane;
import org.solrelectra.lucene.encoder.TokenBatch;
import org.solrelectra.lucene.encoder.TokenBatchBuilder;
import org.solrelectra.lucene.encoder.TokenSequence;
import org.solrelectra.lucene.model.ModelDirectory;
import org.solrelectra.solr.FixtureModels;

class ScoreCacheTest {
  private static final List<String> PASSAGES = List.of("lost card", "card", "lost");

  @TempDir private Path root;
  private ModelDirectory model;
  private final ScoreCache cache = new ScoreCache(1_000_000);
  private final Counting counting = new Counting();

  @BeforeEach
  void openModel() throws IOException {
    FixtureModels.write(root);
    model = ModelDirectory.open(root.resolve(FixtureModels.INTENTS.name()));
  }

  /** Gives each run another logit, so that what was not run again is seen. */
  private final class Counting implements Encoder {
    private int runs;
    private int most = Integer.MAX_VALUE;
    private boolean closed;
    private Runnable meanwhile = () -> {};

    @Override
    public ModelDirectory model() {
      return model;
    }

    @Override
    public EncoderOutput encode(TokenBatch batch, Deadline deadline, Lane lane) {
      if (closed) {
        throw new IllegalStateException("closed");
      }
      meanwhile.run();
      float[][][] outputs = new float[batch.size()][][];
      for (int i = 0; i < Math.min(most, outputs.length); i++) {
        outputs[i] = new float[][] {{++runs, batch.sequences().get(i).length()}};
      }
      return new EncoderOutput(outputs);
    }

    @Override
    public void close() {
      closed = true;
    }
  }

  private TokenBatch pairs(String query, List<String> passages) {
    return TokenBatchBuilder.of(model).pairs(query, passages);
  }

  private static float[] first(EncoderOutput output) {
    float[] logits = new float[output.size()];
    for (int i = 0; i < logits.length; i++) {
      logits[i] = output.isDone(i) ? output.logits(i)[0] : Float.NaN;
    }
    return logits;
  }

  private float[] score(Encoder encoder, String query, List<String> passages) throws IOException {
    return first(encoder.encode(pairs(query, passages), Deadline.NONE, Lane.QUERY));
  }

  @Test
  void onlyWhatIsNewIsRun() throws IOException {
    Encoder encoder = cache.of(counting);
    assertArrayEquals(new float[] {1, 2, 3}, score(encoder, "card", PASSAGES));
    assertArrayEquals(new float[] {1, 2, 3}, score(encoder, "card", PASSAGES));
    List<String> more = new ArrayList<>(PASSAGES);
    more.add(1, "lost lost");
    assertArrayEquals(new float[] {1, 4, 2, 3}, score(encoder, "card", more));
    assertEquals(6L, cache.statistics().get("hits"));
    assertEquals(4L, cache.statistics().get("misses"));
    assertEquals(0.6, (double) cache.statistics().get("hitRatio"), 1e-9);
    assertArrayEquals(new float[] {5, 6, 7}, score(encoder, "lost", PASSAGES));
  }

  @Test
  void theSameTokensOfOtherTextsAreAnotherPair() throws IOException {
    Encoder encoder = cache.of(counting);
    int[] ids = {2, 7, 3, 8, 3};
    TokenSequence one = new TokenSequence(ids, new int[] {0, 0, 0, 1, 1});
    TokenSequence other = new TokenSequence(ids, new int[] {0, 0, 1, 1, 1});
    assertArrayEquals(
        new float[] {1, 2},
        first(encoder.encode(new TokenBatch(List.of(one, other), 0), Deadline.NONE, Lane.QUERY)));
  }

  @Test
  void whatWasNotDoneInTimeIsNotKept() throws IOException {
    Encoder encoder = cache.of(counting);
    counting.most = 1;
    assertArrayEquals(new float[] {1, Float.NaN, Float.NaN}, score(encoder, "card", PASSAGES));
    assertArrayEquals(new float[] {1, 2, Float.NaN}, score(encoder, "card", PASSAGES));
    counting.most = 0;
    assertArrayEquals(new float[] {1, 2, Float.NaN}, score(encoder, "card", PASSAGES));
    counting.most = 9;
    assertArrayEquals(new float[] {1, 2, 3}, score(encoder, "card", PASSAGES));
  }

  /** What a passage is that was not read in time, is a passage too: the empty one. */
  @Test
  void afterTheDeadlineNothingIsKnown() throws IOException {
    Encoder encoder = cache.of(counting);
    score(encoder, "card", PASSAGES);
    counting.most = 0;
    Deadline over = Deadline.afterMillis(0);
    assertEquals(0, encoder.encode(pairs("card", PASSAGES), over, Lane.QUERY).done());
    assertEquals(3, encoder.encode(pairs("card", PASSAGES), Deadline.NONE, Lane.QUERY).done());
  }

  @Test
  void singleTextsAreRunEachTime() throws IOException {
    Encoder encoder = cache.of(counting);
    TokenBatch texts = TokenBatchBuilder.of(model).texts(PASSAGES);
    assertArrayEquals(
        new float[] {1, 2, 3}, first(encoder.encode(texts, Deadline.NONE, Lane.QUERY)));
    assertArrayEquals(
        new float[] {4, 5, 6}, first(encoder.encode(texts, Deadline.NONE, Lane.QUERY)));
    assertEquals(0L, cache.statistics().get("misses"));
  }

  @Test
  void modelsShareNothingButTheRoom() throws IOException {
    Encoder first = cache.of(counting);
    Encoder second = cache.of(new Counting());
    score(first, "card", PASSAGES);
    assertArrayEquals(new float[] {1, 2, 3}, score(second, "card", PASSAGES));
    assertEquals(6L, cache.statistics().get("misses"));
    first.close();
    assertTrue(counting.closed);
    assertEquals(3L, cache.statistics().get("entries"));
    assertArrayEquals(new float[] {1, 2, 3}, score(second, "card", PASSAGES));
    assertThrows(IllegalStateException.class, () -> score(first, "card", PASSAGES));
  }

  /** As when the last core of a model closes during a search. */
  @Test
  void aRunThatEndsAfterTheModelWasClosedLeavesNothing() throws IOException {
    Encoder encoder = cache.of(counting);
    counting.meanwhile =
        () -> {
          try {
            encoder.close();
          } catch (IOException e) {
            throw new AssertionError(e);
          }
        };
    assertArrayEquals(new float[] {1, 2, 3}, score(encoder, "card", PASSAGES));
    assertEquals(0L, cache.statistics().get("entries"));
  }

  /** Callers may write into what they get. */
  @Test
  void whatIsHandedOutIsACopy() throws IOException {
    Encoder encoder = cache.of(counting);
    encoder.encode(pairs("card", PASSAGES), Deadline.NONE, Lane.QUERY).logits(0)[0] = 99;
    encoder.encode(pairs("card", PASSAGES), Deadline.NONE, Lane.QUERY).logits(0)[0] = 99;
    assertEquals(1, score(encoder, "card", PASSAGES)[0]);
  }

  @Test
  void bytesAreBounded() throws IOException, InterruptedException {
    long most = 100L * (ScoreCache.ENTRY_BYTES + 2 * Float.BYTES);
    ScoreCache small = new ScoreCache(most);
    Encoder encoder = small.of(counting);
    for (int query = 0; query < 50; query++) {
      List<String> passages =
          IntStream.range(1, 21).mapToObj("card "::repeat).map(String::strip).toList();
      score(encoder, "lost ".repeat(query + 1), passages);
    }
    // Caffeine evicts on threads of its own.
    for (int i = 0; i < 500 && (long) small.statistics().get("bytes") > most; i++) {
      Thread.sleep(10);
    }
    assertTrue((long) small.statistics().get("bytes") <= most, small.statistics().toString());
    assertTrue((long) small.statistics().get("evictions") > 0);
    assertEquals(most, small.statistics().get("maximumBytes"));
  }

  @Test
  void withoutRoomThereIsNoCache() {
    assertSame(counting, new ScoreCache(0).of(counting));
    assertFalse(cache.of(counting) == counting);
    assertThrows(IllegalArgumentException.class, () -> new ScoreCache(-1));
  }
}
