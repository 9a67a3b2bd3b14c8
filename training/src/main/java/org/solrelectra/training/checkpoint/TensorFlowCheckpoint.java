package org.solrelectra.training.checkpoint;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.InvalidProtocolBufferException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.zip.CRC32C;
import org.solrelectra.lucene.model.InvalidModelException;
import org.solrelectra.training.checkpoint.SafeTensors.Values;

/**
 * The variables of a TensorFlow checkpoint of version 2: {@code PREFIX.index}, a {@link
 * SortedTable} of {@code BundleEntryProto}s (tensorflow/core/protobuf/tensor_bundle.proto), and
 * their values in {@code PREFIX.data-00000-of-0000N}.
 */
final class TensorFlowCheckpoint {
  /** What the index's file is called after the prefix. */
  static final String INDEX = ".index";

  private static final int CHUNK_BYTES = 1 << 20;
  private static final int FLOAT = 1;
  private static final int BFLOAT16 = 14;
  private static final int HALF = 19;

  private final Path prefix;
  private final int shards;
  private final Map<String, Entry> entries;

  private TensorFlowCheckpoint(Path prefix, int shards, Map<String, Entry> entries) {
    this.prefix = prefix;
    this.shards = shards;
    this.entries = entries;
  }

  /**
   * Where a tensor is.
   *
   * @param type of types.proto
   * @param sliced said to be stored in parts, under other keys
   */
  private record Entry(
      int type, long[] shape, int shard, long offset, long size, int crc, boolean sliced) {}

  /**
   * Reads the index.
   *
   * @param prefix the checkpoint's path, such as {@code electra_small/electra_small}
   * @throws InvalidModelException if it is damaged or cut short
   */
  static TensorFlowCheckpoint open(Path prefix) throws IOException {
    Path index = prefix.resolveSibling(prefix.getFileName() + INDEX);
    Map<String, byte[]> table = SortedTable.read(index);
    byte[] header = table.remove("");
    if (header == null) {
      throw new InvalidModelException(index + " has no header");
    }
    try {
      int shards = shards(header, index);
      Map<String, Entry> entries = new TreeMap<>();
      for (Map.Entry<String, byte[]> entry : table.entrySet()) {
        entries.put(entry.getKey(), entry(entry.getValue(), index + ": " + entry.getKey()));
      }
      return new TensorFlowCheckpoint(prefix, shards, entries);
    } catch (InvalidProtocolBufferException e) {
      throw new InvalidModelException(index + " is damaged: " + e.getMessage(), e);
    }
  }

