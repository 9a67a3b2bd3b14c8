package org.solrelectra.training.machine;

import java.io.IOException;
import java.nio.ByteOrder;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Collections;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * The GPU machine code in a CUDA shared library. It stands there in "fat binaries": a header and
 * entries, one for each architecture, as {@code fatbinary} of the CUDA toolkit writes them. A fat
 * binary has no public specification; what is read here was seen in libtorch 2.10.0 for CUDA 13:
 *
 * <pre>
 * header  magic 0xBA55ED50 (4), version 1 (2), its own size 16 (2), size of all entries (8)
 * entry   kind (2), version (2), its own size (4), size of its code (8), ..., at 28: architecture (4), ...
 * </pre>
 */
public final class GpuCode {
  private static final int MAGIC = 0xBA55ED50;
  private static final int VERSION = 1;
  private static final int HEADER_BYTES = 16;
  private static final int SHORTEST_ENTRY_BYTES = 32;

  /** Fat binaries start at multiples of 8; of 4 is read, for safety. */
  private static final int ALIGNMENT = 4;

  private GpuCode() {}

  /**
   * What was kept and what was blanked.
   *
   * @param keptBytes of machine code, as large as they are in the file
   * @param blankedBytes now zero
   */
  public record Slimmed(long keptBytes, long blankedBytes) {}

  /** Returns the bytes of machine code for each architecture, 90 for sm_90, blanked code aside. */
  public static SortedMap<Integer, Long> architectures(Path file) throws IOException {
    SortedMap<Integer, Long> bytes = new TreeMap<>();
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      visit(
          map(file, channel, FileChannel.MapMode.READ_ONLY),
          (image, architecture, start, size) -> {
            if (!isBlank(image, start, size)) {
              bytes.merge(architecture, (long) size, Long::sum);
            }
          });
    }
    return Collections.unmodifiableSortedMap(bytes);
  }

  /**
   * Copies a library and blanks the machine code of all but some architectures. Size and layout
   * stay, so that all offsets hold; zeros compress to nothing. Where it runs on a GPU whose code
   * was blanked, the first kernel fails.
   *
   * @throws IOException if the library has no code for one of {@code keep}; nothing is written then
   */
  public static Slimmed copySlimmed(Path from, Path to, Set<Integer> keep) throws IOException {
    SortedMap<Integer, Long> present = architectures(from);
    for (int architecture : keep) {
      if (!present.containsKey(architecture)) {
        throw new IOException(
            from
                + " has no machine code for architecture "
                + architecture
                + "; architectures: "
                + present.keySet());
      }
    }
    Files.copy(from, to);
    long[] bytes = new long[2];
    try (FileChannel channel =
        FileChannel.open(to, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      visit(
          map(to, channel, FileChannel.MapMode.READ_WRITE),
          (image, architecture, start, size) -> {
            boolean kept = keep.contains(architecture);
            bytes[kept ? 0 : 1] += size;
            if (!kept) {
              image.put(start, new byte[size]);
            }
          });
    }
    return new Slimmed(bytes[0], bytes[1]);
  }

  /**
   * Says whether a GPU can run code for one of some architectures: the same major version, and no
   * later minor one (CUDA C++ Programming Guide, binary compatibility).
   *
   * @param computeCapability of the GPU, times ten: 90 for 9.0
   */
  public static boolean runsOn(int computeCapability, Set<Integer> architectures) {
    return architectures.stream()
        .anyMatch(
            architecture ->
                architecture / 10 == computeCapability / 10 && architecture <= computeCapability);
  }

  @FunctionalInterface
  private interface EntryVisitor {
    void entry(MappedByteBuffer image, int architecture, int start, int size);
  }

  private static MappedByteBuffer map(Path file, FileChannel channel, FileChannel.MapMode mode)
      throws IOException {
    if (channel.size() > Integer.MAX_VALUE) {
      throw new IOException(file + " must be below 2 GiB; bytes=" + channel.size());
    }
    MappedByteBuffer image = channel.map(mode, 0, channel.size());
    image.order(ByteOrder.LITTLE_ENDIAN);
    return image;
  }

  private static void visit(MappedByteBuffer image, EntryVisitor visitor) {
    int last = image.limit() - HEADER_BYTES;
    int position = 0;
    while (position <= last) {
      if (image.getInt(position) == MAGIC && isFatBinary(image, position)) {
        int end = end(image, position);
        for (int entry = position + HEADER_BYTES; entry < end; ) {
          int start = entry + image.getInt(entry + 4);
          int size = (int) image.getLong(entry + 8);
          visitor.entry(image, image.getInt(entry + 28), start, size);
          entry = start + size;
        }
        position = end - Math.floorMod(end, ALIGNMENT);
      } else {
        position += ALIGNMENT;
      }
    }
  }

  private static int end(MappedByteBuffer image, int position) {
    return Math.toIntExact(position + HEADER_BYTES + image.getLong(position + 8));
  }

  /** The four bytes of the magic number also turn up where there is no fat binary. */
  private static boolean isFatBinary(MappedByteBuffer image, int position) {
    long bytes = image.getLong(position + 8);
    if (image.getShort(position + 4) != VERSION
        || image.getShort(position + 6) != HEADER_BYTES
        || bytes < SHORTEST_ENTRY_BYTES
        || bytes > image.limit() - HEADER_BYTES - (long) position) {
      return false;
    }
    long entry = (long) position + HEADER_BYTES;
    long end = entry + bytes;
    while (entry < end) {
      if (end - entry < SHORTEST_ENTRY_BYTES) {
        return false;
      }
      long headerBytes = image.getInt((int) entry + 4);
      long codeBytes = image.getLong((int) entry + 8);
      if (headerBytes < SHORTEST_ENTRY_BYTES
          || codeBytes < 0
          || codeBytes > end - entry - headerBytes) {
        return false;
      }
      entry += headerBytes + codeBytes;
    }
    return true;
  }

  private static boolean isBlank(MappedByteBuffer image, int start, int size) {
    for (int i = start; i < start + size; i++) {
      if (image.get(i) != 0) {
        return false;
      }
    }
    return true;
  }
}
