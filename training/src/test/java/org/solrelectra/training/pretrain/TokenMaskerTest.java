package org.solrelectra.training.pretrain;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.solrelectra.lucene.model.Vocabulary;
import org.solrelectra.training.pretrain.Masking.Draw;
import org.solrelectra.training.pretrain.Masking.Shown;
import org.solrelectra.training.random.KeyedRandom;
import org.solrelectra.training.random.KeyedRandom.Purpose;

class TokenMaskerTest {
  private static final int LENGTH = 100;

  private static final Masking ELECTRA = new Masking(0.15, Draw.DISTINCT, Shown.ELECTRA);

  /** Not BERT's ids, nor in any order. */
  private static final Vocabulary VOCABULARY = vocabulary();

  private static Vocabulary vocabulary() {
    try {
      return Vocabulary.of(
          List.of("a", "[MASK]", "b", "[SEP]", "[UNK]", "c", "[PAD]", "[CLS]", "d"), "test");
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void exactlyKDistinctPositionsOfOrdinaryTokensAreSelected() {
    TokenMasker masker = new TokenMasker(VOCABULARY, ELECTRA, 1);
    for (int sample = 0; sample < 500; sample++) {
      long[] ids = ids(sample);
      long[] masked = new long[ids.length];
      int[] positions = masker.mask(ids, LENGTH, LENGTH, sample, masked);
      assertEquals(15, positions.length);
      assertEquals(15, Arrays.stream(positions).distinct().count());
      for (int i = 0; i < positions.length; i++) {
        assertTrue(i == 0 || positions[i] > positions[i - 1], "ascending");
        assertTrue(positions[i] >= LENGTH && positions[i] < 2 * LENGTH, "inside");
        String piece = VOCABULARY.pieces().get((int) ids[positions[i]]);
        assertTrue(List.of("a", "b", "c", "d", "[UNK]").contains(piece), piece);
      }
      for (int i = LENGTH; i < 2 * LENGTH; i++) {
        int at = i;
        if (Arrays.stream(positions).noneMatch(position -> position == at)) {
          assertEquals(ids[i], masked[i]);
        } else {
          assertTrue(masked[i] == ids[i] || masked[i] == VOCABULARY.maskId(), "no random token");
        }
      }
      assertArrayEquals(
          new long[LENGTH], Arrays.copyOf(masked, LENGTH), "another sequence's place");
    }
  }

  /** Two sequences, of which the second is masked; a third of it are special tokens. */
  private static long[] ids(int sample) {
    KeyedRandom random = new KeyedRandom(9, Purpose.SHUFFLE, sample);
    long[] ids = new long[2 * LENGTH];
    for (int i = 0; i < ids.length; i++) {
      ids[i] = random.nextInt(VOCABULARY.size());
      if (ids[i] == VOCABULARY.padId()) {
        ids[i] = VOCABULARY.unknownId();
      }
    }
    ids[LENGTH] = VOCABULARY.clsId();
    ids[2 * LENGTH - 1] = VOCABULARY.sepId();
    return ids;
  }

  @Test
  void fifteenPercentOfTheSelectedAreShownAsTheyAre() {
    TokenMasker masker = new TokenMasker(VOCABULARY, ELECTRA, 1);
    int shown = 0;
    int all = 0;
    for (int sample = 0; sample < 1000; sample++) {
      long[] ids = ids(sample);
      long[] masked = new long[ids.length];
      for (int position : masker.mask(ids, LENGTH, LENGTH, sample, masked)) {
        all++;
        shown += masked[position] == ids[position] ? 1 : 0;
      }
    }
    assertEquals(15_000, all);
    // Five standard deviations of a binomial with p = .15.
    assertEquals(0.15, (double) shown / all, 5 * Math.sqrt(0.15 * 0.85 / all));
  }

  @Test
  void positionsAreEquallyLikely() {
    TokenMasker masker = new TokenMasker(VOCABULARY, ELECTRA, 1);
    long[] ids = new long[LENGTH];
    int[] counts = new int[LENGTH];
    int samples = 4000;
    for (int sample = 0; sample < samples; sample++) {
      for (int position : masker.mask(ids, 0, LENGTH, sample, new long[LENGTH])) {
        counts[position]++;
      }
    }
    for (int count : counts) {
      assertEquals(0.15, (double) count / samples, 5 * Math.sqrt(0.15 * 0.85 / samples));
    }
  }

  @Test
  void masksAreAPureFunctionOfSeedAndSample() {
    TokenMasker masker = new TokenMasker(VOCABULARY, ELECTRA, 1);
    TokenMasker other = new TokenMasker(VOCABULARY, ELECTRA, 2);
    long[] ids = ids(0);
    long[] masked = new long[ids.length];
    int[] first = masker.mask(ids, LENGTH, LENGTH, 7, masked);
    long[] again = new long[ids.length];
    assertFalse(Arrays.equals(first, masker.mask(ids, LENGTH, LENGTH, 8, new long[ids.length])));
    assertFalse(Arrays.equals(first, other.mask(ids, LENGTH, LENGTH, 7, new long[ids.length])));
    assertArrayEquals(first, masker.mask(ids, LENGTH, LENGTH, 7, again));
    assertArrayEquals(masked, again);
  }

  @Test
  void shortSequencesHaveAtLeastOne() {
    TokenMasker masker = new TokenMasker(VOCABULARY, ELECTRA, 1);
    assertEquals(1, ELECTRA.selected(3));
    assertEquals(19, ELECTRA.selected(128));
    long[] ids = {VOCABULARY.clsId(), VOCABULARY.id("a"), VOCABULARY.sepId()};
    assertArrayEquals(new int[] {1}, masker.mask(ids, 0, 3, 0, new long[3]));
    long[] special = {VOCABULARY.clsId(), VOCABULARY.padId(), VOCABULARY.sepId()};
    assertArrayEquals(new int[0], masker.mask(special, 0, 3, 0, new long[3]));
  }

  /** google-research/electra draws with replacement: 14.1 % distinct positions at 15 %. */
  @Test
  void withReplacementSomeAreDrawnTwice() {
    Masking paper = new Masking(0.15, Draw.WITH_REPLACEMENT, Shown.ELECTRA);
    TokenMasker masker = new TokenMasker(VOCABULARY, paper, 1);
    long[] ids = new long[LENGTH];
    int distinct = 0;
    int samples = 4000;
    for (int sample = 0; sample < samples; sample++) {
      long[] masked = new long[LENGTH];
      int[] positions = masker.mask(ids, 0, LENGTH, sample, masked);
      assertEquals(15, positions.length);
      distinct += (int) Arrays.stream(positions).distinct().count();
    }
    double expected = 1 - Math.pow(1 - 1.0 / LENGTH, 15);
    assertEquals(expected, (double) distinct / samples / LENGTH, 0.001);
  }

  @Test
  void bertShowsATenthAsItIsAndATenthAtRandom() {
    Masking bert = new Masking(0.15, Draw.DISTINCT, Shown.BERT);
    TokenMasker masker = new TokenMasker(VOCABULARY, bert, 1);
    long[] ids = new long[LENGTH];
    int original = 0;
    int random = 0;
    int all = 0;
    for (int sample = 0; sample < 1000; sample++) {
      long[] masked = new long[LENGTH];
      for (int position : masker.mask(ids, 0, LENGTH, sample, masked)) {
        all++;
        original += masked[position] == 0 ? 1 : 0;
        random += masked[position] != 0 && masked[position] != VOCABULARY.maskId() ? 1 : 0;
      }
    }
    // Of nine pieces drawn at random one is the original and one is [MASK].
    assertEquals(0.1 + 0.1 / 9, (double) original / all, 5 * Math.sqrt(0.1 / all));
    assertEquals(0.1 * 7 / 9, (double) random / all, 5 * Math.sqrt(0.1 / all));
  }

  @Test
  void kIsAShareOfWhatIsNotPadding() {
    TokenMasker masker = new TokenMasker(VOCABULARY, ELECTRA, 1);
    long[] ids = new long[LENGTH];
    Arrays.fill(ids, 40, LENGTH, VOCABULARY.padId());
    int[] positions = masker.mask(ids, 0, LENGTH, 0, new long[LENGTH]);
    assertEquals(6, positions.length);
    assertTrue(Arrays.stream(positions).allMatch(position -> position < 40));
  }

  @Test
  void theRateIsAShare() {
    assertEquals(
        "maskRate must be in (0, 1); maskRate=1.0",
        assertThrows(
                IllegalArgumentException.class, () -> new Masking(1, Draw.DISTINCT, Shown.ELECTRA))
            .getMessage());
  }
}
