package org.solrelectra.lucene.search;

import java.io.UncheckedIOException;
import java.util.List;
import java.util.Optional;
import org.solrelectra.lucene.encoder.Deadline;

/** Passages that are read one after another, when they are asked for. One thread. */
interface PassageReader {
  int size();

  /**
   * Returns a passage as far as a model reads it; nothing if the deadline came first.
   *
   * @throws UncheckedIOException if it cannot be read, which is no fault of a model
   */
  Optional<? extends CharSequence> read(int index, Deadline deadline);

  /** Returns passages that are in memory. */
  static PassageReader of(List<? extends CharSequence> passages) {
    return new PassageReader() {
      @Override
      public int size() {
        return passages.size();
      }

      @Override
      public Optional<? extends CharSequence> read(int index, Deadline deadline) {
        return deadline.isOver() ? Optional.empty() : Optional.of(passages.get(index));
      }
    };
  }
}
