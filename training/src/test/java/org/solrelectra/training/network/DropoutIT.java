package org.solrelectra.training.network;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;

import java.util.Arrays;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.solrelectra.training.GoldenFiles;

class DropoutIT {
  private static float[] dropped(double probability, long seed, long... shape) {
    torch.manual_seed(seed);
    return Tensors.floats(new Dropout(probability).forward(torch.ones(shape), Mode.TRAINING));
  }

  @Test
  void aShareIsZeroAndTheOthersKeepTheMean() {
    try (PointerScope scope = new PointerScope()) {
      float[] values = dropped(0.1, 5, 300, 401);
      int zeros = 0;
      for (float value : values) {
        if (value == 0) {
          zeros++;
        } else {
          assertEquals((float) (1 / 0.9), value);
        }
      }
      double deviation = Math.sqrt(0.1 * 0.9 / values.length);
      assertEquals(0.1, (double) zeros / values.length, 5 * deviation);
    }
  }

  @Test
  void theSeedDecidesAndTheThreadsDoNot() {
    try (PointerScope scope = new PointerScope()) {
      int before = torch.get_num_threads();
      torch.set_num_threads(1);
      float[] one = dropped(0.1, 5, 300, 401);
      torch.set_num_threads(2);
      assertArrayEquals(one, dropped(0.1, 5, 300, 401));
      torch.set_num_threads(before);
      assertFalse(Arrays.equals(one, dropped(0.1, 6, 300, 401)));
      torch.manual_seed(5);
      Dropout dropout = new Dropout(0.1);
      Tensor x = torch.ones(300, 401);
      float[] first = Tensors.floats(dropout.forward(x, Mode.TRAINING));
      float[] second = Tensors.floats(dropout.forward(x, Mode.TRAINING));
      assertArrayEquals(one, first);
      assertFalse(Arrays.equals(first, second), "each call draws anew");
    }
  }

  /** Values that lie in another order in memory are dropped no less, and so is bfloat16. */
  @Test
  void anyLayoutAndType() {
    try (PointerScope scope = new PointerScope()) {
      Tensor x = torch.ones(30, 50).transpose(0, 1);
      Tensor narrow = torch.ones(30, 50).narrow(1, 3, 20);
      Tensor half = torch.ones(30, 50).to(ScalarType.BFloat16);
      for (Tensor each : new Tensor[] {x, narrow, half}) {
        Tensor out = new Dropout(0.5).forward(each, Mode.TRAINING);
        assertEquals(each.scalar_type().intern(), out.scalar_type().intern());
        assertEquals(1, out.to(ScalarType.Float).mean().item_double(), 0.2);
        for (float value : Tensors.floats(out)) {
          assertEquals(1, value, 1f, "0 or 2");
        }
      }
    }
  }

  @Test
  void gradientsAreDroppedAlike() {
    try (PointerScope scope = new PointerScope()) {
      Tensor x = torch.ones(40, 50).set_requires_grad(true);
      Tensor out = new Dropout(0.3).forward(x, Mode.TRAINING);
      out.sum().backward();
      assertArrayEquals(Tensors.floats(out), Tensors.floats(x.grad()));
    }
  }

  @Test
  void nothingHappensOutsideOfTrainingOrWithoutAProbability() {
    Tensor x = torch.ones(2);
    assertSame(x, new Dropout(0.3).forward(x, Mode.EVALUATION));
    assertSame(x, new Dropout(0).forward(x, Mode.TRAINING));
  }

  /** With a probability that drops nothing, the operators are libtorch's attention. */
  @ParameterizedTest
  @CsvSource({"BIDIRECTIONAL, false", "BIDIRECTIONAL, true", "CAUSAL, false"})
  void attentionWithDropoutIsLibtorchs(Attention attention, boolean masked) {
    try (PointerScope scope = new PointerScope()) {
      ElectraConfig config = new ElectraConfig(40, 16, 32, 2, 2, 64, 16, 2, 1e-12, 0, 0);
      Tensor hidden = torch.randn(3, 7, 32);
      Tensor keys = torch.ones(3, 1, 1, 7).to(ScalarType.Bool);
      keys.narrow(3, 5, 2).zero_();
      TensorOptional mask = masked ? new TensorOptional(keys) : new TensorOptional();
      float[] expected = attend(config, attention, hidden, mask);
      float[] found = attend(config.withDropout(0, 1e-15), attention, hidden, mask);
      assertArrayEquals(expected, found, 1e-6f);
    }
  }

  private static float[] attend(
      ElectraConfig config, Attention attention, Tensor hidden, TensorOptional mask) {
    ParameterSet parameters = new ParameterSet(1, GoldenFiles.DEVICE);
    SelfAttention layer = new SelfAttention(parameters, "", config, attention);
    return Tensors.floats(layer.forward(hidden, mask, Mode.TRAINING));
  }
}
