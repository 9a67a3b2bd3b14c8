package org.solrelectra.training.pretrain;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;
import org.solrelectra.training.GoldenFiles;
import org.solrelectra.training.network.Tensors;

class ReplacementSamplerIT {
  private static final int DRAWS = 20_000;

  @Test
  void samplesHaveTheGeneratorsDistribution() {
    double[] probabilities = {0.5, 0.25, 0.125, 0.0625, 0.0625};
    float[] logits = new float[DRAWS * probabilities.length];
    for (int i = 0; i < logits.length; i++) {
      // A constant in a row's logits changes nothing.
      double constant = (double) (i / probabilities.length % 7);
      logits[i] = (float) (Math.log(probabilities[i % probabilities.length]) + constant);
    }
    try (PointerScope scope = new PointerScope()) {
      torch.manual_seed(3);
      Tensor rows = Tensors.ofFloats(logits, GoldenFiles.DEVICE, DRAWS, probabilities.length);
      int[] counts = new int[probabilities.length];
      for (long id : Tensors.longs(ReplacementSampler.cumulative().sample(rows))) {
        counts[(int) id]++;
      }
      for (int i = 0; i < counts.length; i++) {
        double p = probabilities[i];
        assertEquals(p, (double) counts[i] / DRAWS, 5 * Math.sqrt(p * (1 - p) / DRAWS), "id " + i);
      }
    }
  }

  @Test
  void everyUniformNumberFallsIntoItsPiece() {
    float[] logits = new float[20];
    for (int i = 0; i < logits.length; i++) {
      logits[i] = (float) Math.log((i % 4 + 1) / 10.0);
    }
    float[] uniform = {0f, 0.0999f, 0.1001f, 0.5999f, 0.99999994f};
    try (PointerScope scope = new PointerScope()) {
      Tensor sampled =
          ReplacementSampler.byCumulation(
              Tensors.ofFloats(logits, GoldenFiles.DEVICE, 5, 4),
              Tensors.ofFloats(uniform, GoldenFiles.DEVICE, 5, 1));
      assertArrayEquals(new long[] {0, 0, 1, 2, 3}, Tensors.longs(sampled));
    }
  }

  @Test
  void whatIsImpossibleIsNeverDrawn() {
    float[] logits = {-1e30f, 0, -1e30f, -1e30f, 0, -1e30f};
    try (PointerScope scope = new PointerScope()) {
      for (float uniform : new float[] {0, 0.3f, 0.99999994f}) {
        long[] sampled =
            Tensors.longs(
                ReplacementSampler.byCumulation(
                    Tensors.ofFloats(logits, GoldenFiles.DEVICE, 2, 3),
                    Tensors.ofFloats(new float[] {uniform, uniform}, GoldenFiles.DEVICE, 2, 1)));
        assertArrayEquals(new long[] {1, 1}, sampled, "at " + uniform);
      }
    }
  }
}
