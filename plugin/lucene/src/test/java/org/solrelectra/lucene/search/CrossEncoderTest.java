package org.solrelectra.lucene.search;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.solrelectra.lucene.FixtureModels;
import org.solrelectra.lucene.encoder.Deadline;
import org.solrelectra.lucene.encoder.Encoder;
import org.solrelectra.lucene.encoder.EncoderOutput;
import org.solrelectra.lucene.encoder.Lane;
import org.solrelectra.lucene.encoder.TokenBatch;
import org.solrelectra.lucene.encoder.WindowPolicy;
import org.solrelectra.lucene.model.ModelDirectory;

class CrossEncoderTest {
  @TempDir Path folder;
  private final List<Integer> calls = new ArrayList<>();
  private CrossEncoder crossEncoder;

  /** A sequence's logit is its length; notes how many sequences each call has. */
  @BeforeEach
  void openModel() throws IOException {
    ModelDirectory model = ModelDirectory.open(FixtureModels.copy("ranker", folder));
    crossEncoder =
        new CrossEncoder(
            new Encoder() {
              @Override
              public ModelDirectory model() {
                return model;
              }

              @Override
              public EncoderOutput encode(TokenBatch batch, Deadline deadline, Lane lane) {
                calls.add(batch.size());
                float[][][] outputs = new float[batch.size()][][];
                for (int i = 0; i < outputs.length && !deadline.isOver(); i++) {
                  outputs[i] = new float[][] {{batch.sequences().get(i).length()}};
                }
                return new EncoderOutput(outputs);
              }

              @Override
              public void close() {}
            });
  }

  /** Passages "rain", of which that with this number takes all the time there is. */
  private static PassageReader waitingAt(int slow, int size) {
    return new PassageReader() {
      @Override
      public int size() {
        return size;
      }

      @Override
      public Optional<String> read(int index, Deadline deadline) {
        while (index == slow && !deadline.isOver()) {
          Thread.onSpinWait();
        }
        return index == slow ? Optional.empty() : Optional.of("rain");
      }
    };
  }

  @Test
  void whatWasReadBeforeTimeRanOutIsScored() throws IOException {
    CrossEncoder.Scores scores =
        crossEncoder.score(
            "money", waitingAt(3, 6), WindowPolicy.BEGINNING, Deadline.afterMillis(2000));
    assertEquals(3, scores.scored());
    assertEquals(List.of(3), calls);
    assertArrayEquals(
        new float[] {5, 5, 5, Float.NaN, Float.NaN, Float.NaN}, scores.logits(), "rain");
    assertTrue(scores.isScored(2));
    assertFalse(scores.isScored(3));
    assertEquals(3, scores.sequences());
  }

  @Test
  void passagesThatAreAtHandAreScoredTogether() throws IOException {
    List<String> passages = Collections.nCopies(1000, "rain");
    assertEquals(
        1000,
        crossEncoder
            .score("money", passages, WindowPolicy.BEGINNING, Deadline.afterMillis(60_000))
            .scored());
    assertEquals(List.of(1000), calls);
  }

  /** Some megabytes are read, scored and forgotten before the next are read. */
  @Test
  void longPassagesAreNotInMemoryTogether() throws IOException {
    List<String> passages = Collections.nCopies(5, "rain ".repeat(500_000));
    CrossEncoder.Scores scores =
        crossEncoder.score("money", passages, WindowPolicy.BEGINNING, Deadline.NONE);
    assertEquals(5, scores.scored());
    assertEquals(List.of(2, 2, 1), calls);
  }

  @Test
  void theTokensOfAllTurnsCount() throws IOException {
    List<String> passages = Collections.nCopies(5, "rain ".repeat(500_000));
    WindowPolicy twoEach = new WindowPolicy(2, 0, 200, WindowPolicy.Aggregation.MAX);
    crossEncoder.score("money", passages, twoEach, Deadline.NONE);
    // Of 64 tokens each: the fourth window reaches the 200th token.
    assertEquals(List.of(4, 2, 1), calls);
  }

  @Test
  void aQueryWithoutAWordIsRefused() {
    for (String query :
        new String[] {"", " ", "\u00a0", "\u200b\ufeff", "\u0301", "\ufffd", "\u0007"}) {
      assertEquals(
          "the query has no word: blanks, control and format characters and lone accents are none",
          assertThrows(
                  IllegalArgumentException.class,
                  () -> crossEncoder.check(query, WindowPolicy.BEGINNING))
              .getMessage());
    }
    crossEncoder.check("?", WindowPolicy.BEGINNING);
    crossEncoder.check("\u4e2d", WindowPolicy.BEGINNING);
    crossEncoder.check("bank ".repeat(1000), WindowPolicy.BEGINNING);
  }
}
