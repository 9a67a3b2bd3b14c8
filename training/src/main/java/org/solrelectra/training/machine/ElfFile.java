package org.solrelectra.training.machine;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;

/**
 * What the dynamic section of a shared library says (System V ABI, chapters 4 and 5). Only 64-bit
 * little-endian files: all that libtorch is published for on Linux.
 *
 * @param machine the instruction set, {@link #X86_64} or another {@code e_machine}
 * @param soname the name that others need it by; null if it has none
 * @param needed the names of the libraries it needs, in the linker's order
 * @param runPath folders to look for them in, {@code $ORIGIN} and all
 */
public record ElfFile(int machine, String soname, List<String> needed, List<String> runPath) {
  public static final int X86_64 = 62;

  private static final int MAGIC = 0x464C457F;
  private static final int HEADER_BYTES = 64;
  private static final int PROGRAM_HEADER_BYTES = 56;
  private static final int DYNAMIC_ENTRY_BYTES = 16;
  private static final int PT_LOAD = 1;
  private static final int PT_DYNAMIC = 2;
  private static final int DT_NULL = 0;
  private static final int DT_NEEDED = 1;
  private static final int DT_STRTAB = 5;
  private static final int DT_STRSZ = 10;
  private static final int DT_SONAME = 14;
  private static final int DT_RPATH = 15;
  private static final int DT_RUNPATH = 29;

  /** The largest table that is read; the string table of libtorch_cpu.so has 50 MB. */
  private static final long LARGEST_TABLE = 1L << 30;

  public ElfFile {
    needed = List.copyOf(needed);
    runPath = List.copyOf(runPath);
  }

  /**
   * Reads a library's headers; its code stays on the disk.
   *
   * @throws IOException if the file is no such library, or is cut short
   */
  public static ElfFile read(Path file) throws IOException {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      return new Reader(file, channel).read();
    }
  }

  private record Segment(long fileOffset, long address, long bytes) {}

  private record Reader(Path file, FileChannel channel) {
    ElfFile read() throws IOException {
      if (channel.size() < HEADER_BYTES) {
        throw invalid("is not a 64-bit little-endian ELF file");
      }
      ByteBuffer header = at(0, HEADER_BYTES);
      if (header.getInt(0) != MAGIC || header.get(4) != 2 || header.get(5) != 1) {
        throw invalid("is not a 64-bit little-endian ELF file");
      }
      int machine = Short.toUnsignedInt(header.getShort(18));
      int headerBytes = Short.toUnsignedInt(header.getShort(54));
      int headers = Short.toUnsignedInt(header.getShort(56));
      if (headers > 0 && headerBytes < PROGRAM_HEADER_BYTES) {
        throw invalid("is damaged: its program headers have " + headerBytes + " bytes");
      }
      ByteBuffer table = at(header.getLong(32), (long) headers * headerBytes);
      List<Segment> loaded = new ArrayList<>();
      Segment dynamic = null;
      for (int i = 0; i < headers; i++) {
        int start = i * headerBytes;
        Segment segment =
            new Segment(
                table.getLong(start + 8), table.getLong(start + 16), table.getLong(start + 32));
        switch (table.getInt(start)) {
          case PT_LOAD -> loaded.add(segment);
          case PT_DYNAMIC -> dynamic = segment;
          default -> {}
        }
      }
      if (dynamic == null) {
        throw invalid("is not a shared library: it has no dynamic section");
      }
      return dynamic(machine, loaded, at(dynamic.fileOffset(), dynamic.bytes()));
    }

    private ElfFile dynamic(int machine, List<Segment> loaded, ByteBuffer entries)
        throws IOException {
      long strings = -1;
      long stringBytes = 0;
      long soname = -1;
      List<Long> needed = new ArrayList<>();
      List<Long> paths = new ArrayList<>();
      for (int at = 0; at + DYNAMIC_ENTRY_BYTES <= entries.limit(); at += DYNAMIC_ENTRY_BYTES) {
        long tag = entries.getLong(at);
        long value = entries.getLong(at + 8);
        if (tag == DT_NULL) {
          break;
        } else if (tag == DT_NEEDED) {
          needed.add(value);
        } else if (tag == DT_SONAME) {
          soname = value;
        } else if (tag == DT_RPATH || tag == DT_RUNPATH) {
          paths.add(value);
        } else if (tag == DT_STRTAB) {
          strings = value;
        } else if (tag == DT_STRSZ) {
          stringBytes = value;
        }
      }
      ByteBuffer table = at(fileOffset(strings, loaded), stringBytes);
      List<String> names = new ArrayList<>();
      for (long offset : needed) {
        names.add(string(table, offset));
      }
      List<String> folders = new ArrayList<>();
      for (long offset : paths) {
        for (String folder : string(table, offset).split(":")) {
          if (!folder.isEmpty()) {
            folders.add(folder);
          }
        }
      }
      return new ElfFile(machine, soname < 0 ? null : string(table, soname), names, folders);
    }

    private long fileOffset(long address, List<Segment> loaded) throws IOException {
      for (Segment segment : loaded) {
        long inside = address - segment.address();
        if (inside >= 0 && inside < segment.bytes()) {
          return segment.fileOffset() + inside;
        }
      }
      throw invalid("is damaged: no segment holds its string table");
    }

    private String string(ByteBuffer table, long offset) throws IOException {
      if (offset < 0 || offset >= table.limit()) {
        throw invalid("is damaged: a name lies outside of its string table");
      }
      int end = (int) offset;
      while (end < table.limit() && table.get(end) != 0) {
        end++;
      }
      byte[] bytes = new byte[end - (int) offset];
      table.get((int) offset, bytes);
      return new String(bytes, StandardCharsets.UTF_8);
    }

    private ByteBuffer at(long offset, long bytes) throws IOException {
      if (offset < 0 || bytes < 0 || bytes > LARGEST_TABLE || offset > channel.size() - bytes) {
        throw invalid("is cut short or damaged: a table lies outside of the file");
      }
      ByteBuffer buffer = ByteBuffer.allocate((int) bytes).order(ByteOrder.LITTLE_ENDIAN);
      while (buffer.hasRemaining()) {
        if (channel.read(buffer, offset + buffer.position()) < 0) {
          throw new EOFException(file + " became shorter while it was read");
        }
      }
      return buffer.flip();
    }

    private IOException invalid(String what) {
      return new IOException(file + " " + what);
    }
  }
}
