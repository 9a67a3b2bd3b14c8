package org.solrelectra.training.corpus;

/** Cuts a corpus into sequences of one length. Immutable; threads may share it. */
public interface SampleSource {

  /** Returns how many sequences make one pass over the corpus. */
  long sequencesPerPass();

  /**
   * Writes a sequence, its token types and its positions at {@code at..at + sequenceLength - 1}.
   * Padding, if there is any, stands at the end.
   *
   * @param sampleIndex counts on from pass to pass
   * @param positionIds 0 where a block starts that sees itself alone; one block a sequence else
   */
  void pack(long sampleIndex, long[] inputIds, long[] tokenTypeIds, long[] positionIds, int at);

  /** Writes the positions of a sequence that is one block: 0, 1, 2 … */
  static void oneBlock(long[] positionIds, int at, int length) {
    for (int i = 0; i < length; i++) {
      positionIds[at + i] = i;
    }
  }
}
