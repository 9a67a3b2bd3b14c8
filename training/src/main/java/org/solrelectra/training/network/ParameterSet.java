package org.solrelectra.training.network;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;

/**
 * The trained tensors of one or several networks by name, in the order they were made. A tensor
 * that two networks share stands once. Lives as long as the program trains; not thread-safe.
 */
public final class ParameterSet {
  private final Map<String, Tensor> tensors = new LinkedHashMap<>();
  private final long seed;
  private final Device device;

  /** Makes an empty set whose parameters start from {@code seed} and live on {@code device}. */
  public ParameterSet(long seed, Device device) {
    this.seed = seed;
    this.device = device;
  }

  public Device device() {
    return device;
  }

  Tensor add(String name, Initialization initialization, long... shape) {
    if (tensors.containsKey(name)) {
      throw new IllegalStateException("two parameters have the name " + name);
    }
    Tensor tensor =
        Tensors.ofFloats(initialization.values(seed, name, shape), device, shape)
            .set_requires_grad(true);
    tensors.put(name, tensor);
    return tensor;
  }

  /** Returns all parameters by name. */
  public Map<String, Tensor> all() {
    return Collections.unmodifiableMap(tensors);
  }

  /** Returns the parameter of this name. */
  public Tensor get(String name) {
    Tensor tensor = tensors.get(name);
    if (tensor == null) {
      throw new IllegalArgumentException(
          "no parameter '" + name + "'; parameters: " + tensors.keySet());
    }
    return tensor;
  }

  /** Overwrites the values of a parameter, row by row. */
  public void set(String name, float[] values) {
    Tensor tensor = get(name);
    try (PointerScope scope = new PointerScope();
        NoGradGuard noGradient = new NoGradGuard()) {
      tensor.copy_(Tensors.ofFloats(values, device, Tensors.shape(tensor)));
    }
  }

  /** Returns the number of trained values. */
  public long count() {
    return tensors.values().stream().mapToLong(Tensor::numel).sum();
  }
}
