package org.solrelectra.training.machine;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * An NVIDIA GPU, as its driver's {@code nvidia-smi} describes it.
 *
 * @param computeCapability such as 9.0
 * @param memoryMebibytes all of it, used or not; -1 where the driver does not say
 * @param driver the driver's version
 */
public record Gpu(
    int index, String name, String computeCapability, long memoryMebibytes, String driver) {
  public static final String COMMAND = "nvidia-smi";

  private static final int FIELDS = 5;
  private static final int TIMEOUT_SECONDS = 60;

  /** Returns the compute capability as architectures are counted: 90 for 9.0. */
  public int architecture() {
    return Integer.parseInt(computeCapability.replace(".", ""));
  }

  /**
   * Asks the driver for all GPUs.
   *
   * @param command {@link #COMMAND}, or where it is
   * @throws IOException if it cannot be run or says something else
   */
  public static List<Gpu> list(String command) throws IOException {
    Process process =
        new ProcessBuilder(
                command,
                "--query-gpu=index,name,compute_cap,memory.total,driver_version",
                "--format=csv,noheader,nounits")
            .redirectErrorStream(true)
            .start();
    try {
      // Waits before it reads: a line a GPU fits into the pipe, and a hung driver says nothing.
      if (!process.waitFor(TIMEOUT_SECONDS, TimeUnit.SECONDS)) {
        throw new IOException(command + " did not end in " + TIMEOUT_SECONDS + " s");
      }
      String printed = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      if (process.exitValue() != 0) {
        throw new IOException(
            command + " ended with " + process.exitValue() + ": " + printed.strip());
      }
      return parse(printed);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException(command + " was interrupted", e);
    } finally {
      process.destroyForcibly();
    }
  }

  /** Reads one GPU a line. */
  static List<Gpu> parse(String lines) throws IOException {
    List<Gpu> gpus = new ArrayList<>();
    for (String line : lines.strip().lines().toList()) {
      String[] fields = line.split(",");
      try {
        if (fields.length != FIELDS || !fields[2].strip().matches("\\d+\\.\\d")) {
          throw new NumberFormatException();
        }
        gpus.add(
            new Gpu(
                Integer.parseInt(fields[0].strip()),
                fields[1].strip(),
                fields[2].strip(),
                fields[3].contains("N/A") ? -1 : Long.parseLong(fields[3].strip()),
                fields[4].strip()));
      } catch (NumberFormatException e) {
        throw new IOException(
            COMMAND + " must say index, name, compute capability, memory and driver; line: " + line,
            e);
      }
    }
    return gpus;
  }
}
