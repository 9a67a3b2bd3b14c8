package org.solrelectra.training.pretrain;

/**
 * Sequences of one length, some of whose positions are to be predicted.
 *
 * @param inputIds original ids, row by row, [batch * seq]
 * @param tokenTypeIds 0 or 1, row by row, [batch * seq]
 * @param attentionMask 0 at padding, row by row, [batch * seq]; null if nothing is padded
 * @param positions the selected positions in {@code inputIds}, ascending, [masked]
 * @param generatorInputIds {@code inputIds} with [MASK] at most selected positions, [batch * seq]
 * @param tokens the number of positions that are not padding
 */
public record MaskedBatch(
    int batch,
    int sequenceLength,
    long[] inputIds,
    long[] tokenTypeIds,
    long[] attentionMask,
    long[] positions,
    long[] generatorInputIds,
    long tokens) {

  public MaskedBatch {
    int size = batch * sequenceLength;
    requireLength("inputIds", inputIds.length, size);
    requireLength("tokenTypeIds", tokenTypeIds.length, size);
    requireLength("generatorInputIds", generatorInputIds.length, size);
    if (attentionMask != null) {
      requireLength("attentionMask", attentionMask.length, size);
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
}
