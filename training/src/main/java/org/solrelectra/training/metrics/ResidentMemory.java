package org.solrelectra.training.metrics;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The memory that this process holds, the JVM's heap and what is native alike. */
public final class ResidentMemory {
  /** The resident set; proc(5) gives it in units of 1024 bytes. */
  private static final String NOW = "VmRSS";

  /** Its high-water mark. */
  private static final String PEAK = "VmHWM";

  private static final Path STATUS = Path.of("/proc/self/status");

  private ResidentMemory() {}

  /** Returns what it holds now, in bytes; empty where the system does not say it. */
  public static OptionalLong bytes() throws IOException {
    return read(NOW);
  }

  /** Returns the most that it held at once, in bytes; empty where the system does not say it. */
  public static OptionalLong peakBytes() throws IOException {
    return read(PEAK);
  }

  private static OptionalLong read(String name) throws IOException {
    return Files.exists(STATUS) ? parse(Files.readString(STATUS), name) : OptionalLong.empty();
  }

  static OptionalLong parse(String status, String name) {
    Matcher line =
        Pattern.compile("^" + name + ":\\s*(\\d+) kB$", Pattern.MULTILINE).matcher(status);
    return line.find()
        ? OptionalLong.of(1024 * Long.parseLong(line.group(1)))
        : OptionalLong.empty();
  }
}
