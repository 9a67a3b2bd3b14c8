package org.solrelectra.training.pretrain;

import org.bytedeco.javacpp.PointerScope;
import org.solrelectra.training.network.Mode;
import org.solrelectra.training.optimization.AdamW;
import org.solrelectra.training.pretrain.PretrainingTask.Denominators;
import org.solrelectra.training.pretrain.PretrainingTask.NoiseSeeding;
import org.solrelectra.training.pretrain.PretrainingTask.Outcome;

/**
 * One update of all networks: forward, backward, optimizer. What is trained is what is timed. Where
 * loss or gradient is not finite, the optimizer leaves the update out.
 *
 * @param microBatches parts that a batch is cut into, one after the other, to need less memory
 */
record PretrainingStep(PretrainingTask task, AdamW optimizer, int microBatches) {

  /** Seeds the noise of one micro-batch. */
  @FunctionalInterface
  interface Seeding {
    /**
     * @param index of the micro-batch among all of the run
     */
    NoiseSeeding of(long index);
  }

  /**
   * Makes one update; its native memory is free when it returns.
   *
   * @param step how many were made before
   * @param measured receives what was seen
   */
  void run(
      MaskedBatch batch,
      long step,
      Seeding seeding,
      double learningRate,
      Measurements.Accumulator measured) {
    Denominators whole = Denominators.of(batch);
    for (int part = 0; part < microBatches; part++) {
      try (PointerScope scope = new PointerScope()) {
        Outcome outcome =
            task.forward(
                part(batch, part), whole, seeding.of(step * microBatches + part), Mode.TRAINING);
        outcome.total().backward();
        measured.add(outcome.measurements(), 1.0 / microBatches);
      }
    }
    optimizer.step(learningRate);
  }

  private MaskedBatch part(MaskedBatch batch, int part) {
    return microBatches == 1
        ? batch
        : batch.rows(
            part * batch.batch() / microBatches, (part + 1) * batch.batch() / microBatches);
  }
}
