package org.solrelectra.lucene.encoder;

import java.io.Closeable;
import java.io.IOException;
import org.solrelectra.lucene.model.ModelDirectory;

/**
 * A model that is ready to run. Threads may share it; who opened it closes it, and runs that are
 * under way then still end well.
 */
public interface Encoder extends Closeable {

  /** Returns the directory the model was opened from. */
  ModelDirectory model();

  /**
   * Runs sequences, each on its own, and returns their logits in the same order. A sequence's
   * logits are the same bits whatever else is in the batch.
   *
   * @param lane whether somebody waits for the logits, or documents are indexed
   * @return complete, unless the deadline was over before
   * @throws OverloadedException in {@link Lane#QUERY}, if too many wait already
   * @throws IOException if a run failed or gave a logit that is no finite number
   * @throws IllegalArgumentException if a sequence is longer than the model takes
   * @throws IllegalStateException if the encoder is closed
   */
  EncoderOutput encode(TokenBatch batch, Deadline deadline, Lane lane) throws IOException;
}
