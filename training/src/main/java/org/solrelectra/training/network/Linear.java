package org.solrelectra.training.network;

import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;

/** y = x Wᵀ + b, with Hugging Face's layout of W: [out, in]. */
final class Linear {
  private final Tensor weight;
  private final TensorOptional bias;

  Linear(ParameterSet parameters, String name, Initialization initialization, long in, long out) {
    this.weight = parameters.add(name + ".weight", initialization, out, in);
    this.bias = new TensorOptional(parameters.add(name + ".bias", Initialization.ZEROS, out));
  }

  Tensor forward(Tensor x) {
    // With a plain Tensor for the bias this would be torch::nn::functional::linear, which adds it
    // in
    // an operator of its own: an eighth of a bfloat16 step on a GPU.
    return torch.linear(x, weight, bias);
  }
}
