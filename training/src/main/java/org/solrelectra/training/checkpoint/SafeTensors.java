package org.solrelectra.training.checkpoint;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import org.solrelectra.lucene.model.Excerpt;
import org.solrelectra.lucene.model.InvalidModelException;

/**
 * Reads and writes safetensors: 8 bytes of little-endian header length, a JSON header, raw
 * little-endian data.
 */
public final class SafeTensors {
  private static final long LONGEST_HEADER = 100_000_000;

  private SafeTensors() {}

  /** How values are stored. */
  public enum DataType {
    F32(4),
    BF16(2),
    F16(2),
    F64(8),
    I64(8);

    private final int bytes;

    DataType(int bytes) {
      this.bytes = bytes;
    }
  }

  /**
   * A tensor's values in memory, row by row.
   *
   * @param shape the lengths of its dimensions; their product is the number of values
   */
  public record Values(float[] floats, long[] shape) {
    public Values {
      long count = Arrays.stream(shape).reduce(1, (a, b) -> a * b);
      if (count != floats.length) {
        throw new IllegalArgumentException(
            "floats must fill the shape " + Arrays.toString(shape) + "; floats=" + floats.length);
      }
    }
  }

  /**
   * Reads all tensors of a file, converted to float32.
   *
   * @throws InvalidModelException if the file is damaged or cut short; nothing is read then
   */
  public static Map<String, Values> read(Path file) throws IOException {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      long size = channel.size();
      ByteBuffer lengthBytes = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN);
      readFully(channel, lengthBytes, 0, file);
      long headerLength = lengthBytes.getLong(0);
      if (headerLength < 2 || headerLength > Math.min(LONGEST_HEADER, size - 8)) {
        throw new InvalidModelException(
            file
                + " is not a safetensors file or is cut short; header length="
                + headerLength
                + ", file size="
                + size);
      }
      ByteBuffer header = ByteBuffer.allocate((int) headerLength);
      readFully(channel, header, 8, file);
      JsonNode json = parse(new String(header.array(), StandardCharsets.UTF_8), file);
      Map<String, Values> tensors = new LinkedHashMap<>();
      for (Map.Entry<String, JsonNode> entry : json.properties()) {
        if (!entry.getKey().equals("__metadata__")) {
          tensors.put(
              entry.getKey(),
              readTensor(channel, entry.getKey(), entry.getValue(), 8 + headerLength, file));
        }
      }
      return tensors;
    }
  }

  private static JsonNode parse(String header, Path file) throws InvalidModelException {
    JsonNode json;
    try {
      json = new ObjectMapper().readTree(header);
    } catch (JsonProcessingException e) {
      throw new InvalidModelException(file + " has a damaged safetensors header", e);
    }
    if (!json.isObject()) {
      throw new InvalidModelException(file + " has a damaged safetensors header");
    }
    return json;
  }

  private static Values readTensor(
      FileChannel channel, String name, JsonNode description, long dataStart, Path file)
      throws IOException {
    DataType type;
    try {
      type = DataType.valueOf(description.path("dtype").asText());
    } catch (IllegalArgumentException e) {
      throw new InvalidModelException(
          file
              + ": tensor "
              + Excerpt.of(name)
              + " has dtype "
              + Excerpt.of(description.path("dtype").asText())
              + "; expected one of "
              + Arrays.toString(DataType.values()),
          e);
    }
    long[] shape = shape(description.path("shape"), name, file);
    long count = Arrays.stream(shape).reduce(1, (x, y) -> x * y);
    long begin = description.path("data_offsets").path(0).asLong(-1);
    long end = description.path("data_offsets").path(1).asLong(-1);
    if (begin < 0 || end - begin != count * type.bytes || end - begin > Integer.MAX_VALUE) {
      throw new InvalidModelException(
          file
              + ": tensor "
              + Excerpt.of(name)
              + " spans bytes "
              + begin
              + ".."
              + end
              + "; expected "
              + count * type.bytes
              + " bytes for shape "
              + Arrays.toString(shape));
    }
    if (end > channel.size() - dataStart) {
      throw new InvalidModelException(
          file
              + ": tensor "
              + Excerpt.of(name)
              + " spans bytes "
              + begin
              + ".."
              + end
              + "; the file has "
              + (channel.size() - dataStart)
              + " bytes of data");
    }
    ByteBuffer data = ByteBuffer.allocate((int) (end - begin)).order(ByteOrder.LITTLE_ENDIAN);
    readFully(channel, data, dataStart + begin, file);
    float[] floats = new float[(int) count];
    for (int i = 0; i < floats.length; i++) {
      floats[i] =
          switch (type) {
            case F32 -> data.getFloat(4 * i);
            case BF16 -> Float.intBitsToFloat(data.getShort(2 * i) << 16);
            case F16 -> halfToFloat(data.getShort(2 * i));
            case F64 -> (float) data.getDouble(8 * i);
            case I64 -> data.getLong(8 * i);
          };
    }
    return new Values(floats, shape);
  }

  /** Returns lengths whose product, in bytes too, is far from overflowing. */
  private static long[] shape(JsonNode lengths, String name, Path file)
      throws InvalidModelException {
    long[] shape = new long[lengths.size()];
    long count = 1;
    for (int i = 0; i < shape.length; i++) {
      shape[i] = lengths.get(i).asLong(-1);
      if (shape[i] < 0 || shape[i] > Integer.MAX_VALUE || count * shape[i] > Integer.MAX_VALUE) {
        throw new InvalidModelException(
            file + ": tensor " + Excerpt.of(name) + " has a damaged shape: " + Excerpt.of(lengths));
      }
      count *= shape[i];
    }
    return shape;
  }

  static void readFully(FileChannel channel, ByteBuffer buffer, long position, Path file)
      throws IOException {
    long at = position;
    while (buffer.hasRemaining()) {
      int read = channel.read(buffer, at);
      if (read < 0) {
        throw new InvalidModelException(
            file
                + " is cut short; expected at least "
                + (at + buffer.remaining())
                + " bytes; file size="
                + channel.size());
      }
      at += read;
    }
  }

  /** IEEE 754 binary16 to binary32; Float.float16ToFloat exists from JDK 20 on only. */
  static float halfToFloat(short half) {
    int exponent = (half >>> 10) & 0x1f;
    int mantissa = half & 0x3ff;
    float magnitude =
        switch (exponent) {
          case 0 -> mantissa * 0x1.0p-24f;
          case 31 -> mantissa == 0 ? Float.POSITIVE_INFINITY : Float.NaN;
          default -> Float.intBitsToFloat(((exponent + 112) << 23) | (mantissa << 13));
        };
    return half < 0 ? -magnitude : magnitude;
  }

  /** Returns the bfloat16 nearest to a float, ties to even. */
  static short toBfloat16(float value) {
    int bits = Float.floatToIntBits(value);
    if (Float.isNaN(value)) {
      return (short) 0x7fc0;
    }
    return (short) ((bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16);
  }

  /**
   * Writes tensors as {@code F32} or {@code BF16}, forces them to disk, and returns when they are
   * there. The file must not exist.
   */
  public static void write(Path file, Map<String, Values> tensors, DataType type)
      throws IOException {
    if (type != DataType.F32 && type != DataType.BF16) {
      throw new IllegalArgumentException("type must be F32 or BF16; type=" + type);
    }
    ObjectNode header = new ObjectMapper().createObjectNode();
    header.putObject("__metadata__").put("format", "pt");
    long at = 0;
    for (Map.Entry<String, Values> entry : tensors.entrySet()) {
      ObjectNode description = header.putObject(entry.getKey());
      description.put("dtype", type.name());
      for (long length : entry.getValue().shape()) {
        description.withArray("shape").add(length);
      }
      description.withArray("shape");
      long end = at + (long) entry.getValue().floats().length * type.bytes;
      description.putArray("data_offsets").add(at).add(end);
      at = end;
    }
    // Data starts at a multiple of 8, as the reference implementation writes it.
    byte[] headerText = header.toString().getBytes(StandardCharsets.UTF_8);
    byte[] headerBytes = Arrays.copyOf(headerText, (headerText.length + 7) / 8 * 8);
    Arrays.fill(headerBytes, headerText.length, headerBytes.length, (byte) ' ');
    try (FileChannel channel =
        FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
      ByteBuffer start = ByteBuffer.allocate(8 + headerBytes.length).order(ByteOrder.LITTLE_ENDIAN);
      start.putLong(headerBytes.length).put(headerBytes).flip();
      writeFully(channel, start);
      for (Values values : tensors.values()) {
        writeFully(channel, encode(values.floats(), type));
      }
      channel.force(true);
    }
  }

  private static ByteBuffer encode(float[] floats, DataType type) {
    ByteBuffer data =
        ByteBuffer.allocate(Math.multiplyExact(floats.length, type.bytes))
            .order(ByteOrder.LITTLE_ENDIAN);
    for (float value : floats) {
      if (type == DataType.F32) {
        data.putFloat(value);
      } else {
        data.putShort(toBfloat16(value));
      }
    }
    return data.flip();
  }

  private static void writeFully(FileChannel channel, ByteBuffer buffer) throws IOException {
    while (buffer.hasRemaining()) {
      channel.write(buffer);
    }
  }
}
