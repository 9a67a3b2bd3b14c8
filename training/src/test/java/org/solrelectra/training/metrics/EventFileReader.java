package org.solrelectra.training.metrics;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** Reads event files without any of the code that writes them; checks both sums of each record. */
public final class EventFileReader {

  /**
   * A record.
   *
   * @param fileVersion null but in a file's first
   */
  public record Event(
      double wallTimeSeconds, long step, String fileVersion, Map<String, Float> scalars) {}

  private EventFileReader() {}

  /** Returns the records of the only file of a split. */
  public static List<Event> readOnly(Path run, String split) throws IOException {
    try (Stream<Path> files = Files.list(run.resolve("tensorboard").resolve(split))) {
      List<Path> all = files.toList();
      assertEquals(1, all.size(), all.toString());
      return read(all.get(0));
    }
  }

  /** Returns the steps that a split has numbers of, in the order of the file. */
  public static List<Long> steps(Path run, String split) throws IOException {
    return readOnly(run, split).stream()
        .filter(event -> !event.scalars().isEmpty())
        .map(Event::step)
        .toList();
  }

  static List<Event> read(Path file) throws IOException {
    List<Event> events = new ArrayList<>();
    ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
    while (bytes.hasRemaining()) {
      byte[] length = new byte[8];
      bytes.get(length);
      assertEquals(masked(crc32c(length)), bytes.getInt(), "checksum of a length in " + file);
      byte[] content =
          new byte
              [Math.toIntExact(ByteBuffer.wrap(length).order(ByteOrder.LITTLE_ENDIAN).getLong())];
      bytes.get(content);
      assertEquals(masked(crc32c(content)), bytes.getInt(), "checksum of a record in " + file);
      events.add(event(content));
    }
    return events;
  }

  /** Bit by bit, as RFC 3720, appendix B.4, defines it. */
  static int crc32c(byte[] content) {
    int register = ~0;
    for (byte b : content) {
      register ^= b & 0xff;
      for (int bit = 0; bit < 8; bit++) {
        register = (register >>> 1) ^ ((register & 1) != 0 ? 0x82f63b78 : 0);
      }
    }
    return ~register;
  }

  private static int masked(int checksum) {
    return ((checksum >>> 15) | (checksum << 17)) + 0xa282ead8;
  }

  private static Event event(byte[] content) {
    ByteBuffer message = ByteBuffer.wrap(content).order(ByteOrder.LITTLE_ENDIAN);
    double wallTime = 0;
    long step = 0;
    String fileVersion = null;
    Map<String, Float> scalars = new HashMap<>();
    while (message.hasRemaining()) {
      switch ((int) varint(message)) {
        case (1 << 3) | 1 -> wallTime = message.getDouble();
        case 2 << 3 -> step = varint(message);
        case (3 << 3) | 2 -> fileVersion = new String(bytes(message), StandardCharsets.UTF_8);
        case (5 << 3) | 2 -> scalars = scalars(bytes(message));
        default -> throw new AssertionError("unknown field before byte " + message.position());
      }
    }
    return new Event(wallTime, step, fileVersion, scalars);
  }

  private static Map<String, Float> scalars(byte[] content) {
    ByteBuffer summary = ByteBuffer.wrap(content);
    Map<String, Float> scalars = new HashMap<>();
    while (summary.hasRemaining()) {
      assertEquals((1 << 3) | 2, varint(summary));
      ByteBuffer value = ByteBuffer.wrap(bytes(summary)).order(ByteOrder.LITTLE_ENDIAN);
      assertEquals((1 << 3) | 2, varint(value));
      String tag = new String(bytes(value), StandardCharsets.UTF_8);
      assertEquals((2 << 3) | 5, varint(value));
      scalars.put(tag, value.getFloat());
      assertEquals(0, value.remaining());
    }
    return scalars;
  }

  private static byte[] bytes(ByteBuffer message) {
    byte[] bytes = new byte[Math.toIntExact(varint(message))];
    message.get(bytes);
    return bytes;
  }

  private static long varint(ByteBuffer message) {
    long value = 0;
    for (int shift = 0; ; shift += 7) {
      byte b = message.get();
      value |= (b & 0x7fL) << shift;
      if (b >= 0) {
        return value;
      }
    }
  }
}