  private static int shards(byte[] header, Path index) throws IOException {
    CodedInputStream in = CodedInputStream.newInstance(header);
    int shards = 0;
    int endianness = 0;
    for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
      switch (tag >>> 3) {
        case 1 -> shards = in.readInt32();
        case 2 -> endianness = in.readEnum();
        default -> skip(in, tag);
      }
    }
    if (shards < 1 || endianness != 0) {
      throw new InvalidModelException(
          index
              + " must have shards, and little-endian ones; shards="
              + shards
              + ", endianness="
              + endianness);
    }
    return shards;
  }

  private static Entry entry(byte[] bytes, String source) throws IOException {
    CodedInputStream in = CodedInputStream.newInstance(bytes);
    int type = 0;
    long[] shape = {};
    int shard = 0;
    long offset = 0;
    long size = 0;
    int crc = 0;
    boolean sliced = false;
    for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
      switch (tag >>> 3) {
        case 1 -> type = in.readEnum();
        case 2 -> shape = shape(in.readBytes().newCodedInput(), source);
        case 3 -> shard = in.readInt32();
        case 4 -> offset = in.readInt64();
        case 5 -> size = in.readInt64();
        case 6 -> crc = in.readFixed32();
        case 7 -> {
          sliced = true;
          skip(in, tag);
        }
        default -> skip(in, tag);
      }
    }
    return new Entry(type, shape, shard, offset, size, crc, sliced);
  }

  private static long[] shape(CodedInputStream in, String source) throws IOException {
    List<Long> lengths = new ArrayList<>();
    long count = 1;
    for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
      if (tag >>> 3 == 2) {
        long length = length(in.readBytes().newCodedInput());
        if (length < 0 || length > Integer.MAX_VALUE || count * length > Integer.MAX_VALUE) {
          throw new InvalidModelException(source + " has a damaged shape; length=" + length);
        }
        count *= length;
        lengths.add(length);
      } else {
        skip(in, tag);
      }
    }
    return lengths.stream().mapToLong(Long::longValue).toArray();
  }

  private static long length(CodedInputStream in) throws IOException {
    long length = 0;
    for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
      if (tag >>> 3 == 1) {
        length = in.readInt64();
      } else {
        skip(in, tag);
      }
    }
    return length;
  }

  private static void skip(CodedInputStream in, int tag) throws IOException {
    if (!in.skipField(tag)) {
      throw new InvalidProtocolBufferException("a group ends that never began");
    }
  }

  /** Returns the variables' names, sorted. */
  Set<String> names() {
    return Collections.unmodifiableSet(entries.keySet());
  }

  /** Returns the lengths of a variable's dimensions; null if there is no such variable. */
  long[] shape(String name) {
    Entry entry = entries.get(name);
    return entry == null ? null : entry.shape().clone();
  }

  /**
   * Reads a variable that {@link #names} holds, converted to float32.
   *
   * @throws InvalidModelException if it is of another type, sliced, cut short, or damaged
   */
  Values read(String name) throws IOException {
    Entry entry = entries.get(name);
    String source = prefix + ": " + name;
    if (entry.sliced()) {
      throw new InvalidModelException(
          source + " is stored in slices, which is not read; save it as one variable");
    }
    int bytes =
        switch (entry.type()) {
          case FLOAT -> Float.BYTES;
          case BFLOAT16, HALF -> Short.BYTES;
          default ->
              throw new InvalidModelException(
                  source + " must be float (1), bfloat16 (14) or half (19); dtype=" + entry.type());
        };
    long count = 1;
    for (long length : entry.shape()) {
      count *= length;
    }
    if (entry.size() != count * bytes || entry.shard() < 0 || entry.shard() >= shards) {
      throw new InvalidModelException(
          source
              + " must have "
              + count * bytes
              + " bytes in one of "
              + shards
              + " shards; size="
              + entry.size()
              + ", shard="
              + entry.shard());
    }
    return new Values(read(entry, (int) count, bytes, source), entry.shape());
  }

  private float[] read(Entry entry, int count, int bytes, String source) throws IOException {
    Path file =
        prefix.resolveSibling(
            prefix.getFileName()
                + String.format(Locale.ROOT, ".data-%05d-of-%05d", entry.shard(), shards));
    CRC32C crc = new CRC32C();
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      if (entry.offset() < 0 || entry.offset() > channel.size() - entry.size()) {
        throw new InvalidModelException(
            source
                + " spans bytes "
                + entry.offset()
                + ".."
                + (entry.offset() + entry.size())
                + " of "
                + file.getFileName()
                + ", which has "
                + channel.size());
      }
      float[] values = new float[count];
      ByteBuffer chunk = ByteBuffer.allocate(CHUNK_BYTES).order(ByteOrder.LITTLE_ENDIAN);
      int at = 0;
      while (at < count) {
        int part = Math.min(CHUNK_BYTES / bytes, count - at);
        chunk.clear().limit(part * bytes);
        SafeTensors.readFully(channel, chunk, entry.offset() + (long) at * bytes, file);
        crc.update(chunk.flip());
        chunk.rewind();
        for (int i = 0; i < part; i++) {
          values[at++] =
              switch (entry.type()) {
                case FLOAT -> chunk.getFloat();
                case BFLOAT16 -> Float.intBitsToFloat(chunk.getShort() << 16);
                default -> SafeTensors.halfToFloat(chunk.getShort());
              };
        }
      }
      if (SortedTable.mask(crc) != entry.crc()) {
        throw new InvalidModelException(source + " is damaged: its CRC-32C differs");
      }
      return values;
    }
  }
}
