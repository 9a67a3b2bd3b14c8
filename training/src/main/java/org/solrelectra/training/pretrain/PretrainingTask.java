package org.solrelectra.training.pretrain;

import org.bytedeco.pytorch.Tensor;
import org.solrelectra.training.network.Mode;
import org.solrelectra.training.network.ParameterSet;

/** One or two networks and the loss that they minimise together on a batch. */
public interface PretrainingTask {

  /** Returns the parameters of all networks, a shared one once. */
  ParameterSet parameters();

  /**
   * Computes the loss of a batch. Everything it makes belongs to the caller's scope.
   *
   * @param denominators what the means are taken over, more than {@code batch} holds if it is a
   *     part of a step's batch
   */
  Outcome forward(MaskedBatch batch, Denominators denominators, NoiseSeeding seeding, Mode mode);

  /**
   * What one forward pass gives.
   *
   * @param total the loss to minimise, a scalar with gradient
   * @param measurements float64 [{@link Measurements#COUNT}], without gradient, on the device
   */
  record Outcome(Tensor total, Tensor measurements) {}

  /**
   * What the means of a step are taken over; a micro-batch is given those of the whole batch.
   *
   * @param selections how often a position was selected
   * @param tokens positions that are not padding
   */
  record Denominators(long selections, long tokens) {
    public static Denominators of(MaskedBatch batch) {
      return new Denominators(batch.selections(), batch.tokens());
    }
  }

  /** Called before each network's forward pass, so that its noise can be seeded. */
  interface NoiseSeeding {
    /** Leaves the noise to libtorch's generator as it is. */
    NoiseSeeding NONE =
        new NoiseSeeding() {
          @Override
          public void beforeGenerator() {}

          @Override
          public void beforeSampling() {}

          @Override
          public void beforeDiscriminator() {}
        };

    void beforeGenerator();

    void beforeSampling();

    void beforeDiscriminator();
  }
}
