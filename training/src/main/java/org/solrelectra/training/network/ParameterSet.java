package org.solrelectra.training.network;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;

/**
 * The trained tensors of one or several networks by name, in the order they were made. A tensor
 * that two networks share stands once. Lives as long as the program trains; not thread-safe.
 *
 * <p>What is trained may be laid out otherwise than the networks' weights: a vocabulary's rows may
 * be {@link #addVocabularyRows padded}, a table may be {@link #addDelta the difference} to another.
 * {@link #weights} and {@link #set} speak of the weights, {@link #all} of what is trained.
 */
public final class ParameterSet {
  private final Map<String, Tensor> tensors = new LinkedHashMap<>();
  private final Map<String, Weight> weights = new LinkedHashMap<>();
  private final long seed;
  private final Device device;
  private final long rowMultiple;

  /** How a network's weight follows from what is trained, and back. */
  private interface Weight {
    Tensor read();

    /** Called without gradients. */
    void write(Tensor values);
  }

  /** Makes an empty set whose parameters start from {@code seed} and live on {@code device}. */
  public ParameterSet(long seed, Device device) {
    this(seed, device, 1);
  }

  /**
   * @param rowMultiple what the trained rows of a vocabulary's tables are padded to a multiple of;
   *     1 for no padding
   */
  public ParameterSet(long seed, Device device, int rowMultiple) {
    if (rowMultiple < 1) {
      throw new IllegalArgumentException(
          "rowMultiple must be at least 1; rowMultiple=" + rowMultiple);
    }
    this.seed = seed;
    this.device = device;
    this.rowMultiple = rowMultiple;
  }

  public Device device() {
    return device;
  }

  Tensor add(String name, Initialization initialization, long... shape) {
    Tensor tensor =
        train(name, Tensors.ofFloats(initialization.values(seed, name, shape), device, shape));
    publish(
        name,
        new Weight() {
          @Override
          public Tensor read() {
            return tensor;
          }

          @Override
          public void write(Tensor values) {
            tensor.copy_(values);
          }
        });
    return tensor;
  }

  /**
   * Adds a weight with one row for each of a vocabulary's tokens. Rows of padding start as {@code
   * padding} and stay so, if no gradient reaches them.
   *
   * @param shape of the weight; the first is the vocabulary's size
   * @return the trained tensor, whose first dimension is a multiple of this set's row multiple
   */
  Tensor addVocabularyRows(
      String name, Initialization initialization, float padding, long... shape) {
    long rows = shape[0];
    long[] padded = shape.clone();
    padded[0] = (rows + rowMultiple - 1) / rowMultiple * rowMultiple;
    float[] first = initialization.values(seed, name, shape);
    float[] values = Arrays.copyOf(first, Math.toIntExact(first.length / rows * padded[0]));
    Arrays.fill(values, first.length, values.length, padding);
    Tensor tensor = train(name, Tensors.ofFloats(values, device, padded));
    publish(
        name,
        new Weight() {
          @Override
          public Tensor read() {
            return tensor.narrow(0, 0, rows);
          }

          @Override
          public void write(Tensor values) {
            tensor.narrow(0, 0, rows).copy_(values);
          }
        });
    return tensor;
  }

  /**
   * Adds a weight as the trained difference, 0 at first, to another of this set; what is trained
   * has the weight's name with {@code .delta} at its end.
   *
   * @param base the name of the other weight, of the same shape
   * @return the difference
   */
  Tensor addDelta(String name, String base) {
    Tensor delta = train(name + ".delta", get(base).detach().clone().zero_());
    Weight other = weights.get(base);
    publish(
        name,
        new Weight() {
          @Override
          public Tensor read() {
            return other.read().add(rows(other));
          }

          @Override
          public void write(Tensor values) {
            rows(other).copy_(values.sub(other.read()));
          }

          private Tensor rows(Weight like) {
            return delta.narrow(0, 0, like.read().size(0));
          }
        });
    return delta;
  }

  private Tensor train(String name, Tensor tensor) {
    if (tensors.containsKey(name)) {
      throw new IllegalStateException("two parameters have the name " + name);
    }
    tensor.set_requires_grad(true);
    tensors.put(name, tensor);
    return tensor;
  }

  private void publish(String name, Weight weight) {
    if (weights.put(name, weight) != null) {
      throw new IllegalStateException("two weights have the name " + name);
    }
  }

  /** Returns all trained tensors by name. */
  public Map<String, Tensor> all() {
    return Collections.unmodifiableMap(tensors);
  }

  /** Returns the trained tensor of this name. */
  public Tensor get(String name) {
    Tensor tensor = tensors.get(name);
    if (tensor == null) {
      throw new IllegalArgumentException(
          "no parameter '" + name + "'; parameters: " + tensors.keySet());
    }
    return tensor;
  }

  /** Returns the names of the networks' weights. */
  public List<String> weightNames() {
    return new ArrayList<>(weights.keySet());
  }

  /** Returns a network's weight, which may be a copy; what it makes is the caller's scope's. */
  public Tensor weight(String name) {
    try (NoGradGuard noGradient = new NoGradGuard()) {
      return requireWeight(name).read();
    }
  }

  private Weight requireWeight(String name) {
    Weight weight = weights.get(name);
    if (weight == null) {
      throw new IllegalArgumentException("no weight '" + name + "'; weights: " + weights.keySet());
    }
    return weight;
  }

  /**
   * Overwrites a network's weight, row by row. One that is trained as a difference keeps these
   * values only as long as the other weight stays.
   */
  public void set(String name, float[] values) {
    Weight weight = requireWeight(name);
    try (PointerScope scope = new PointerScope();
        NoGradGuard noGradient = new NoGradGuard()) {
      weight.write(Tensors.ofFloats(values, device, Tensors.shape(weight.read())));
    }
  }

  /** Returns the number of trained values, rows of padding included. */
  public long count() {
    return tensors.values().stream().mapToLong(Tensor::numel).sum();
  }
}
