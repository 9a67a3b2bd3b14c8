package org.solrelectra.training.corpus;

/** Cuts a corpus into sequences of one length. Immutable; threads may share it. */
public interface SampleSource {

  /** Returns how many sequences make one pass over the corpus. */
  long sequencesPerPass();

  /**
   * Writes a sequence and its token types at {@code at..at + sequenceLength - 1}. Padding, if there
   * is any, stands at the end.
   *
   * @param sampleIndex counts on from pass to pass
   */
  void pack(long sampleIndex, long[] inputIds, long[] tokenTypeIds, int at);
}
