package org.solrelectra.lucene.classification;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.apache.lucene.classification.ClassificationResult;
import org.apache.lucene.classification.Classifier;
import org.apache.lucene.util.BytesRef;
import org.solrelectra.lucene.encoder.Deadline;
import org.solrelectra.lucene.encoder.Encoder;
import org.solrelectra.lucene.encoder.EncoderOutput;
import org.solrelectra.lucene.encoder.JoinedText;
import org.solrelectra.lucene.encoder.Lane;
import org.solrelectra.lucene.encoder.TokenBatchBuilder;
import org.solrelectra.lucene.model.Manifest;
import org.solrelectra.lucene.model.Task;

/**
 * Labels texts with a fine-tuned encoder. Labels are those of the model directory, in UTF-8; scores
 * are probabilities: of labels that exclude each other, or of each label alone, as the directory
 * says. A text that is too long is cut at its end.
 *
 * <p>Threads may share it. Does not close the encoder.
 */
public final class EncoderClassifier implements Classifier<BytesRef> {
  private final Encoder encoder;
  private final Lane lane;
  private final TokenBatchBuilder batches;
  private final List<String> labels;
  private final Manifest manifest;

  /**
   * @param lane whether queries or documents are labelled
   * @throws IllegalArgumentException if the model was not made for classification
   */
  public EncoderClassifier(Encoder encoder, Lane lane) {
    this.encoder = encoder;
    this.lane = lane;
    this.manifest = encoder.model().manifest();
    if (manifest.task() != Task.CLASSIFICATION) {
      throw new IllegalArgumentException(
          "the model must be for classification; task of "
              + manifest.name()
              + "="
              + manifest.task().key());
    }
    this.labels = encoder.model().labels();
    this.batches = TokenBatchBuilder.of(encoder.model());
  }

  /** Returns the labels in the order of the model's logits. */
  public List<String> labels() {
    return labels;
  }

  /**
   * Returns the values of one document's fields as a text to label: joined by a blank, as far as
   * the model reads them; nothing if they have no word piece, which tells a model nothing.
   */
  public Optional<String> text(Iterable<String> values) {
    JoinedText text = batches.text();
    for (String value : values) {
      if (text.isFull()) {
        break;
      }
      text.add(value);
    }
    return text.hasPieces() ? Optional.of(text.toString()) : Optional.empty();
  }

  /** Returns the likeliest label and its probability. */
  @Override
  public ClassificationResult<BytesRef> assignClass(String text) throws IOException {
    return getClasses(text).get(0);
  }

  /** Returns all labels, the likeliest first. */
  @Override
  public List<ClassificationResult<BytesRef>> getClasses(String text) throws IOException {
    return results(probabilities(List.of(text)).get(0));
  }

  /** Returns the {@code max} likeliest labels. */
  @Override
  public List<ClassificationResult<BytesRef>> getClasses(String text, int max) throws IOException {
    return getClasses(List.of(text), max).get(0);
  }

  /** Returns the {@code max} likeliest labels of each text, in their order; on several threads. */
  public List<List<ClassificationResult<BytesRef>>> getClasses(List<String> texts, int max)
      throws IOException {
    List<List<ClassificationResult<BytesRef>>> results = new ArrayList<>(texts.size());
    for (double[] probabilities : probabilities(texts)) {
      results.add(List.copyOf(results(probabilities).subList(0, Math.min(max, labels.size()))));
    }
    return results;
  }

  private List<ClassificationResult<BytesRef>> results(double[] probabilities) {
    List<ClassificationResult<BytesRef>> results = new ArrayList<>(labels.size());
    for (int i = 0; i < probabilities.length; i++) {
      BytesRef label = new BytesRef(labels.get(i).getBytes(StandardCharsets.UTF_8));
      results.add(new ClassificationResult<>(label, probabilities[i]));
    }
    // Stable: equal probabilities keep the order of the model's labels.
    results.sort(Comparator.comparingDouble(result -> -result.getScore()));
    return results;
  }

  /** Returns for each text the probability of each label, [labels], in the order of the texts. */
  public List<double[]> probabilities(List<? extends CharSequence> texts) throws IOException {
    EncoderOutput output = encoder.encode(batches.texts(texts), Deadline.NONE, lane);
    List<double[]> probabilities = new ArrayList<>(texts.size());
    for (int i = 0; i < output.size(); i++) {
      probabilities.add(activate(output.logits(i)));
    }
    return probabilities;
  }

  private double[] activate(float[] logits) {
    double[] probabilities = new double[logits.length];
    switch (manifest.activation()) {
      case SIGMOID -> {
        for (int i = 0; i < logits.length; i++) {
          probabilities[i] = 1 / (1 + Math.exp(-logits[i] / manifest.temperature()));
        }
      }
      case SOFTMAX -> {
        double largest = Double.NEGATIVE_INFINITY;
        for (float logit : logits) {
          largest = Math.max(largest, logit);
        }
        double sum = 0;
        for (int i = 0; i < logits.length; i++) {
          probabilities[i] = Math.exp((logits[i] - largest) / manifest.temperature());
          sum += probabilities[i];
        }
        for (int i = 0; i < logits.length; i++) {
          probabilities[i] /= sum;
        }
      }
      case NONE -> throw new IllegalStateException("a classifier's logits make probabilities");
    }
    return probabilities;
  }
}
