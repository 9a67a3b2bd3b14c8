package org.solrelectra.training.pretrain;

import org.solrelectra.training.network.Mode;
import org.solrelectra.training.network.ParameterSet;
import org.solrelectra.training.network.Precision;

/** A task whose forward passes are computed in a precision. */
record TaskInPrecision(PretrainingTask task, Precision precision) implements PretrainingTask {
  @Override
  public ParameterSet parameters() {
    return task.parameters();
  }

  @Override
  public Outcome forward(
      MaskedBatch batch, Denominators denominators, NoiseSeeding seeding, Mode mode) {
    return precision.compute(
        parameters().device(), () -> task.forward(batch, denominators, seeding, mode));
  }
}
