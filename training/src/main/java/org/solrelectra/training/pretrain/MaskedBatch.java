package org.solrelectra.training.pretrain;

import java.util.Arrays;

/**
 * Sequences of one length, some of whose positions are to be predicted.
 *
 * @param inputIds original ids, row by row, [batch * seq]
 * @param tokenTypeIds 0 or 1, row by row, [batch * seq]
 * @param positionIds counted from the start of each block that sees itself alone, row by row,
 *     [batch * seq]; null if each row is one block
 * @param attentionMask 0 at padding, row by row, [batch * seq]; null if nothing is padded
 * @param positions the selected positions in {@code inputIds}, ascending and distinct, [masked]
 * @param counts how often each was selected, [masked]; null if each was once
 * @param maskedIds {@code inputIds} as the network that predicts sees them, [batch * seq]
 */
public record MaskedBatch(
    int batch,
    int sequenceLength,
    long[] inputIds,
    long[] tokenTypeIds,
    long[] positionIds,
    long[] attentionMask,
    long[] positions,
    float[] counts,
    long[] maskedIds) {

  public MaskedBatch {
    int size = batch * sequenceLength;
    requireLength("inputIds", inputIds.length, size);
    requireLength("tokenTypeIds", tokenTypeIds.length, size);
    requireLength("maskedIds", maskedIds.length, size);
    if (positionIds != null) {
      requireLength("positionIds", positionIds.length, size);
    }
    if (attentionMask != null) {
      requireLength("attentionMask", attentionMask.length, size);
    }
    if (counts != null && counts.length != positions.length) {
      throw new IllegalArgumentException(
          "counts must hold one value a position="
              + positions.length
              + "; length="
              + counts.length);
    }
    if (positions.length == 0) {
      throw new IllegalArgumentException(
          "positions must not be empty: there is nothing to predict");
    }
  }

  private static void requireLength(String name, int length, int expected) {
    if (length != expected) {
      throw new IllegalArgumentException(
          name + " must hold batch * sequenceLength=" + expected + " values; length=" + length);
    }
  }

  /** Returns how many selections were made: one for each position, more where some count twice. */
  public long selections() {
    if (counts == null) {
      return positions.length;
    }
    double sum = 0;
    for (float count : counts) {
      sum += count;
    }
    return Math.round(sum);
  }

  /** Returns the number of positions that are not padding. */
  public long tokens() {
    return attentionMask == null ? inputIds.length : Arrays.stream(attentionMask).sum();
  }

  /** Returns the rows {@code from..to - 1} as a batch of their own. */
  MaskedBatch rows(int from, int to) {
    int first = from * sequenceLength;
    int end = to * sequenceLength;
    int low = lowerBound(first);
    int high = lowerBound(end);
    long[] moved = new long[high - low];
    for (int i = low; i < high; i++) {
      moved[i - low] = positions[i] - first;
    }
    return new MaskedBatch(
        to - from,
        sequenceLength,
        Arrays.copyOfRange(inputIds, first, end),
        Arrays.copyOfRange(tokenTypeIds, first, end),
        positionIds == null ? null : Arrays.copyOfRange(positionIds, first, end),
        attentionMask == null ? null : Arrays.copyOfRange(attentionMask, first, end),
        moved,
        counts == null ? null : Arrays.copyOfRange(counts, low, high),
        Arrays.copyOfRange(maskedIds, first, end));
  }

  private int lowerBound(int position) {
    int found = Arrays.binarySearch(positions, position);
    return found >= 0 ? found : -found - 1;
  }
}
