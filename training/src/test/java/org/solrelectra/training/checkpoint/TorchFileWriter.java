package org.solrelectra.training.checkpoint;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.solrelectra.training.checkpoint.SafeTensors.Values;

/** Writes float32 tensors as {@code torch.save} does, for tests that need broken ones too. */
public final class TorchFileWriter {
  private final ByteArrayOutputStream pickle = new ByteArrayOutputStream();

  /** Starts a pickle of protocol 2. */
  TorchFileWriter() {
    bytes(0x80, 2);
  }

  /** Writes what PyTorch has written since 1.6. */
  public static void writeZip(Path file, Map<String, Values> tensors) throws IOException {
    Map<String, byte[]> entries = new LinkedHashMap<>();
    entries.put("data.pkl", stateDict(tensors));
    entries.put("byteorder", "little".getBytes(StandardCharsets.US_ASCII));
    int key = 0;
    for (Values values : tensors.values()) {
      entries.put("data/" + key++, littleEndian(values.floats()));
    }
    Files.write(file, zip(entries));
  }

  /** Writes what PyTorch wrote before. */
  public static void writeLegacy(Path file, Map<String, Values> tensors) throws IOException {
    TorchFileWriter keys = new TorchFileWriter().ascii("]");
    for (int key = 0; key < tensors.size(); key++) {
      keys.text(String.valueOf(key)).ascii("a");
    }
    writeLegacy(file, tensors, keys);
  }

  /**
   * @param keys of the storages that follow
   */
  static void writeLegacy(Path file, Map<String, Values> tensors, TorchFileWriter keys)
      throws IOException {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    all.writeBytes(new TorchFileWriter().longs(0x1950a86a20f946L, 0x9cfc6c).end());
    all.writeBytes(new TorchFileWriter().number(1001).end());
    all.writeBytes(
        new TorchFileWriter().ascii("}").text("little_endian").bytes(0x88).ascii("s").end());
    all.writeBytes(stateDict(tensors));
    all.writeBytes(keys.end());
    for (Values values : tensors.values()) {
      ByteBuffer length = ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
      all.writeBytes(length.putLong(values.floats().length).array());
      all.writeBytes(littleEndian(values.floats()));
    }
    Files.write(file, all.toByteArray());
  }

  private static byte[] littleEndian(float[] floats) {
    ByteBuffer bytes =
        ByteBuffer.allocate(floats.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    for (float value : floats) {
      bytes.putFloat(value);
    }
    return bytes.array();
  }

  /** Packs entries below {@code archive/} as they are. */
  static byte[] zip(Map<String, byte[]> entries) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
      for (Map.Entry<String, byte[]> content : entries.entrySet()) {
        ZipEntry entry = new ZipEntry("archive/" + content.getKey());
        CRC32 crc = new CRC32();
        crc.update(content.getValue());
        entry.setMethod(ZipEntry.STORED);
        entry.setSize(content.getValue().length);
        entry.setCrc(crc.getValue());
        zip.putNextEntry(entry);
        zip.write(content.getValue());
      }
    }
    return bytes.toByteArray();
  }

  private static byte[] stateDict(Map<String, Values> tensors) {
    TorchFileWriter pickle = new TorchFileWriter().orderedDict().ascii("(");
    int key = 0;
    for (Map.Entry<String, Values> entry : tensors.entrySet()) {
      long[] shape = entry.getValue().shape();
      long[] strides = new long[shape.length];
      long stride = 1;
      for (int i = shape.length - 1; i >= 0; i--) {
        strides[i] = stride;
        stride *= shape[i];
      }
      pickle
          .text(entry.getKey())
          .tensor("FloatStorage", String.valueOf(key++), (int) stride, 0, shape, strides);
    }
    return pickle.ascii("u").end();
  }

  TorchFileWriter orderedDict() {
    return global("collections", "OrderedDict").ascii(")R");
  }

  /** Adds a tensor and its storage of {@code length} values. */
  TorchFileWriter tensor(
      String storage, String key, int length, long offset, long[] shape, long[] strides) {
    global("torch._utils", "_rebuild_tensor_v2").ascii("(");
    ascii("(").text("storage").global("torch", storage).text(key).text("cpu").number(length);
    ascii("tQ").number((int) offset).tuple(shape).tuple(strides);
    return bytes(0x89).orderedDict().ascii("tR");
  }

  private TorchFileWriter tuple(long[] values) {
    ascii("(");
    for (long value : values) {
      number((int) value);
    }
    return ascii("t");
  }

  TorchFileWriter global(String module, String name) {
    return ascii("c" + module + "\n" + name + "\n");
  }

  TorchFileWriter text(String text) {
    byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
    ascii("X").littleEndian(utf8.length);
    pickle.writeBytes(utf8);
    return this;
  }

  TorchFileWriter number(int value) {
    return ascii("J").littleEndian(value);
  }

  private TorchFileWriter littleEndian(int value) {
    return bytes(value, value >> 8, value >> 16, value >> 24);
  }

  /** Adds a number of ten bytes, its upper seven and its lower three. */
  private TorchFileWriter longs(long upper, int lower) {
    bytes(0x8a, 10, lower, lower >> 8, lower >> 16);
    for (int shift = 0; shift < 56; shift += 8) {
      bytes((int) (upper >> shift));
    }
    return this;
  }

  TorchFileWriter ascii(String opcodes) {
    pickle.writeBytes(opcodes.getBytes(StandardCharsets.US_ASCII));
    return this;
  }

  TorchFileWriter bytes(int... bytes) {
    for (int value : bytes) {
      pickle.write(value);
    }
    return this;
  }

  byte[] end() {
    pickle.write('.');
    return pickle.toByteArray();
  }
}
