package org.solrelectra.training.pretrain;

import java.util.Arrays;
import org.solrelectra.training.network.Libtorch;
import org.solrelectra.training.network.ParameterSet;
import org.solrelectra.training.optimization.AdamW;
import org.solrelectra.training.pretrain.PretrainingTask.NoiseSeeding;
import org.solrelectra.training.random.KeyedRandom;
import org.solrelectra.training.random.KeyedRandom.Purpose;

/**
 * Times whole pretraining steps on random tokens: making the batch, both networks, backward,
 * update.
 */
public final class PretrainingBenchmark {
  private static final int WARMUP_STEPS = 2;

  /** As in vocabularies that electra learns: the special tokens come first. */
  private static final int MASK_ID = 4;

  private static final int FIRST_ID = 5;

  private static final NoiseSeeding UNSEEDED =
      new NoiseSeeding() {
        @Override
        public void beforeGenerator() {}

        @Override
        public void beforeSampling() {}

        @Override
        public void beforeDiscriminator() {}
      };

  private PretrainingBenchmark() {}

  /** Returns the seconds of each of {@code steps} steps, after two that are not counted. */
  public static double[] run(
      PretrainingConfig config, int vocabularySize, int steps, Libtorch libtorch) {
    PretrainingTask task =
        Pretrainer.task(config, vocabularySize, new ParameterSet(config.seed(), libtorch.device()));
    AdamW optimizer =
        new AdamW(task.parameters(), AdamW.Settings.electra(config.biasCorrection()), name -> 1);
    PretrainingStep timed = new PretrainingStep(task, optimizer, config.microBatches());
    Measurements.Accumulator measured = new Measurements.Accumulator(libtorch.device());
    double[] seconds = new double[steps];
    for (int step = -WARMUP_STEPS; step < steps; step++) {
      long start = System.nanoTime();
      MaskedBatch batch = randomBatch(config, vocabularySize, step);
      timed.run(batch, step, index -> UNSEEDED, config.learningRate(), measured);
      if (step >= 0) {
        seconds[step] = (System.nanoTime() - start) / 1e9;
      }
    }
    return seconds;
  }

  private static MaskedBatch randomBatch(PretrainingConfig config, int vocabularySize, int step) {
    int size = config.batchSize() * config.sequenceLength();
    KeyedRandom random = new KeyedRandom(config.seed(), Purpose.SHUFFLE, step);
    long[] ids = new long[size];
    for (int i = 0; i < size; i++) {
      ids[i] = (long) FIRST_ID + random.nextInt(vocabularySize - FIRST_ID);
    }
    int masked =
        config.objective() == Objective.CLM
            ? config.sequenceLength() - 1
            : (int) (config.masking().rate() * config.sequenceLength());
    long[] positions = new long[config.batchSize() * masked];
    long[] generatorIds = ids.clone();
    int[] order = new int[config.sequenceLength()];
    for (int row = 0; row < config.batchSize(); row++) {
      Arrays.setAll(order, i -> i);
      if (config.objective() != Objective.CLM) {
        random.shuffle(order);
      }
      Arrays.sort(order, 0, masked);
      for (int i = 0; i < masked; i++) {
        int position = row * config.sequenceLength() + order[i];
        positions[row * masked + i] = position;
        if (config.objective() != Objective.CLM) {
          generatorIds[position] = MASK_ID;
        }
      }
    }
    return new MaskedBatch(
        config.batchSize(),
        config.sequenceLength(),
        ids,
        new long[size],
        null,
        positions,
        null,
        generatorIds);
  }
}
