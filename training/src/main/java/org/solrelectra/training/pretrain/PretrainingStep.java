package org.solrelectra.training.pretrain;

import org.bytedeco.javacpp.PointerScope;
import org.solrelectra.training.network.Mode;
import org.solrelectra.training.network.Tensors;
import org.solrelectra.training.optimization.AdamW;
import org.solrelectra.training.pretrain.ReplacedTokenDetection.Denominators;
import org.solrelectra.training.pretrain.ReplacedTokenDetection.NoiseSeeding;
import org.solrelectra.training.pretrain.ReplacedTokenDetection.Outcome;

/** One update of both networks: forward, backward, optimizer. What is trained is what is timed. */
record PretrainingStep(ReplacedTokenDetection networks, AdamW optimizer) {

  /**
   * What an update saw.
   *
   * @param measurements of {@link ReplacedTokenDetection.Outcome}
   * @param gradientNorm the global norm before clipping
   */
  record Result(float[] measurements, double gradientNorm) {}

  /**
   * Makes one update; its native memory is free when it returns.
   *
   * @throws ArithmeticException if loss or gradient is not finite; the parameters stay as they were
   */
  Result run(MaskedBatch batch, NoiseSeeding seeding, double learningRate) {
    try (PointerScope scope = new PointerScope()) {
      Outcome outcome =
          networks.forward(
              batch,
              Denominators.of(batch),
              ReplacementSampler.cumulative(),
              seeding,
              Mode.TRAINING);
      outcome.total().backward();
      double norm = optimizer.step(learningRate);
      return new Result(Tensors.floats(outcome.measurements()), norm);
    }
  }
}
