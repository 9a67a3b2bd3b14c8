package org.solrelectra.training.metrics;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The most memory that this process held at once, the JVM's heap and libtorch's alike. */
public final class PeakMemory {
  /** The high-water mark of the resident set; proc(5) gives it in units of 1024 bytes. */
  private static final Pattern HIGH_WATER_MARK =
      Pattern.compile("^VmHWM:\\s*(\\d+) kB$", Pattern.MULTILINE);

  private static final Path STATUS = Path.of("/proc/self/status");

  private PeakMemory() {}

  /** Returns the peak of the resident set, in bytes; empty where the system does not say it. */
  public static OptionalLong bytes() throws IOException {
    return Files.exists(STATUS) ? parse(Files.readString(STATUS)) : OptionalLong.empty();
  }

  static OptionalLong parse(String status) {
    Matcher mark = HIGH_WATER_MARK.matcher(status);
    return mark.find()
        ? OptionalLong.of(1024 * Long.parseLong(mark.group(1)))
        : OptionalLong.empty();
  }
}
