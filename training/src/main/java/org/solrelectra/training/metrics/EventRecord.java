package org.solrelectra.training.metrics;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.zip.CRC32C;

/**
 * Records of a TensorBoard event file: protocol buffers of the message {@code Event}
 * (tensorflow/core/util/event.proto, framework/summary.proto) in the frame of a TFRecord
 * (tensorflow/core/lib/io/record_writer.h): length, its checksum, content, its checksum.
 */
final class EventRecord {
  /** Makes all tags one group of charts. */
  static final String TAG_PREFIX = "pretraining/";

  private static final String FILE_VERSION = "brain.Event:2";

  /** tensorflow/core/lib/hash/crc32c.h: a checksum of checksums would be weak without it. */
  private static final int MASK_DELTA = 0xa282ead8;

  private static final int VARINT = 0;
  private static final int FIXED64 = 1;
  private static final int LENGTH_DELIMITED = 2;
  private static final int FIXED32 = 5;

  private EventRecord() {}

  /** Returns what every event file begins with. */
  static byte[] fileVersion(double wallTimeSeconds) {
    Message event = new Message().fixed64(1, wallTimeSeconds).text(3, FILE_VERSION);
    return frame(event.bytes());
  }

  /** Returns the numbers measured at a step, each under its tag. */
  static byte[] scalars(double wallTimeSeconds, long step, Map<String, Double> values) {
    Message summary = new Message();
    values.forEach(
        (key, value) ->
            summary.bytes(
                1, new Message().text(1, TAG_PREFIX + key).fixed32(2, value.floatValue()).bytes()));
    return frame(
        new Message()
            .fixed64(1, wallTimeSeconds)
            .varint(2, step)
            .bytes(5, summary.bytes())
            .bytes());
  }

  private static byte[] frame(byte[] content) {
    ByteBuffer length =
        ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN).putLong(content.length);
    return ByteBuffer.allocate(Long.BYTES + Integer.BYTES + content.length + Integer.BYTES)
        .order(ByteOrder.LITTLE_ENDIAN)
        .put(length.array())
        .putInt(maskedChecksum(length.array()))
        .put(content)
        .putInt(maskedChecksum(content))
        .array();
  }

  static int maskedChecksum(byte[] content) {
    CRC32C checksum = new CRC32C();
    checksum.update(content);
    return Integer.rotateRight((int) checksum.getValue(), 15) + MASK_DELTA;
  }

  /** A protocol buffer's fields, one after the other. */
  private static final class Message {
    private final ByteArrayOutputStream fields = new ByteArrayOutputStream();

    Message varint(int field, long value) {
      key(field, VARINT);
      raw(value);
      return this;
    }

    Message fixed64(int field, double value) {
      key(field, FIXED64);
      fields.writeBytes(
          ByteBuffer.allocate(Double.BYTES)
              .order(ByteOrder.LITTLE_ENDIAN)
              .putDouble(value)
              .array());
      return this;
    }

    Message fixed32(int field, float value) {
      key(field, FIXED32);
      fields.writeBytes(
          ByteBuffer.allocate(Float.BYTES).order(ByteOrder.LITTLE_ENDIAN).putFloat(value).array());
      return this;
    }

    Message text(int field, String value) {
      return bytes(field, value.getBytes(StandardCharsets.UTF_8));
    }

    Message bytes(int field, byte[] value) {
      key(field, LENGTH_DELIMITED);
      raw(value.length);
      fields.writeBytes(value);
      return this;
    }

    byte[] bytes() {
      return fields.toByteArray();
    }

    private void key(int field, int wireType) {
      raw(((long) field << 3) | wireType);
    }

    private void raw(long value) {
      long rest = value;
      while ((rest & ~0x7fL) != 0) {
        fields.write((int) ((rest & 0x7f) | 0x80));
        rest >>>= 7;
      }
      fields.write((int) rest);
    }
  }
}
