package org.solrelectra.training.task;

import java.io.IOException;
import java.util.List;
import org.solrelectra.lucene.encoder.Encoder;
import org.solrelectra.lucene.encoder.TokenBatchBuilder;
import org.solrelectra.lucene.encoder.TokenSequence;
import org.solrelectra.lucene.model.Manifest;
import org.solrelectra.lucene.model.Task;
import org.solrelectra.training.checkpoint.HuggingFaceDirectory.Head;
import org.solrelectra.training.dataset.ExampleRow;
import org.solrelectra.training.dataset.InvalidDatasetException;
import org.solrelectra.training.evaluation.Agreement;
import org.solrelectra.training.evaluation.EvaluationTable;

/**
 * What a model is fine-tuned to do: one class says all that differs between tasks, and {@link
 * Tasks} lists it. Implementations have no state; threads may share them.
 *
 * @param <E> an example with what is known of it
 */
public interface ModelTask<E> {

  /** Returns the name that {@code --task} takes. */
  String name();

  /** Returns, for {@code --help}: the examples and their keys, and what is measured. */
  String description();

  /** Returns what {@code manifest.json} calls it. */
  Task manifestTask();

  /** Returns what makes this task's logits probabilities. */
  Manifest.Activation activation();

  /** Returns the head of the network that learns it. */
  NetworkHead networkHead();

  /** Says whether a network with this head was trained for this task, by its labels and problem. */
  boolean isTaskOf(Head head);

  /** Says whether a model directory with this manifest does this task. */
  boolean isTaskOf(Manifest manifest);

  /** Returns how many passes over the training examples are made if the user does not say. */
  int usualEpochs();

  /** Reads one example of a file. */
  E read(ExampleRow row) throws InvalidDatasetException;

  /** Returns an example as the network reads it. */
  TokenSequence sequence(E example, TokenBatchBuilder batches);

  /**
   * Returns what is learnt from these examples.
   *
   * @throws InvalidDatasetException if nothing can be learnt from them, or nothing be measured
   */
  Objective objective(List<E> training, List<E> development, TokenBatchBuilder batches)
      throws InvalidDatasetException;

  /**
   * Measures a served model.
   *
   * @param training what it was trained on, for the baselines that learn; empty for none of them
   * @throws InvalidDatasetException if the examples are not of this model, or cannot be measured
   */
  EvaluationTable evaluate(
      Encoder encoder, List<E> test, List<E> training, EvaluationOptions options)
      throws IOException;

  /**
   * Compares a model with the one that it was made from.
   *
   * @throws InvalidDatasetException if the examples are not of this model, or cannot be measured
   */
  Agreement compare(Encoder reference, Encoder smaller, List<E> test, EvaluationOptions options)
      throws IOException;
}
