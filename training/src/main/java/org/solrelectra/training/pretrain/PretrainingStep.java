package org.solrelectra.training.pretrain;

import org.bytedeco.javacpp.PointerScope;
import org.solrelectra.training.distributed.ProcessGroup;
import org.solrelectra.training.network.Mode;
import org.solrelectra.training.optimization.Optimizer;
import org.solrelectra.training.pretrain.PretrainingTask.Denominators;
import org.solrelectra.training.pretrain.PretrainingTask.NoiseSeeding;
import org.solrelectra.training.pretrain.PretrainingTask.Outcome;

/**
 * One update of all networks: forward, backward, optimizer. What is trained is what is timed. Where
 * the gradient is not finite, the optimizer leaves the update out.
 *
 * <p>However many processes share the micro-batches, the same numbers are added up: noise depends
 * on a micro-batch's index, and means are over the whole batch.
 *
 * @param microBatches parts that a batch is cut into, one after the other, to need less memory
 * @param processes who share the parts, each at least one
 */
record PretrainingStep(
    PretrainingTask task,
    Optimizer optimizer,
    int microBatches,
    ProcessGroup processes,
    Watch watch) {

  /** Parts of a step, in their order; the first two once a micro-batch. */
  enum Phase {
    FORWARD,
    BACKWARD,
    UPDATE
  }

  /** Is told as soon as a phase was given to the device. */
  @FunctionalInterface
  interface Watch {
    Watch NONE = phase -> {};

    void ended(Phase phase);
  }

  /** Seeds the noise of one micro-batch. */
  @FunctionalInterface
  interface Seeding {
    /**
     * @param index of the micro-batch among all of the run
     */
    NoiseSeeding of(long index);
  }

  /**
   * Makes one update, the same in all processes; its native memory is free when it returns.
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
    ProcessGroup.Share share = processes.share(microBatches);
    for (int part = share.from(); part < share.to(); part++) {
      try (PointerScope scope = new PointerScope()) {
        Outcome outcome =
            task.forward(
                part(batch, part), whole, seeding.of(step * microBatches + part), Mode.TRAINING);
        watch.ended(Phase.FORWARD);
        outcome.total().backward();
        watch.ended(Phase.BACKWARD);
        measured.add(outcome.measurements(), 1.0 / microBatches);
      }
    }
    processes.sum(optimizer.flatParameters().gradients());
    optimizer.step(learningRate);
    watch.ended(Phase.UPDATE);
  }

  private MaskedBatch part(MaskedBatch batch, int part) {
    return microBatches == 1
        ? batch
        : batch.rows(
            part * batch.batch() / microBatches, (part + 1) * batch.batch() / microBatches);
  }
}
