package org.solrelectra.training.task;

import java.util.List;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.Tensor;
import org.solrelectra.lucene.encoder.TokenSequence;
import org.solrelectra.training.checkpoint.HuggingFaceDirectory.Head;

/**
 * What is learnt from given examples: their tokens, the loss, and how good a network is on the
 * development set.
 */
public interface Objective {
  /** Returns what the trained directory says of its head. */
  Head head();

  /** Returns the number of labels. */
  default int labels() {
    return head().labels().size();
  }

  /** Returns the training examples' tokens. */
  List<TokenSequence> training();

  /** Returns the development set's tokens. */
  List<TokenSequence> development();

  /**
   * Returns the mean loss of training examples.
   *
   * @param logits float32, as the task's head gives them
   * @param examples which training examples the rows are
   */
  Tensor loss(Tensor logits, int[] examples, Device device);

  /** Returns how good logits of the development set are, higher is better; one row an example. */
  double quality(List<float[]> logits);

  /** Returns what {@link #quality} measures, such as {@code accuracy}. */
  String qualityName();

  /** Returns what makes decisions of the network that gave these logits of the development set. */
  Calibration calibration(List<float[]> logits);
}
