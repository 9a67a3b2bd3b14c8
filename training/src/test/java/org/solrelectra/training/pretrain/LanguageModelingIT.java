package org.solrelectra.training.pretrain;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.bytedeco.javacpp.PointerScope;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.solrelectra.training.GoldenFiles;
import org.solrelectra.training.distributed.ProcessGroup;
import org.solrelectra.training.network.Attention;
import org.solrelectra.training.network.ElectraConfig;
import org.solrelectra.training.network.Mode;
import org.solrelectra.training.network.ParameterSet;
import org.solrelectra.training.optimization.Optimizer;
import org.solrelectra.training.optimization.Optimizer.BiasCorrection;
import org.solrelectra.training.pretrain.PretrainingTask.Denominators;
import org.solrelectra.training.pretrain.PretrainingTask.NoiseSeeding;
import org.solrelectra.training.random.KeyedRandom;
import org.solrelectra.training.random.KeyedRandom.Purpose;

/** Language models alone: what they look at, what they count, and that they learn. */
class LanguageModelingIT {
  private static final int VOCABULARY_SIZE = 60;
  private static final int ROWS = 4;
  private static final int LENGTH = 12;
  private static final ElectraConfig CONFIG =
      new ElectraConfig(VOCABULARY_SIZE, 16, 32, 2, 2, 64, 16, 2, 1e-12, 0, 0);

  /** Rows of random tokens, whose positions 2, 5 and 8 are to be predicted. */
  private static MaskedBatch batch(float[] counts) {
    KeyedRandom random = new KeyedRandom(3, Purpose.SHUFFLE, 0);
    long[] ids = new long[ROWS * LENGTH];
    for (int i = 0; i < ids.length; i++) {
      ids[i] = 5L + random.nextInt(VOCABULARY_SIZE - 5);
    }
    long[] masked = ids.clone();
    long[] positions = new long[3 * ROWS];
    for (int i = 0; i < positions.length; i++) {
      int position = i / 3 * LENGTH + 2 + i % 3 * 3;
      positions[i] = position;
      masked[position] = 4;
    }
    return batch(ids, masked, positions, counts);
  }

  private static MaskedBatch batch(long[] ids, long[] masked, long[] positions, float[] counts) {
    int rows = ids.length / LENGTH;
    return new MaskedBatch(
        rows, LENGTH, ids, new long[ids.length], null, null, positions, counts, masked);
  }

  private static double loss(PretrainingTask task, MaskedBatch batch) {
    try (PointerScope scope = new PointerScope()) {
      return task.forward(batch, Denominators.of(batch), NoiseSeeding.NONE, Mode.EVALUATION)
          .total()
          .item_double();
    }
  }

  private static LanguageModeling task(Attention attention) {
    return new LanguageModeling(new ParameterSet(1, GoldenFiles.DEVICE), CONFIG, attention);
  }

  /** Untrained, all tokens are as likely; then a batch can be learnt by heart. */
  @ParameterizedTest
  @EnumSource(Attention.class)
  void aBatchIsLearntByHeart(Attention attention) {
    LanguageModeling task = task(attention);
    MaskedBatch batch = batch(null);
    Optimizer optimizer =
        new Optimizer(
            task.parameters(),
            Optimizer.Settings.electra(BiasCorrection.STANDARD, Optimizer.Matrices.ADAMW),
            name -> 1);
    PretrainingStep step =
        new PretrainingStep(
            task, optimizer, 1, ProcessGroup.alone(GoldenFiles.DEVICE), PretrainingStep.Watch.NONE);
    assertEquals(Math.log(VOCABULARY_SIZE), loss(task, batch), 0.1);
    Measurements.Accumulator measured = new Measurements.Accumulator(GoldenFiles.DEVICE);
    Measurements last = null;
    for (int i = 0; i < 150; i++) {
      step.run(batch, i, index -> NoiseSeeding.NONE, 5e-3, measured);
      last = measured.result();
    }
    assertEquals(1, last.mlmAccuracy());
    assertTrue(last.mlmLoss() < 0.1, "loss " + last.mlmLoss());
    assertEquals(last.mlmLoss(), last.totalLoss());
    assertTrue(Double.isNaN(last.rtdLoss()));
  }

  @Test
  void aCausalModelSeesNothingThatComesLater() {
    MaskedBatch batch = batch(null);
    long[] first = {2};
    long[] later = batch.inputIds().clone();
    later[4]++;
    for (Attention attention : Attention.values()) {
      LanguageModeling task = task(attention);
      double before = loss(task, batch(batch.inputIds(), batch.inputIds(), first, null));
      double after = loss(task, batch(later, later, first, null));
      if (attention == Attention.CAUSAL) {
        assertEquals(before, after);
      } else {
        assertNotEquals(before, after);
      }
    }
  }

  @Test
  void aCausalModelPredictsTheNextToken() {
    MaskedBatch batch = batch(null);
    LanguageModeling task = task(Attention.CAUSAL);
    long[] first = {2};
    double before = loss(task, batch(batch.inputIds(), batch.inputIds(), first, null));
    long[] otherTarget = batch.inputIds().clone();
    otherTarget[3] = otherTarget[3] == 5 ? 6 : 5;
    assertNotEquals(before, loss(task, batch(otherTarget, batch.inputIds(), first, null)));
    long[] otherOwn = batch.inputIds().clone();
    otherOwn[2] = otherOwn[2] == 5 ? 6 : 5;
    assertEquals(before, loss(task, batch(otherOwn, batch.inputIds(), first, null)));
  }

  /** google-research/electra counts a position twice that it drew twice. */
  @Test
  void aPositionDrawnTwiceCountsTwice() {
    LanguageModeling task = task(Attention.BIDIRECTIONAL);
    MaskedBatch all = batch(null);
    double[] each = new double[3];
    for (int i = 0; i < 3; i++) {
      each[i] = loss(task, batch(all.inputIds(), all.maskedIds(), new long[] {2 + 3L * i}, null));
    }
    double weighted =
        loss(
            task,
            batch(all.inputIds(), all.maskedIds(), new long[] {2, 5, 8}, new float[] {1, 3, 1}));
    assertEquals((each[0] + 3 * each[1] + each[2]) / 5, weighted, 1e-6);
  }
}
