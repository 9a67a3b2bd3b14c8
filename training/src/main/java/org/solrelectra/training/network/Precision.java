package org.solrelectra.training.network;

import java.util.function.Supplier;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.DeviceType;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * What matrix products are computed in. Parameters, their gradients, moments, sums inside LayerNorm
 * and softmax, and losses are float32 whatever it is.
 */
public enum Precision {
  /** float32, but for Muon's directions on a GPU. */
  FP32,
  /** float32, but on a GPU products of 19-bit factors, added up in float32. */
  TF32,
  /**
   * Products, what goes from layer to layer and what is kept for the backward pass in bfloat16, by
   * libtorch's autocast.
   */
  BF16;

  /** The least CPU on which bfloat16 is not emulated. */
  private static final String BFLOAT16_CPU = "AVX512";

  /** Says whether this is slower than float32 here: a CPU without AVX-512 emulates bfloat16. */
  public boolean isEmulatedOn(Device device) {
    return this == BF16
        && device.is_cpu()
        && !torch.get_cpu_capability().getString().startsWith(BFLOAT16_CPU);
  }

  /** Computes a forward pass; the backward pass follows it by itself. */
  public <T> T compute(Device device, Supplier<T> forward) {
    torch.globalContext().setAllowTF32CuBLAS(this == TF32);
    if (this != BF16) {
      return forward.get();
    }
    DeviceType type = device.type();
    torch.set_autocast_dtype(type, ScalarType.BFloat16);
    torch.set_autocast_enabled(type, true);
    try {
      return forward.get();
    } finally {
      torch.set_autocast_enabled(type, false);
      // Copies of weights, which the next update makes stale.
      torch.clear_cache();
    }
  }
}
