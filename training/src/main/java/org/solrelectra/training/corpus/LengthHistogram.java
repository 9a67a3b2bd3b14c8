package org.solrelectra.training.corpus;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * How many documents have which length in tokens. Bins start at the powers of the fourth root of
 * two, so that they are of one width on a logarithmic axis, as far as whole numbers allow.
 */
final class LengthHistogram {
  private static final int BINS_PER_DOUBLING = 4;

  /** The shortest length of each bin. */
  private static final int[] STARTS =
      IntStream.range(0, BINS_PER_DOUBLING * (Integer.SIZE - 1))
          .map(i -> (int) StrictMath.ceil(StrictMath.pow(2, (double) i / BINS_PER_DOUBLING)))
          .distinct()
          .toArray();

  private final long[] counts = new long[STARTS.length];

  /** Counts documents of one length of at least 1. */
  void add(int length, long documents) {
    int at = Arrays.binarySearch(STARTS, length);
    counts[at >= 0 ? at : -at - 2] += documents;
  }

  /** Returns the bins that hold a document, by length. */
  List<CorpusReport.Length> bins() {
    List<CorpusReport.Length> bins = new ArrayList<>();
    for (int i = 0; i < counts.length; i++) {
      if (counts[i] > 0) {
        int last = i + 1 < counts.length ? STARTS[i + 1] - 1 : Integer.MAX_VALUE;
        bins.add(new CorpusReport.Length(STARTS[i], last, counts[i]));
      }
    }
    return bins;
  }
}
