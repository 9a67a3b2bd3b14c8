package org.solrelectra.training.network;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
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
    Tensor ids = Tensors.ofLongs(new long[] {1, 2, 3, 4, 5, 6}, GoldenFiles.DEVICE, 2, 3);
    Tensor types = Tensors.ofLongs(new long[] {0, 0, 1, 0, 1, 1}, GoldenFiles.DEVICE, 2, 3);
    Tensor logits =
        precision.compute(
            GoldenFiles.DEVICE, () -> network.forward(ids, types, null, Mode.TRAINING));
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
      ParameterSet exact = new ParameterSet(1, GoldenFiles.DEVICE);
      ParameterSet rounded = new ParameterSet(1, GoldenFiles.DEVICE);
      double expected = lossAndGradients(exact, Precision.FP32);
      double loss = lossAndGradients(rounded, precision);
      assertEquals(expected, loss, BF16 * expected);
      if (precision == Precision.BF16) {
        assertNotEquals(expected, loss, "bfloat16 must round");
      } else {
        // TF32 has 10 bits of fraction, and the CPU does without it.
        boolean tf32 = precision == Precision.TF32 && GoldenFiles.DEVICE.is_cuda();
        assertEquals(expected, loss, tf32 ? 1e-3 * expected : 0);
      }
      String name = "electra.encoder.layer.0.intermediate.dense.weight";
      Tensor gradient = rounded.get(name).grad();
      assertEquals(ScalarType.Float, gradient.scalar_type().intern());
      double norm = exact.get(name).grad().norm().item_double();
      assertEquals(0, gradient.sub(exact.get(name).grad()).norm().item_double(), BF16 * norm);
    }
  }

  @ParameterizedTest
  @EnumSource(Precision.class)
  void whatGoesFromLayerToLayerHasTheTypeOfProducts(Precision precision) {
    try (PointerScope scope = new PointerScope()) {
      ParameterSet parameters = new ParameterSet(1, GoldenFiles.DEVICE);
      ElectraEncoder encoder =
          new ElectraEncoder(
              parameters,
              "",
              CONFIG,
              new ElectraEmbeddings(parameters, "", CONFIG),
              Attention.BIDIRECTIONAL);
      Tensor ids = Tensors.ofLongs(new long[] {1, 2, 3, 4, 5, 6}, GoldenFiles.DEVICE, 2, 3);
      Tensor types = Tensors.ofLongs(new long[] {0, 0, 1, 0, 1, 1}, GoldenFiles.DEVICE, 2, 3);
      List<Tensor> states =
          precision.compute(
              GoldenFiles.DEVICE, () -> encoder.forwardAll(ids, types, null, Mode.TRAINING));
      ScalarType expected = precision == Precision.BF16 ? ScalarType.BFloat16 : ScalarType.Float;
      for (Tensor state : states) {
        assertEquals(expected, state.scalar_type().intern());
      }
    }
  }

  /** libtorch keeps rounded copies of weights, which an update makes stale. */
  @Test
  void updatedWeightsAreSeen() {
    try (PointerScope scope = new PointerScope()) {
      Tensor weight = torch.ones(4, 4).set_requires_grad(true);
      Tensor x = torch.ones(4, 4);
      Precision.BF16.compute(GoldenFiles.DEVICE, () -> torch.mm(x, weight));
      try (NoGradGuard noGradient = new NoGradGuard()) {
        weight.zero_();
      }
      assertEquals(
          0,
          Precision.BF16
              .compute(GoldenFiles.DEVICE, () -> torch.mm(x, weight))
              .sum()
              .item_double());
    }
  }

  @Test
  void autocastEndsWithTheForwardPass() {
    Precision.BF16.compute(GoldenFiles.DEVICE, () -> 1);
    assertFalse(torch.is_autocast_enabled(torch.DeviceType.CPU));
    assertThrows(
        IllegalStateException.class,
        () ->
            Precision.BF16.compute(
                GoldenFiles.DEVICE,
                () -> {
                  throw new IllegalStateException();
                }));
    assertFalse(torch.is_autocast_enabled(torch.DeviceType.CPU));
  }
}
