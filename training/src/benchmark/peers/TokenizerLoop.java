import com.sun.management.OperatingSystemMXBean;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

/** Tokenizes paragraphs whenever it gets a line, and says how many megabytes a second of processor time, and pieces. */
final class TokenizerLoop {
  /** Linux counts a process's time in hundredths of a second. */
  private static final long LEAST_NANOS = 2_000_000_000L;

  interface Tokenizer {
    /** Returns the number of word pieces, without special tokens. */
    long count(List<String> paragraphs);
  }

  private TokenizerLoop() {}

  /**
   * @param file paragraphs, a line each
   */
  static void run(Tokenizer tokenizer, Path file) throws Exception {
    List<String> paragraphs = Files.readAllLines(file);
    long bytes = Files.size(file) - paragraphs.size();
    measure(tokenizer, paragraphs, bytes);
    System.out.println("ready");
    BufferedReader asked =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    while (asked.readLine() != null) {
      System.out.println(measure(tokenizer, paragraphs, bytes));
    }
    System.exit(0);
  }

  private static String measure(Tokenizer tokenizer, List<String> paragraphs, long bytes) {
    OperatingSystemMXBean process =
        (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
    long start = process.getProcessCpuTime();
    long nanos;
    long pieces;
    int passes = 0;
    do {
      pieces = tokenizer.count(paragraphs);
      passes++;
      nanos = process.getProcessCpuTime() - start;
    } while (nanos < LEAST_NANOS);
    return String.format(Locale.ROOT, "%.3f %d", passes * bytes * 1e3 / nanos, pieces);
  }
}
