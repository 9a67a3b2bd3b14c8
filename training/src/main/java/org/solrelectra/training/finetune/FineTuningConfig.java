package org.solrelectra.training.finetune;

import java.util.Objects;
import org.solrelectra.training.optimization.LayerwiseDecay;
import org.solrelectra.training.optimization.LearningRateSchedule;
import org.solrelectra.training.optimization.Optimizer.BiasCorrection;

/**
 * What decides the outcome of fine-tuning, apart from data and starting point.
 *
 * @param epochs passes over the training examples
 * @param batchSize examples a step
 * @param learningRate peak, of the head
 * @param warmupShare share of all steps over which the rate grows
 * @param layerDecay factor of the rate from one layer to the next below; 1 switches it off
 * @param maxLength the longest sequence in tokens, special tokens included
 * @param biasCorrection of the optimizer's moments
 * @param dropout on hidden states and attention probabilities
 */
public record FineTuningConfig(
    int epochs,
    int batchSize,
    double learningRate,
    double warmupShare,
    double weightDecay,
    double layerDecay,
    BiasCorrection biasCorrection,
    int maxLength,
    double dropout,
    long seed) {

  public FineTuningConfig {
    Objects.requireNonNull(biasCorrection);
    if (epochs < 1) {
      throw new IllegalArgumentException("epochs must be at least 1; epochs=" + epochs);
    }
    if (batchSize < 1) {
      throw new IllegalArgumentException("batchSize must be at least 1; batchSize=" + batchSize);
    }
    if (!(learningRate > 0 && Double.isFinite(learningRate))) {
      throw new IllegalArgumentException(
          "learningRate must be above 0; learningRate=" + learningRate);
    }
    if (!(warmupShare >= 0 && warmupShare < 1)) {
      throw new IllegalArgumentException(
          "warmupShare must be in [0, 1); warmupShare=" + warmupShare);
    }
    if (!(dropout >= 0 && dropout < 1)) {
      throw new IllegalArgumentException("dropout must be in [0, 1); dropout=" + dropout);
    }
  }

  LearningRateSchedule schedule(long steps) {
    return new LearningRateSchedule(
        LearningRateSchedule.Shape.ORIGINAL_LINEAR, learningRate, steps, warmupShare * steps);
  }

  LayerwiseDecay layerwiseDecay(int layers) {
    return new LayerwiseDecay(layers, layerDecay, LayerwiseDecay.Variant.CORRECTED);
  }
}
