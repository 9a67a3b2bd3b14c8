package org.solrelectra.training.network;

import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.DeviceType;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * Layer normalisation over the last dimension. Sums are float32 whatever comes in; what comes out
 * has its type.
 */
final class LayerNorm {
  private final long[] normalizedShape;
  private final Tensor weight;
  private final Tensor bias;
  private final double epsilon;

  LayerNorm(ParameterSet parameters, String name, long size, double epsilon) {
    this.normalizedShape = new long[] {size};
    this.weight = parameters.add(name + ".weight", Initialization.ONES, size);
    this.bias = parameters.add(name + ".bias", Initialization.ZEROS, size);
    this.epsilon = epsilon;
  }

  Tensor forward(Tensor x) {
    ScalarType type = x.scalar_type();
    if (type.intern() == ScalarType.Float) {
      return normalize(x, weight, bias);
    }
    // Autocast would turn x into float32 and give float32: twice the memory to move, and casts
    // before the next products and behind their gradients.
    DeviceType device = x.device().type();
    boolean autocast = torch.is_autocast_enabled(device);
    torch.set_autocast_enabled(device, false);
    try {
      return normalize(x, weight.to(type), bias.to(type));
    } finally {
      torch.set_autocast_enabled(device, autocast);
    }
  }

  private Tensor normalize(Tensor x, Tensor scale, Tensor shift) {
    return torch.layer_norm(
        x, normalizedShape, new TensorOptional(scale), new TensorOptional(shift), epsilon, false);
  }
}
