package org.solrelectra.training.evaluation;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.solrelectra.lucene.encoder.Deadline;
import org.solrelectra.lucene.encoder.Encoder;
import org.solrelectra.lucene.encoder.EncoderOutput;
import org.solrelectra.lucene.encoder.Lane;
import org.solrelectra.lucene.encoder.TokenBatch;
import org.solrelectra.lucene.encoder.TokenBatchBuilder;
import org.solrelectra.lucene.model.Excerpt;
import org.solrelectra.training.dataset.InvalidDatasetException;
import org.solrelectra.training.dataset.LabeledText;
import org.solrelectra.training.dataset.TextSequences;

/**
 * What a classifier says about examples.
 *
 * @param labels the likeliest of each
 * @param logits [examples][labels]
 */
public record ClassifierPredictions(List<String> labels, List<float[]> logits) {

  /**
   * Runs a classifier.
   *
   * @param source of the examples, for messages
   * @throws InvalidDatasetException if an example has a label that the model does not know
   */
  public static ClassifierPredictions of(Encoder encoder, List<LabeledText> examples, String source)
      throws IOException {
    List<String> known = encoder.model().labels();
    for (LabeledText example : examples) {
      if (!known.contains(example.label())) {
        throw new InvalidDatasetException(
            source
                + ": label '"
                + Excerpt.of(example.label())
                + "' is not in config.json; labels: "
                + Excerpt.of(known));
      }
    }
    TokenBatchBuilder batches = TokenBatchBuilder.of(encoder.model());
    EncoderOutput output =
        encoder.encode(
            new TokenBatch(TextSequences.of(examples, batches), 0), Deadline.NONE, Lane.QUERY);
    List<String> labels = new ArrayList<>();
    List<float[]> logits = new ArrayList<>();
    for (int example = 0; example < output.size(); example++) {
      float[] row = output.logits(example);
      int best = 0;
      for (int i = 1; i < row.length; i++) {
        if (row[i] > row[best]) {
          best = i;
        }
      }
      labels.add(known.get(best));
      logits.add(row);
    }
    return new ClassifierPredictions(labels, logits);
  }
}
