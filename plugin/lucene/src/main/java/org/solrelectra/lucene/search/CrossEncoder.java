package org.solrelectra.lucene.search;

import java.io.IOException;
import java.util.List;
import org.solrelectra.lucene.encoder.Deadline;
import org.solrelectra.lucene.encoder.Encoder;
import org.solrelectra.lucene.encoder.EncoderOutput;
import org.solrelectra.lucene.encoder.Lane;
import org.solrelectra.lucene.encoder.TokenBatch;
import org.solrelectra.lucene.encoder.TokenBatchBuilder;
import org.solrelectra.lucene.encoder.WindowPolicy;
import org.solrelectra.lucene.model.Manifest;
import org.solrelectra.lucene.model.Task;

/**
 * Scores passages by how well they answer a query. Scores are logits: any real number, higher is
 * better, comparable within one model only.
 *
 * <p>Threads may share it. Does not close the encoder.
 */
public final class CrossEncoder {
  private final Encoder encoder;
  private final TokenBatchBuilder batches;
  private final int positive;

  /**
   * @throws IllegalArgumentException if the model was not made for ranking, or does not say which
   *     of its labels is the score
   */
  public CrossEncoder(Encoder encoder) {
    this.encoder = encoder;
    Manifest manifest = encoder.model().manifest();
    List<String> labels = encoder.model().labels();
    if (manifest.positiveLabel() != null) {
      this.positive = labels.indexOf(manifest.positiveLabel());
    } else if (manifest.task() == Task.RANKING && labels.size() == 1) {
      this.positive = 0;
    } else {
      throw new IllegalArgumentException(
          "the model must be for ranking: one label, or a positive_label in manifest.json; task of "
              + manifest.name()
              + "="
              + manifest.task().key()
              + ", labels="
              + labels);
    }
    this.batches = TokenBatchBuilder.of(encoder.model());
  }

  /**
   * What one call gave.
   *
   * @param logits one for each passage, in their order; NaN where the deadline came first
   * @param scored how many passages were scored
   * @param truncatedQueries how many passages lost a part of their query
   * @param sequences how many the passages came to, which is what the call cost
   */
  public record Scores(float[] logits, int scored, int truncatedQueries, int sequences) {
    /** Says whether a passage was scored. */
    public boolean isScored(int passage) {
      return !Float.isNaN(logits[passage]);
    }
  }

  /**
   * Scores passages, in the given order. One that does not fit is scored when all of its windows
   * are.
   */
  public Scores score(
      String query,
      List<? extends CharSequence> passages,
      WindowPolicy windowPolicy,
      Deadline deadline)
      throws IOException {
    TokenBatchBuilder.Passages pairs = batches.pairs(query, passages, windowPolicy);
    TokenBatch batch = pairs.batch();
    EncoderOutput output = encoder.encode(batch, deadline, Lane.QUERY);
    float[] logits = new float[passages.size()];
    int scored = 0;
    int first = 0;
    for (int i = 0; i < logits.length; i++) {
      float[] windows = new float[pairs.windows()[i]];
      boolean isDone = true;
      for (int j = 0; j < windows.length && isDone; j++) {
        isDone = output.isDone(first + j);
        windows[j] = isDone ? output.logits(first + j)[positive] : Float.NaN;
      }
      logits[i] = isDone ? windowPolicy.aggregation().of(windows) : Float.NaN;
      scored += isDone ? 1 : 0;
      first += windows.length;
    }
    return new Scores(logits, scored, batch.truncatedQueries(), batch.size());
  }
}
