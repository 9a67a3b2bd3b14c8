package org.solrelectra.training.checkpoint;

import com.google.protobuf.CodedOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.zip.CRC32C;
import org.solrelectra.training.checkpoint.SafeTensors.Values;

/**
 * Writes checkpoints by TensorFlow's published format, for tests that need broken ones too: one
 * block of entries without shared prefixes, one shard.
 */
public final class TensorFlowFileWriter {
  private TensorFlowFileWriter() {}

  /** Writes float variables. */
  public static void write(Path prefix, Map<String, Values> variables) throws IOException {
    ByteArrayOutputStream data = new ByteArrayOutputStream();
    Map<String, byte[]> entries = new LinkedHashMap<>();
    entries.put("", header(1, 0));
    for (Map.Entry<String, Values> variable : new TreeMap<>(variables).entrySet()) {
      float[] floats = variable.getValue().floats();
      ByteBuffer bytes =
          ByteBuffer.allocate(floats.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
      for (float value : floats) {
        bytes.putFloat(value);
      }
      long[] shape = variable.getValue().shape();
      entries.put(variable.getKey(), entry(1, shape, data.size(), bytes.array(), 0, false));
      data.writeBytes(bytes.array());
    }
    Files.write(
        prefix.resolveSibling(prefix.getFileName() + ".data-00000-of-00001"), data.toByteArray());
    writeIndex(prefix, entries);
  }

  static Path writeIndex(Path prefix, Map<String, byte[]> entries) throws IOException {
    return Files.write(
        prefix.resolveSibling(prefix.getFileName() + ".index"), table(block(entries), 0, 1));
  }

  /**
   * Returns a table.
   *
   * @param blockType what its blocks say to be: 0 as they are, 1 compressed by Snappy
   * @param times how often the index names the data block
   */
  static byte[] table(byte[] dataBlock, int blockType, int times) throws IOException {
    ByteArrayOutputStream table = new ByteArrayOutputStream();
    byte[] data = handle(table, dataBlock, blockType);
    byte[] filters = handle(table, block(Map.of()), blockType);
    Map<String, byte[]> handles = new TreeMap<>();
    for (int i = 0; i < times; i++) {
      handles.put("~" + i, data);
    }
    byte[] index = handle(table, block(handles), blockType);
    ByteBuffer footer = ByteBuffer.allocate(48).order(ByteOrder.LITTLE_ENDIAN);
    footer.put(filters).put(index).putLong(40, 0xdb4775248b80fb57L);
    table.writeBytes(footer.array());
    return table.toByteArray();
  }

  private static byte[] handle(ByteArrayOutputStream table, byte[] block, int type)
      throws IOException {
    int offset = table.size();
    CRC32C crc = new CRC32C();
    crc.update(block);
    crc.update(type);
    table.writeBytes(block);
    table.write(type);
    table.writeBytes(littleEndian(masked(crc)));
    return encoded(
        out -> {
          out.writeUInt64NoTag(offset);
          out.writeUInt64NoTag(block.length);
        });
  }

  static byte[] block(Map<String, byte[]> entries) throws IOException {
    ByteArrayOutputStream block = new ByteArrayOutputStream();
    for (Map.Entry<String, byte[]> entry : entries.entrySet()) {
      byte[] key = entry.getKey().getBytes(StandardCharsets.UTF_8);
      block.writeBytes(
          encoded(
              out -> {
                out.writeUInt32NoTag(0);
                out.writeUInt32NoTag(key.length);
                out.writeUInt32NoTag(entry.getValue().length);
                out.writeRawBytes(key);
                out.writeRawBytes(entry.getValue());
              }));
    }
    block.writeBytes(littleEndian(0));
    block.writeBytes(littleEndian(1));
    return block.toByteArray();
  }

  static byte[] header(int shards, int endianness) throws IOException {
    return encoded(
        out -> {
          out.writeInt32(1, shards);
          out.writeEnum(2, endianness);
        });
  }

  static byte[] entry(int type, long[] shape, long offset, byte[] data, int shard, boolean sliced)
      throws IOException {
    CRC32C crc = new CRC32C();
    crc.update(data);
    return encoded(
        out -> {
          out.writeEnum(1, type);
          byte[] dimensions =
              encoded(
                  of -> {
                    for (long length : shape) {
                      of.writeByteArray(2, encoded(one -> one.writeInt64(1, length)));
                    }
                  });
          out.writeByteArray(2, dimensions);
          out.writeInt32(3, shard);
          out.writeInt64(4, offset);
          out.writeInt64(5, data.length);
          out.writeFixed32(6, masked(crc));
          if (sliced) {
            out.writeByteArray(7, new byte[0]);
          }
        });
  }

  private static int masked(CRC32C crc) {
    int value = (int) crc.getValue();
    return ((value >>> 15) | (value << 17)) + 0xa282ead8;
  }

  private static byte[] littleEndian(int value) {
    return ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putInt(value).array();
  }

  private interface Encoder {
    void write(CodedOutputStream out) throws IOException;
  }

  private static byte[] encoded(Encoder encoder) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    CodedOutputStream out = CodedOutputStream.newInstance(bytes);
    encoder.write(out);
    out.flush();
    return bytes.toByteArray();
  }
}
