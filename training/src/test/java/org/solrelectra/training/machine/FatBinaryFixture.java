package org.solrelectra.training.machine;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/** Fat binaries as {@link GpuCode} describes them. */
public final class FatBinaryFixture {
  private FatBinaryFixture() {}

  /** An entry of the length that libtorch's have (64 to 112 bytes before the code). */
  public record Code(int architecture, int headerBytes, int codeBytes) {}

  /** Returns one fat binary; each architecture's code consists of its number. */
  public static byte[] of(Code... entries) {
    int bytes =
        Arrays.stream(entries).mapToInt(code -> code.headerBytes() + code.codeBytes()).sum();
    ByteBuffer file = ByteBuffer.allocate(16 + bytes).order(ByteOrder.LITTLE_ENDIAN);
    file.putInt(0xBA55ED50).putShort((short) 1).putShort((short) 16).putLong(bytes);
    for (Code code : entries) {
      int start = file.position();
      file.putShort((short) 2).putShort((short) 0x101);
      file.putInt(code.headerBytes()).putLong(code.codeBytes());
      file.putInt(start + 28, code.architecture());
      file.position(start + code.headerBytes());
      byte[] machineCode = new byte[code.codeBytes()];
      Arrays.fill(machineCode, (byte) code.architecture());
      file.put(machineCode);
    }
    return file.array();
  }
}
