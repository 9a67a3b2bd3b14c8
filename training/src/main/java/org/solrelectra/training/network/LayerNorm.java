package org.solrelectra.training.network;

import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** Layer normalisation over the last dimension, in float32 whatever comes in. */
final class LayerNorm {
  private final long[] normalizedShape;
  private final TensorOptional weight;
  private final TensorOptional bias;
  private final double epsilon;

  LayerNorm(ParameterSet parameters, String name, long size, double epsilon) {
    this.normalizedShape = new long[] {size};
    this.weight = new TensorOptional(parameters.add(name + ".weight", Initialization.ONES, size));
    this.bias = new TensorOptional(parameters.add(name + ".bias", Initialization.ZEROS, size));
    this.epsilon = epsilon;
  }

  Tensor forward(Tensor x) {
    return torch.layer_norm(x.to(ScalarType.Float), normalizedShape, weight, bias, epsilon, false);
  }
}
