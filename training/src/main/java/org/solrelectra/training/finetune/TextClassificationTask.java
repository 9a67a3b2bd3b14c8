package org.solrelectra.training.finetune;

import java.util.List;
import java.util.TreeSet;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.solrelectra.lucene.encoder.TokenBatchBuilder;
import org.solrelectra.lucene.encoder.TokenSequence;
import org.solrelectra.lucene.model.Excerpt;
import org.solrelectra.training.checkpoint.HuggingFaceDirectory.Head;
import org.solrelectra.training.dataset.InvalidDatasetException;
import org.solrelectra.training.dataset.LabeledText;
import org.solrelectra.training.dataset.TextSequences;
import org.solrelectra.training.network.Tensors;

/** One label a text, or a pair of texts: cross-entropy, and accuracy on the development set. */
final class TextClassificationTask implements FineTuningTask {
  private final List<String> labels;
  private final List<TokenSequence> training;
  private final List<TokenSequence> development;
  private final int[] trainingLabels;
  private final int[] developmentLabels;

  /**
   * @throws InvalidDatasetException if a label of the development set is never trained, or there is
   *     but one label
   */
  TextClassificationTask(
      List<LabeledText> training, List<LabeledText> development, TokenBatchBuilder batches)
      throws InvalidDatasetException {
    this.labels = List.copyOf(new TreeSet<>(training.stream().map(LabeledText::label).toList()));
    if (labels.size() < 2) {
      throw new InvalidDatasetException(
          "training examples must have at least two labels; labels: " + Excerpt.of(labels));
    }
    this.trainingLabels = ids(training, "training");
    this.developmentLabels = ids(development, "development");
    this.training = TextSequences.of(training, batches);
    this.development = TextSequences.of(development, batches);
  }

  private int[] ids(List<LabeledText> examples, String set) throws InvalidDatasetException {
    int[] ids = new int[examples.size()];
    for (int i = 0; i < ids.length; i++) {
      ids[i] = labels.indexOf(examples.get(i).label());
      if (ids[i] < 0) {
        throw new InvalidDatasetException(
            "label '"
                + Excerpt.of(examples.get(i).label())
                + "' of the "
                + set
                + " set is in no training example; labels: "
                + Excerpt.of(labels));
      }
    }
    return ids;
  }

  @Override
  public Head head() {
    return Head.classifier(labels);
  }

  @Override
  public int labels() {
    return labels.size();
  }

  @Override
  public List<TokenSequence> training() {
    return training;
  }

  @Override
  public List<TokenSequence> development() {
    return development;
  }

  @Override
  public Tensor loss(Tensor logits, int[] examples, Device device) {
    long[] targets = new long[examples.length];
    for (int i = 0; i < targets.length; i++) {
      targets[i] = trainingLabels[examples[i]];
    }
    return torch.cross_entropy_loss(logits, Tensors.ofLongs(targets, device, targets.length));
  }

  @Override
  public double quality(List<float[]> logits) {
    int right = 0;
    for (int i = 0; i < logits.size(); i++) {
      if (largest(logits.get(i)) == developmentLabels[i]) {
        right++;
      }
    }
    return (double) right / logits.size();
  }

  private static int largest(float[] values) {
    int largest = 0;
    for (int i = 1; i < values.length; i++) {
      if (values[i] > values[largest]) {
        largest = i;
      }
    }
    return largest;
  }

  @Override
  public String qualityName() {
    return "accuracy";
  }

  @Override
  public double temperature(List<float[]> logits) {
    return Temperature.fit(logits, developmentLabels);
  }
}
