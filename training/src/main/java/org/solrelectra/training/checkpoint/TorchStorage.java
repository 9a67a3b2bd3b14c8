package org.solrelectra.training.checkpoint;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import org.solrelectra.lucene.model.InvalidModelException;
import org.solrelectra.training.checkpoint.SafeTensors.Values;

/**
 * A run of numbers in a PyTorch file, on which one or more tensors are views.
 *
 * @param key its name in the file
 * @param length in values
 */
record TorchStorage(String key, Type type, int length) {
  /** What an array of Java holds. */
  static final int LONGEST = Integer.MAX_VALUE - 8;

  private static final int MOST_DIMENSIONS = 8;
  private static final int CHUNK_BYTES = 1 << 16;

  /** The types that weights have, and the whole numbers of a {@code position_ids} buffer. */
  enum Type {
    FLOAT("FloatStorage", 4),
    HALF("HalfStorage", 2),
    BFLOAT16("BFloat16Storage", 2),
    DOUBLE("DoubleStorage", 8),
    LONG("LongStorage", 8),
    INT("IntStorage", 4);

    private final String className;
    private final int bytes;

    Type(String className, int bytes) {
      this.className = className;
      this.bytes = bytes;
    }

    String className() {
      return className;
    }

    int bytes() {
      return bytes;
    }

    private float decode(ByteBuffer from) {
      return switch (this) {
        case FLOAT -> from.getFloat();
        case HALF -> SafeTensors.halfToFloat(from.getShort());
        case BFLOAT16 -> Float.intBitsToFloat(from.getShort() << 16);
        case DOUBLE -> (float) from.getDouble();
        case LONG -> from.getLong();
        case INT -> from.getInt();
      };
    }
  }

  /**
   * A tensor: where its values stand in the storage.
   *
   * @param offset of its first value
   * @param strides by how many values two neighbours in a dimension are apart
   */
  record View(TorchStorage storage, long offset, long[] shape, long[] strides) {
    /**
     * Returns the number of values.
     *
     * @throws InvalidModelException if one stands outside of the storage, or there are more of them
     */
    int count(String source) throws InvalidModelException {
      long count = 1;
      long last = offset;
      boolean fits =
          shape.length == strides.length
              && shape.length <= MOST_DIMENSIONS
              && offset >= 0
              && offset < storage.length;
      for (int i = 0; fits && i < shape.length; i++) {
        fits =
            shape[i] > 0
                && shape[i] <= storage.length
                && strides[i] >= 0
                && strides[i] <= storage.length;
        count *= shape[i];
        last += (shape[i] - 1) * strides[i];
        fits &= count <= storage.length && last < storage.length;
      }
      if (!fits) {
        throw new InvalidModelException(
            source
                + " does not fit its storage of "
                + storage.length
                + " values; offset="
                + offset
                + ", shape="
                + Arrays.toString(shape)
                + ", strides="
                + Arrays.toString(strides));
      }
      return (int) count;
    }

    /** Returns the tensor's values, row by row; {@link #count} has found that they are there. */
    Values of(float[] stored, int count) {
      if (offset == 0 && count == stored.length && isRowByRow()) {
        return new Values(stored, shape);
      }
      float[] values = new float[count];
      int[] index = new int[shape.length];
      for (int i = 0; i < count; i++) {
        long at = offset;
        for (int dimension = 0; dimension < index.length; dimension++) {
          at += index[dimension] * strides[dimension];
        }
        values[i] = stored[(int) at];
        for (int dimension = index.length - 1;
            dimension >= 0 && ++index[dimension] == shape[dimension];
            dimension--) {
          index[dimension] = 0;
        }
      }
      return new Values(values, shape);
    }

    private boolean isRowByRow() {
      long stride = 1;
      for (int dimension = shape.length - 1; dimension >= 0; dimension--) {
        if (shape[dimension] > 1 && strides[dimension] != stride) {
          return false;
        }
        stride *= shape[dimension];
      }
      return true;
    }

    /** Returns what is the same for two tensors of a storage that are tied. */
    String place() {
      return offset + Arrays.toString(shape) + Arrays.toString(strides);
    }
  }

  /** Returns how long it is in bytes. */
  long bytes() {
    return (long) length * type.bytes;
  }

  /** Reads its values, and no more bytes than they take. */
  float[] read(InputStream in, ByteOrder order, String source) throws IOException {
    float[] values = new float[length];
    byte[] chunk = new byte[(int) Math.min(CHUNK_BYTES, bytes())];
    int at = 0;
    while (at < length) {
      int count = Math.min(chunk.length / type.bytes, length - at);
      if (in.readNBytes(chunk, 0, count * type.bytes) < count * type.bytes) {
        throw new InvalidModelException(source + " is cut short within its storage " + key);
      }
      ByteBuffer bytes = ByteBuffer.wrap(chunk).order(order);
      for (int i = 0; i < count; i++) {
        values[at++] = type.decode(bytes);
      }
    }
    return values;
  }
}
