package org.solrelectra.lucene;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A JVM of its own that does the same over and over, and says from time to time what it holds. Its
 * heap has one size and is resident from the start, so that what grows is native memory.
 */
public final class SoakProcess {
  /** The kernel's numbers of the process that reads it. */
  public static final Path STATUS = Path.of("/proc/self/status");

  /** What leaks nothing moved by 3 % at most, a node with Solr the most. */
  private static final double LARGEST_GROWTH = 0.05;

  /** Solr has such, and a sample may meet one. */
  private static final int SHORT_LIVED_THREADS = 2;

  private static final int WARMUP_TENTHS = 2;
  private static final String SAMPLE = "sample";

  private SoakProcess() {}

  /** What a process holds after some of its steps. */
  private record Sample(int steps, long residentKilobytes, int threads) {}

  /**
   * Runs a class until it ends, and asserts that it neither grows nor gets more threads from a
   * fifth of its steps on.
   *
   * @param output receives what the process prints, its numbers among it
   * @param heapMegabytes as few as it can do with: what is native is compared with all of it
   */
  public static void assertHoldsNoMore(
      Path output, int heapMegabytes, Class<?> main, Object... arguments)
      throws IOException, InterruptedException {
    List<Sample> samples = samples(output, heapMegabytes, main, arguments);
    assertEquals(10 - WARMUP_TENTHS + 1, samples.size(), () -> "see " + output);
    Sample first = samples.get(0);
    Sample last = samples.get(samples.size() - 1);
    assertTrue(
        last.residentKilobytes() <= first.residentKilobytes() * (1 + LARGEST_GROWTH),
        () -> "resident memory grew: " + samples);
    assertEquals(first.threads(), last.threads(), SHORT_LIVED_THREADS, () -> "threads: " + samples);
  }

  private static List<Sample> samples(
      Path output, int heapMegabytes, Class<?> main, Object... arguments)
      throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(
        List.of(
            "-Xms" + heapMegabytes + "m",
            "-Xmx" + heapMegabytes + "m",
            "-XX:+AlwaysPreTouch",
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
            // Else compilers' threads come and go with the load.
            "-XX:-UseDynamicNumberOfCompilerThreads",
            "-cp",
            System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
            main.getName()));
    Arrays.stream(arguments).map(Object::toString).forEach(command::add);
    Files.createDirectories(output.getParent());
    ProcessBuilder builder =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(output.toFile());
    // Of several arenas glibc gives some more memory now and then: 2 to 5 % in 100,000 runs that
    // with one arena move by less than 1 %.
    builder.environment().put("MALLOC_ARENA_MAX", "1");
    Process process = builder.start();
    try {
      assertEquals(0, process.waitFor(), () -> "see " + output);
    } finally {
      process.destroyForcibly();
    }
    List<Sample> samples = new ArrayList<>();
    for (String line : Files.readAllLines(output)) {
      String[] fields = line.split(" ");
      if (fields[0].equals(SAMPLE)) {
        samples.add(
            new Sample(
                Integer.parseInt(fields[1]),
                Long.parseLong(fields[2]),
                Integer.parseInt(fields[3])));
      }
    }
    return samples;
  }

  /** Called by the process after each step: after each tenth of all it prints what it holds. */
  public static void step(int step, int steps) throws IOException {
    int tenth = Math.max(1, steps / 10);
    if (step % tenth == 0 && step / tenth >= WARMUP_TENTHS && step / tenth <= 10) {
      System.out.println(SAMPLE + " " + step + " " + status("VmRSS:") + " " + status("Threads:"));
    }
  }

  private static long status(String name) throws IOException {
    for (String line : Files.readAllLines(STATUS)) {
      String[] fields = line.split("\\s+");
      if (fields[0].equals(name)) {
        return Long.parseLong(fields[1]);
      }
    }
    throw new IOException(STATUS + " does not say " + name);
  }
}
