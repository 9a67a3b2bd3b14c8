package org.solrelectra.lucene.encoder;

import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;

/**
 * How passages that are longer than the model takes are read: as windows, each behind the whole
 * query.
 *
 * @param maxWindows the most that are read of a passage; 1 reads its beginning alone
 * @param stride tokens that neighbouring windows share
 * @param maxTokens of all sequences of a call: once they are reached, one window is read of each
 *     further passage
 * @param aggregation what becomes of the windows' logits
 */
public record WindowPolicy(int maxWindows, int stride, int maxTokens, Aggregation aggregation) {

  /** Reads the beginning of each passage. */
  public static final WindowPolicy BEGINNING =
      new WindowPolicy(1, 0, Integer.MAX_VALUE, Aggregation.MAX);

  /** Of a longer passage no more is tokenized; some 600,000 characters. */
  static final int LONGEST = 1 << 17;

  private static final int TOP = 3;

  public WindowPolicy {
    if (maxWindows < 1 || stride < 0 || maxTokens < 0) {
      throw new IllegalArgumentException(
          "maxWindows must be at least 1, stride and maxTokens at least 0; maxWindows="
              + maxWindows
              + ", stride="
              + stride
              + ", maxTokens="
              + maxTokens);
    }
  }

  /** How the logits of a passage's windows become its score. */
  public enum Aggregation {
    /** The best window's: a passage is as good as its best part. */
    MAX,
    /** The mean of the best three. */
    TOP_MEAN,
    /** The mean of all. */
    MEAN;

    /** Returns the name in a request. */
    public String key() {
      return this == TOP_MEAN ? "topMean" : name().toLowerCase(Locale.ROOT);
    }

    /** Returns a passage's logit. */
    public float of(float[] windows) {
      float[] sorted = windows.clone();
      Arrays.sort(sorted);
      int from =
          switch (this) {
            case MAX -> sorted.length - 1;
            case TOP_MEAN -> Math.max(0, sorted.length - TOP);
            case MEAN -> 0;
          };
      double sum = 0;
      for (int i = from; i < sorted.length; i++) {
        sum += sorted[i];
      }
      return (float) (sum / (sorted.length - from));
    }
  }

  /**
   * Returns the windows to read, in their order in the passage: of too many those that share most
   * different tokens with the query, of equal ones the first.
   *
   * @param ids of the passage's tokens, [seq]
   * @param room tokens a window may hold
   * @param isInQuery says whether a token is one of the query's
   */
  List<PassageWindow> select(int[] ids, int room, int most, IntPredicate isInQuery) {
    List<PassageWindow> windows = PassageWindow.cover(ids.length, room, stride);
    if (windows.size() <= most) {
      return windows;
    }
    // Before the windows are sorted: a comparator would count again and again.
    long[] shared = new long[windows.size()];
    for (int i = 0; i < shared.length; i++) {
      PassageWindow window = windows.get(i);
      shared[i] =
          Arrays.stream(ids, window.start(), window.start() + window.length())
              .filter(isInQuery)
              .distinct()
              .count();
    }
    return IntStream.range(0, shared.length)
        .boxed()
        // Stable: equal ones stay in their order.
        .sorted(Comparator.comparingLong(i -> -shared[i]))
        .limit(most)
        .sorted()
        .map(windows::get)
        .toList();
  }

  /** Returns the policy for the passages of a call that follow on others. */
  public WindowPolicy after(long tokens) {
    return new WindowPolicy(maxWindows, stride, (int) Math.max(0, maxTokens - tokens), aggregation);
  }
}
