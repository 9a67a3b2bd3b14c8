package org.solrelectra.training.corpus;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.solrelectra.training.corpus.CorpusReport.Length;

class LengthHistogramTest {
  @Test
  void binsStartAtTheFourthRootsOfTwo() {
    LengthHistogram histogram = new LengthHistogram();
    for (int length : new int[] {1, 2, 2, 9, 10, 15, 16, 19, 20, Integer.MAX_VALUE}) {
      histogram.add(length, 1);
    }
    // 2^(13/4) = 9.5, 2^(15/4) = 13.5, 2^4 = 16, 2^(17/4) = 19.03, 2^(18/4) = 22.6.
    assertEquals(
        List.of(
            new Length(1, 1, 1),
            new Length(2, 2, 2),
            new Length(8, 9, 1),
            new Length(10, 11, 1),
            new Length(14, 15, 1),
            new Length(16, 19, 2),
            new Length(20, 22, 1),
            new Length(1805811302, Integer.MAX_VALUE, 1)),
        histogram.bins());
  }

  @Test
  void everyLengthIsInTheBinThatSaysSo() {
    for (int length = 1; length < 3_000; length++) {
      LengthHistogram histogram = new LengthHistogram();
      histogram.add(length, 7);
      Length bin = histogram.bins().get(0);
      assertEquals(1, histogram.bins().size());
      assertTrue(bin.from() <= length && length <= bin.to(), bin + " holds " + length);
      assertEquals(7, bin.documents());
      LengthHistogram again = new LengthHistogram();
      again.add(bin.from(), 7);
      assertEquals(histogram.bins(), again.bins());
    }
  }
}
