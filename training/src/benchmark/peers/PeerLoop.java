import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;

/** Scores the same texts whenever it gets a line, and says how long that took and what came out. */
final class PeerLoop {
  private static final int WARMUP = 2;

  interface Scorer {
    /** Strings in, scores out. */
    float[] score(List<String> texts) throws Exception;
  }

  private PeerLoop() {}

  static void run(Scorer scorer, List<String> texts) throws Exception {
    for (int i = 0; i < WARMUP; i++) {
      scorer.score(texts);
    }
    System.out.println("ready");
    BufferedReader asked =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    while (asked.readLine() != null) {
      long start = System.nanoTime();
      float[] scores = scorer.score(texts);
      double millis = (System.nanoTime() - start) / 1e6;
      System.out.printf(Locale.ROOT, "%.1f %.4f %.4f%n", millis, scores[0], scores[scores.length - 1]);
    }
    System.exit(0);
  }
}
