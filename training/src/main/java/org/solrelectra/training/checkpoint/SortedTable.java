package org.solrelectra.training.checkpoint;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.InvalidProtocolBufferException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.zip.CRC32C;
import org.solrelectra.lucene.model.InvalidModelException;

/**
 * Reads a table of sorted keys as LevelDB and TensorFlow write it (leveldb/doc/table_format.md):
 * blocks of keys with shared prefixes, an index block that tells where they are, and a footer that
 * tells where the index is.
 */
final class SortedTable {
  private static final int FOOTER_BYTES = 48;
  private static final long MAGIC = 0xdb4775248b80fb57L;
  private static final int TRAILER_BYTES = 5;
  private static final int CRC_MASK = 0xa282ead8;
  private static final long LONGEST_BYTES = 1L << 24;
  private static final int LONGEST_KEY = 4096;

  private final Path file;
  private final byte[] bytes;

  /** Where a block is. */
  private record Handle(long offset, long length) {
    static Handle read(CodedInputStream in) throws IOException {
      return new Handle(in.readRawVarint64(), in.readRawVarint64());
    }
  }

  private SortedTable(Path file, byte[] bytes) {
    this.file = file;
    this.bytes = bytes;
  }

  /**
   * Reads all entries.
   *
   * @throws InvalidModelException if the file is no such table, cut short, or a checksum differs
   */
  static Map<String, byte[]> read(Path file) throws IOException {
    long size = Files.size(file);
    if (size < FOOTER_BYTES || size > LONGEST_BYTES) {
      throw notATable(file, size);
    }
    SortedTable table = new SortedTable(file, Files.readAllBytes(file));
    ByteBuffer end = ByteBuffer.wrap(table.bytes).order(ByteOrder.LITTLE_ENDIAN);
    if (end.getLong(table.bytes.length - Long.BYTES) != MAGIC) {
      throw notATable(file, size);
    }
    try {
      CodedInputStream footer =
          CodedInputStream.newInstance(
              table.bytes, table.bytes.length - FOOTER_BYTES, FOOTER_BYTES - Long.BYTES);
      Handle.read(footer); // Of filters, which this reader has no use for.
      Map<String, byte[]> entries = new LinkedHashMap<>();
      long done = -1;
      for (byte[] bytes : table.entries(Handle.read(footer)).values()) {
        Handle handle = Handle.read(CodedInputStream.newInstance(bytes));
        if (handle.offset <= done) {
          throw new InvalidModelException(
              file + " is damaged: the block at " + handle.offset + " is not behind the others");
        }
        done = handle.offset;
        entries.putAll(table.entries(handle));
      }
      return entries;
    } catch (InvalidProtocolBufferException e) {
      throw new InvalidModelException(file + " is damaged: " + e.getMessage(), e);
    }
  }

  private static InvalidModelException notATable(Path file, long size) {
    return new InvalidModelException(
        file
            + " is not the index of a TensorFlow checkpoint or is cut short; its last 8 bytes must be 57fb808b247547db; file size="
            + size);
  }

  /** Returns a block's entries, encoded, without its restart points. */
  private CodedInputStream block(Handle handle) throws InvalidModelException {
    long offset = handle.offset;
    long length = handle.length;
    long room = (long) bytes.length - FOOTER_BYTES - TRAILER_BYTES;
    // A block ends with the number of its restart points.
    if (offset < 0 || length < Integer.BYTES || offset > room || length > room - offset) {
      throw new InvalidModelException(
          file
              + " is damaged: a block at "
              + offset
              + " of "
              + length
              + " bytes is not within the file of "
              + bytes.length);
    }
    ByteBuffer block = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    int end = (int) (offset + length);
    if (block.get(end) != 0) {
      throw new InvalidModelException(
          file
              + " has compressed blocks, which TensorFlow does not write; expected type 0; type="
              + block.get(end));
    }
    CRC32C crc = new CRC32C();
    crc.update(bytes, (int) offset, (int) length + 1);
    if (mask(crc) != block.getInt(end + 1)) {
      throw new InvalidModelException(
          file + " is damaged: the CRC-32C of the block at " + offset + " differs");
    }
    long restarts = Integer.toUnsignedLong(block.getInt(end - Integer.BYTES));
    long entries = length - Integer.BYTES * (restarts + 1);
    if (entries < 0) {
      throw new InvalidModelException(
          file + " is damaged: the block at " + offset + " has " + restarts + " restart points");
    }
    return CodedInputStream.newInstance(bytes, (int) offset, (int) entries);
  }

  /** Returns a checksum as it is stored: a checksum of data with checksums would be weak. */
  static int mask(CRC32C crc) {
    int value = (int) crc.getValue();
    return Integer.rotateRight(value, 15) + CRC_MASK;
  }

  private Map<String, byte[]> entries(Handle handle) throws IOException {
    CodedInputStream block = block(handle);
    Map<String, byte[]> entries = new LinkedHashMap<>();
    byte[] key = new byte[0];
    while (!block.isAtEnd()) {
      int shared = block.readRawVarint32();
      int own = block.readRawVarint32();
      int length = block.readRawVarint32();
      if (shared < 0 || shared > key.length || own < 0 || own > LONGEST_KEY - shared) {
        throw new InvalidModelException(
            file + " is damaged: a key of " + shared + " shared and " + own + " own bytes");
      }
      byte[] suffix = block.readRawBytes(own);
      key = Arrays.copyOf(key, shared + own);
      System.arraycopy(suffix, 0, key, shared, own);
      entries.put(new String(key, StandardCharsets.UTF_8), block.readRawBytes(length));
    }
    return entries;
  }
}
