package org.solrelectra.training.machine;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Shared libraries without code: an ELF header, one segment, a dynamic section, its strings. What
 * {@code readelf -d} reads, too.
 */
public final class ElfFixture {
  static final int HEADER = 64;
  static final int PROGRAM_HEADER = 56;
  static final int DYNAMIC = HEADER + 2 * PROGRAM_HEADER;

  /** Where the segment lies in memory: not where it lies in the file. */
  private static final long BASE = 0x10000;

  private ElfFixture() {}

  /** Writes a library for x86-64 whose name is the file's. */
  public static Path write(Path file, String runPath, String... needed) throws IOException {
    Files.createDirectories(file.getParent());
    return Files.write(file, bytes(ElfFile.X86_64, file.getFileName().toString(), runPath, needed));
  }

  /**
   * @param runPath null for none
   */
  static byte[] bytes(int machine, String soname, String runPath, String... needed) {
    ByteArrayOutputStream strings = new ByteArrayOutputStream();
    strings.write(0);
    List<long[]> entries = new ArrayList<>();
    for (String name : needed) {
      entries.add(new long[] {1, add(strings, name)});
    }
    entries.add(new long[] {14, add(strings, soname)});
    if (runPath != null) {
      entries.add(new long[] {29, add(strings, runPath)});
    }
    int dynamicBytes = 16 * (entries.size() + 3);
    entries.add(new long[] {5, BASE + DYNAMIC + dynamicBytes});
    entries.add(new long[] {10, strings.size()});
    entries.add(new long[] {0, 0});
    int size = DYNAMIC + dynamicBytes + strings.size();
    ByteBuffer file = ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
    file.put(new byte[] {0x7f, 'E', 'L', 'F', 2, 1, 1}).position(16);
    file.putShort((short) 3).putShort((short) machine).putInt(1).putLong(0);
    file.putLong(HEADER).putLong(0).putInt(0).putShort((short) HEADER);
    file.putShort((short) PROGRAM_HEADER).putShort((short) 2);
    file.position(HEADER);
    programHeader(file, 1, 0, size);
    programHeader(file, 2, DYNAMIC, dynamicBytes);
    for (long[] entry : entries) {
      file.putLong(entry[0]).putLong(entry[1]);
    }
    file.put(strings.toByteArray());
    return file.array();
  }

  private static void programHeader(ByteBuffer file, int type, long offset, long bytes) {
    file.putInt(type).putInt(4).putLong(offset).putLong(BASE + offset).putLong(BASE + offset);
    file.putLong(bytes).putLong(bytes).putLong(8);
  }

  private static int add(ByteArrayOutputStream strings, String text) {
    int offset = strings.size();
    strings.writeBytes(text.getBytes(StandardCharsets.UTF_8));
    strings.write(0);
    return offset;
  }
}
