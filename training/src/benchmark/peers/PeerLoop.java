import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

/** Scores one query's passages whenever it gets a line, and says how long that took and what came out. */
final class PeerLoop {
  private static final int WARMUP = 2;

  interface Ranker {
    /** Strings in, scores out. */
    float[] score(String query, List<String> passages) throws Exception;
  }

  private PeerLoop() {}

  /**
   * @param texts a query, then passages, a line each
   */
  static void run(Ranker ranker, Path texts) throws Exception {
    List<String> lines = Files.readAllLines(texts);
    List<String> passages = lines.subList(1, lines.size());
    for (int i = 0; i < WARMUP; i++) {
      ranker.score(lines.get(0), passages);
    }
    System.out.println("ready");
    BufferedReader asked =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    while (asked.readLine() != null) {
      long start = System.nanoTime();
      float[] scores = ranker.score(lines.get(0), passages);
      double millis = (System.nanoTime() - start) / 1e6;
      System.out.printf(Locale.ROOT, "%.1f %.4f %.4f%n", millis, scores[0], scores[scores.length - 1]);
    }
    System.exit(0);
  }
}
