package org.solrelectra.training.optimization;

import java.util.HashMap;
import java.util.Map;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.solrelectra.training.GoldenFiles;
import org.solrelectra.training.network.ElectraConfig;
import org.solrelectra.training.network.Mode;
import org.solrelectra.training.network.ParameterSet;
import org.solrelectra.training.network.SequenceClassificationNetwork;
import org.solrelectra.training.network.Tensors;

/** A small classifier and its optimizer, with one batch whose loss can be scaled. */
final class SmallTraining {
  final ParameterSet parameters = new ParameterSet(1, GoldenFiles.DEVICE);
  final Optimizer optimizer;
  private final SequenceClassificationNetwork network;

  SmallTraining(ElectraConfig config, Optimizer.Settings settings) {
    network = new SequenceClassificationNetwork(parameters, config, 2);
    optimizer = new Optimizer(parameters, settings, name -> 1);
  }

  /** Adds to the gradients. */
  void backward(double factor) {
    Tensor ids = Tensors.ofLongs(new long[] {1, 2, 3, 4, 5, 6}, GoldenFiles.DEVICE, 2, 3);
    Tensor types = Tensors.ofLongs(new long[] {0, 0, 1, 0, 1, 1}, GoldenFiles.DEVICE, 2, 3);
    network.forward(ids, types, null, Mode.TRAINING).exp().sum().mul(new Scalar(factor)).backward();
  }

  void update(double factor) {
    try (PointerScope scope = new PointerScope()) {
      backward(factor);
      optimizer.step(0.01);
    }
  }

  Map<String, float[]> values() {
    Map<String, float[]> values = new HashMap<>();
    parameters.all().forEach((name, tensor) -> values.put(name, Tensors.floats(tensor)));
    return values;
  }

  /** Parameters and moments. */
  Map<String, float[]> everything() {
    Map<String, float[]> values = values();
    optimizer.firstMoments().forEach((name, m) -> values.put("1 " + name, Tensors.floats(m)));
    optimizer.secondMoments().forEach((name, m) -> values.put("2 " + name, Tensors.floats(m)));
    return values;
  }
}
