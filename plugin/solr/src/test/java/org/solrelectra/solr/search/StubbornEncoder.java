package org.solrelectra.solr.search;

import java.io.IOException;
import org.solrelectra.lucene.encoder.Deadline;
import org.solrelectra.lucene.encoder.Encoder;
import org.solrelectra.lucene.encoder.EncoderOutput;
import org.solrelectra.lucene.encoder.Lane;
import org.solrelectra.lucene.encoder.TokenBatch;
import org.solrelectra.lucene.model.ModelDirectory;

/**
 * An encoder that runs so many sequences of a batch and then stops, as one whose time is over; or
 * fails. A sequence's logit is its number of tokens.
 */
final class StubbornEncoder implements Encoder {
  private final ModelDirectory model;
  private final int most;
  private final IOException failure;

  private StubbornEncoder(ModelDirectory model, int most, IOException failure) {
    this.model = model;
    this.most = most;
    this.failure = failure;
  }

  static StubbornEncoder stoppingAfter(ModelDirectory model, int sequences) {
    return new StubbornEncoder(model, sequences, null);
  }

  static StubbornEncoder failing(ModelDirectory model, String message) {
    return new StubbornEncoder(model, 0, new IOException(message));
  }

  @Override
  public ModelDirectory model() {
    return model;
  }

  @Override
  public EncoderOutput encode(TokenBatch batch, Deadline deadline, Lane lane) throws IOException {
    if (failure != null) {
      throw failure;
    }
    float[][][] outputs = new float[batch.size()][][];
    for (int i = 0; i < Math.min(most, batch.size()) && !deadline.isOver(); i++) {
      outputs[i] = new float[][] {{batch.sequences().get(i).length()}};
    }
    return new EncoderOutput(outputs);
  }

  @Override
  public void close() {}
}
