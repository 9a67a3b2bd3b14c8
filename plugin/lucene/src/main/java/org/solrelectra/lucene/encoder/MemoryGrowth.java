package org.solrelectra.lucene.encoder;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * Runs a model on sequences whose length doubles, and finds whether it takes more memory than it
 * may. It measures by how much the process's resident memory grows that is no file's, for others
 * map files meanwhile: ONNX Runtime keeps what a run has taken. What others allocate is counted
 * too, so an excess is to be found more than once.
 *
 * <p>It need not get to the greatest length, whose run alone would take longer than opening a
 * model: it ends when what was measured stays below the limit even if it grows eightfold with each
 * doubling that is left, as a tensor of [seq, seq, seq] does. That is an extrapolation: a graph
 * whose memory grows faster than that and is small before is found when it is used.
 */
final class MemoryGrowth {
  /** The first length. */
  static final int FIRST_TOKENS = 8;

  /** The kernel's numbers of this process; other systems than Linux have none. */
  private static final Path STATUS = Path.of("/proc/self/status");

  /** What a doubling costs at least if it costs much: attention's square. */
  private static final double LEAST_FACTOR = 4;

  /** What a doubling costs at most if it costs little. */
  private static final double LARGEST_FACTOR = 8;

  /** Less growth is not told from that of other threads. */
  private static final long NOISE_BYTES = 1 << 20;

  private final Meter meter;
  private final long limitBytes;

  MemoryGrowth(Meter meter, long limitBytes) {
    this.meter = meter;
    this.limitBytes = limitBytes;
  }

  /** What says how much memory is resident: {@link #residentBytes()} in all but tests. */
  @FunctionalInterface
  interface Meter {
    OptionalLong residentBytes() throws IOException;
  }

  /** Runs one sequence of a length. */
  @FunctionalInterface
  interface Runs {
    void run(int tokens) throws IOException;
  }

  /**
   * More memory than is allowed.
   *
   * @param tokens of the sequence that takes it
   * @param bytes that were measured, or that the lengths before let expect
   */
  record Excess(int tokens, long bytes) {}

  /**
   * Returns the process's resident memory that is no file's; empty where the system does not say,
   * or a security manager does not let it be asked.
   */
  static OptionalLong residentBytes() throws IOException {
    try {
      if (Files.isReadable(STATUS)) {
        for (String line : Files.readAllLines(STATUS)) {
          if (line.startsWith("RssAnon:")) {
            return OptionalLong.of(Long.parseLong(line.replaceAll("\\D", "")) * 1024);
          }
        }
      }
      return OptionalLong.empty();
    } catch (SecurityException e) {
      return OptionalLong.empty();
    }
  }

  /**
   * Runs lengths until one takes too much, the next would, or it is clear that none will. The model
   * has run before: what a first run takes once is not counted.
   *
   * @return empty if the model keeps within the limit, or the system does not say
   */
  Optional<Excess> excess(int maxTokens, Runs runs) throws IOException {
    OptionalLong baseline = meter.residentBytes();
    if (baseline.isEmpty()) {
      return Optional.empty();
    }
    double before = 0;
    int tokens = Math.min(FIRST_TOKENS, maxTokens);
    while (true) {
      runs.run(tokens);
      long growth = meter.residentBytes().orElseThrow() - baseline.getAsLong();
      if (growth > limitBytes) {
        return Optional.of(new Excess(tokens, growth));
      }
      if (isClearlyEnough(growth, tokens, maxTokens)) {
        return Optional.empty();
      }
      int next = Math.min(2 * tokens, maxTokens);
      double factor =
          tokens == Math.min(FIRST_TOKENS, maxTokens)
              ? LARGEST_FACTOR
              : Math.max(LEAST_FACTOR, growth / Math.max(before, NOISE_BYTES));
      if (growth > NOISE_BYTES && growth * factor > limitBytes) {
        return Optional.of(new Excess(next, (long) (growth * factor)));
      }
      before = growth;
      tokens = next;
    }
  }

  private boolean isClearlyEnough(long growth, int tokens, int maxTokens) {
    double atMost = Math.max(growth, NOISE_BYTES);
    for (int length = tokens; length < maxTokens; length *= 2) {
      atMost *= LARGEST_FACTOR;
    }
    return tokens == maxTokens || atMost <= limitBytes;
  }
}
