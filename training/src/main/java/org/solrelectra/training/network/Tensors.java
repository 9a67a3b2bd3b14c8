package org.solrelectra.training.network;

import java.util.Arrays;
import org.bytedeco.javacpp.DoublePointer;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.LongPointer;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.MemoryFormatOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** Between Java arrays and libtorch tensors. */
public final class Tensors {
  private Tensors() {}

  /** Returns an int64 tensor of this shape with a copy of the values. */
  public static Tensor ofLongs(long[] values, Device device, long... shape) {
    requireCount(values.length, shape);
    return on(Tensor.create(values, shape), device);
  }

  /** Returns a float32 tensor of this shape with a copy of the values. */
  public static Tensor ofFloats(float[] values, Device device, long... shape) {
    requireCount(values.length, shape);
    return on(Tensor.create(values, shape), device);
  }

  private static Tensor on(Tensor tensor, Device device) {
    if (device.is_cpu()) {
      return tensor;
    }
    // From pinned memory the copy does not wait for what the device still computes.
    boolean asynchronous = true;
    return tensor
        .pin_memory()
        .to(device, tensor.scalar_type(), asynchronous, false, new MemoryFormatOptional());
  }

  private static void requireCount(int count, long[] shape) {
    long wanted = Arrays.stream(shape).reduce(1, (a, b) -> a * b);
    if (count != wanted) {
      throw new IllegalArgumentException(
          "values must fill the shape " + Arrays.toString(shape) + "; values=" + count);
    }
  }

  /** Returns a copy of a tensor's values, row by row, converted to float32. */
  public static float[] floats(Tensor tensor) {
    Tensor plain = tensor.detach().cpu().to(ScalarType.Float).contiguous();
    float[] values = new float[Math.toIntExact(plain.numel())];
    if (values.length > 0) {
      new FloatPointer(plain.data_ptr_float()).get(values);
    }
    return values;
  }

  /** Returns a copy of a tensor's values, row by row, converted to float64. */
  public static double[] doubles(Tensor tensor) {
    Tensor plain = tensor.detach().cpu().to(ScalarType.Double).contiguous();
    double[] values = new double[Math.toIntExact(plain.numel())];
    if (values.length > 0) {
      new DoublePointer(plain.data_ptr_double()).get(values);
    }
    return values;
  }

  /** Returns a copy of a tensor's values, row by row, converted to int64. */
  public static long[] longs(Tensor tensor) {
    Tensor plain = tensor.detach().cpu().to(ScalarType.Long).contiguous();
    long[] values = new long[Math.toIntExact(plain.numel())];
    if (values.length > 0) {
      new LongPointer(plain.data_ptr_long()).get(values);
    }
    return values;
  }

  /** Returns the lengths of a tensor's dimensions. */
  public static long[] shape(Tensor tensor) {
    long[] shape = new long[Math.toIntExact(tensor.dim())];
    for (int i = 0; i < shape.length; i++) {
      shape[i] = tensor.size(i);
    }
    return shape;
  }

  static TensorOptional optional(Tensor tensorOrNull) {
    return tensorOrNull == null ? new TensorOptional() : new TensorOptional(tensorOrNull);
  }
}
