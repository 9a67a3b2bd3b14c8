package org.solrelectra.training.network;

import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/** y = x Wᵀ + b, with Hugging Face's layout of W: [out, in]. */
final class Linear {
  private final Tensor weight;
  private final Tensor bias;

  Linear(ParameterSet parameters, String name, Initialization initialization, long in, long out) {
    this.weight = parameters.add(name + ".weight", initialization, out, in);
    this.bias = parameters.add(name + ".bias", Initialization.ZEROS, out);
  }

  Tensor forward(Tensor x) {
    return torch.linear(x, weight, bias);
  }
}
