package org.solrelectra.training.finetune;

import java.util.List;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.Tensor;
import org.solrelectra.lucene.encoder.TokenSequence;
import org.solrelectra.training.checkpoint.HuggingFaceDirectory.Head;

/**
 * What is learnt: examples as tokens, the loss, and how good the network is on the development set.
 */
interface FineTuningTask {
  /** Returns what the trained directory says of its head. */
  Head head();

  /** Returns the number of logits. */
  int labels();

  /** Returns the training examples' tokens. */
  List<TokenSequence> training();

  /** Returns the development set's tokens. */
  List<TokenSequence> development();

  /**
   * Returns the mean loss of training examples.
   *
   * @param logits float32 [batch, labels]
   * @param examples which training examples the rows are
   */
  Tensor loss(Tensor logits, int[] examples, Device device);

  /** Returns how good logits of the development set are, higher is better; one row an example. */
  double quality(List<float[]> logits);

  /** Returns what {@link #quality} measures, such as {@code accuracy}. */
  String qualityName();

  /** Returns what logits are to be divided by for honest probabilities; 1 if there are none. */
  double temperature(List<float[]> logits);
}
