package org.solrelectra.config;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/**
 * Damages a protobuf message field by field, whatever its schema: an ONNX graph that is still
 * well-formed for a parser is worth more as an attack than one with random bytes.
 */
final class WireMutator {
  private static final int VARINT = 0;
  private static final int FIXED_64 = 1;
  private static final int BYTES = 2;
  private static final int FIXED_32 = 5;

  private WireMutator() {}

  /**
   * A field: its number, its wire type, what stands behind the tag.
   *
   * @param content of bytes without their length
   */
  private record Field(long number, int wireType, byte[] content) {}

  /** Returns the message with one field of it, or of a message in it, changed. */
  static byte[] mutate(Random random, byte[] message) {
    List<Field> fields = parse(message);
    if (fields == null || fields.isEmpty()) {
      return flipped(random, message);
    }
    List<Field> changed = new ArrayList<>(fields);
    int index = random.nextInt(changed.size());
    Field field = changed.get(index);
    if (field.wireType() == BYTES && field.content().length > 1 && random.nextInt(4) != 0) {
      changed.set(index, new Field(field.number(), BYTES, mutate(random, field.content())));
      return write(changed);
    }
    switch (random.nextInt(7)) {
      case 0 -> changed.remove(index);
      case 1 -> changed.add(field);
      case 2 -> changed.add(0, new Field(field.number(), BYTES, new byte[0]));
      case 3 -> changed.set(index, new Field(field.number(), VARINT, varint(random.nextLong())));
      case 4 ->
          changed.set(index, new Field(1 + random.nextInt(20), field.wireType(), field.content()));
      case 5 ->
          changed.set(
              index, new Field(field.number(), BYTES, "../x".getBytes(StandardCharsets.US_ASCII)));
      default -> changed.add(new Field(1 + random.nextInt(40), FIXED_64, new byte[8]));
    }
    return write(changed);
  }

  private static byte[] flipped(Random random, byte[] bytes) {
    byte[] flipped = bytes.clone();
    if (flipped.length > 0) {
      flipped[random.nextInt(flipped.length)] ^= (byte) (1 << random.nextInt(Byte.SIZE));
    }
    return flipped;
  }

  /** Returns null if the bytes are no message. */
  private static List<Field> parse(byte[] message) {
    List<Field> fields = new ArrayList<>();
    int[] at = {0};
    while (at[0] < message.length) {
      long tag = readVarint(message, at);
      int wireType = (int) (tag & 7);
      int start = at[0];
      long length =
          switch (wireType) {
            case VARINT -> {
              readVarint(message, at);
              int end = at[0];
              at[0] = start;
              yield end < 0 ? -1 : end - start;
            }
            case FIXED_64 -> Long.BYTES;
            case FIXED_32 -> Integer.BYTES;
            case BYTES -> readVarint(message, at);
            default -> -1;
          };
      if (tag >>> 3 == 0
          || start < 0
          || at[0] < 0
          || length < 0
          || length > message.length - at[0]) {
        return null;
      }
      byte[] content = new byte[(int) length];
      System.arraycopy(message, at[0], content, 0, content.length);
      fields.add(new Field(tag >>> 3, wireType, content));
      at[0] += content.length;
    }
    return fields;
  }

  /** Sets the position to a negative number where the bytes end too early. */
  private static long readVarint(byte[] bytes, int[] at) {
    long value = 0;
    for (int shift = 0; shift < Long.SIZE; shift += 7) {
      if (at[0] < 0 || at[0] >= bytes.length) {
        at[0] = -1;
        return -1;
      }
      byte next = bytes[at[0]++];
      value |= (long) (next & 0x7f) << shift;
      if (next >= 0) {
        return value;
      }
    }
    at[0] = -1;
    return -1;
  }

  private static byte[] write(List<Field> fields) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    for (Field field : fields) {
      bytes.writeBytes(varint(field.number() << 3 | field.wireType()));
      if (field.wireType() == BYTES) {
        bytes.writeBytes(varint(field.content().length));
      }
      bytes.writeBytes(field.content());
    }
    return bytes.toByteArray();
  }

  private static byte[] varint(long value) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    long rest = value;
    while ((rest & ~0x7fL) != 0) {
      bytes.write((int) ((rest & 0x7f) | 0x80));
      rest >>>= 7;
    }
    bytes.write((int) rest);
    return bytes.toByteArray();
  }
}
