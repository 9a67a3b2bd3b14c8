package org.solrelectra.training.network;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.solrelectra.training.GoldenFiles;

class PrecisionIT {
  private static final ElectraConfig CONFIG =
      new ElectraConfig(40, 16, 32, 2, 2, 64, 16, 2, 1e-12, 0, 0);

  /**
   * bfloat16 has 8 bits of fraction; the sum of 32 products of LayerNorms' outputs keeps 2 digits.
   */
  private static final double BF16 = 0.05;

  private static double lossAndGradients(ParameterSet parameters, Precision precision) {
    SequenceClassificationNetwork network =
        new SequenceClassificationNetwork(parameters, CONFIG, 2);
    Tensor ids = Tensors.ofLongs(new long[] {1, 2, 3, 4, 5, 6}, GoldenFiles.CPU, 2, 3);
    Tensor types = Tensors.ofLongs(new long[] {0, 0, 1, 0, 1, 1}, GoldenFiles.CPU, 2, 3);
    Tensor logits =
        precision.compute(GoldenFiles.CPU, () -> network.forward(ids, types, null, Mode.TRAINING));
    assertEquals(
        precision == Precision.BF16 ? ScalarType.BFloat16 : ScalarType.Float,
        logits.scalar_type().intern());
    Tensor loss = logits.to(ScalarType.Float).exp().sum();
    loss.backward();
    return loss.item_double();
  }

  @ParameterizedTest
  @EnumSource(Precision.class)
  void lossesAgreeAndGradientsAreFloat32(Precision precision) {
    try (PointerScope scope = new PointerScope()) {
      ParameterSet exact = new ParameterSet(1, GoldenFiles.CPU);
      ParameterSet rounded = new ParameterSet(1, GoldenFiles.CPU);
      double expected = lossAndGradients(exact, Precision.FP32);
      double loss = lossAndGradients(rounded, precision);
      assertEquals(expected, loss, BF16 * expected);
      if (precision == Precision.BF16) {
        assertNotEquals(expected, loss, "bfloat16 must round");
      } else {
        assertEquals(expected, loss, "the CPU has no TF32");
      }
      String name = "electra.encoder.layer.0.intermediate.dense.weight";
      Tensor gradient = rounded.get(name).grad();
      assertEquals(ScalarType.Float, gradient.scalar_type().intern());
      double norm = exact.get(name).grad().norm().item_double();
      assertEquals(0, gradient.sub(exact.get(name).grad()).norm().item_double(), BF16 * norm);
    }
  }

  /** libtorch keeps rounded copies of weights, which an update makes stale. */
  @Test
  void updatedWeightsAreSeen() {
    try (PointerScope scope = new PointerScope()) {
      Tensor weight = torch.ones(4, 4).set_requires_grad(true);
      Tensor x = torch.ones(4, 4);
      Precision.BF16.compute(GoldenFiles.CPU, () -> torch.mm(x, weight));
      try (NoGradGuard noGradient = new NoGradGuard()) {
        weight.zero_();
      }
      assertEquals(
          0,
          Precision.BF16.compute(GoldenFiles.CPU, () -> torch.mm(x, weight)).sum().item_double());
    }
  }

  @Test
  void autocastEndsWithTheForwardPass() {
    Precision.BF16.compute(GoldenFiles.CPU, () -> 1);
    assertFalse(torch.is_autocast_enabled(torch.DeviceType.CPU));
    assertThrows(
        IllegalStateException.class,
        () ->
            Precision.BF16.compute(
                GoldenFiles.CPU,
                () -> {
                  throw new IllegalStateException();
                }));
    assertFalse(torch.is_autocast_enabled(torch.DeviceType.CPU));
  }
}
