import java.util.Comparator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * What an expert makes of a library that pads all texts of a call to the longest: calls of a few texts of about the same
 * length, the longest first, from several threads.
 */
final class SortedCalls implements PeerLoop.Scorer {
  interface ScorerMaker {
    PeerLoop.Scorer make() throws Exception;
  }

  private final List<PeerLoop.Scorer> scorers;
  private final int textsPerCall;
  private final ExecutorService threads;

  private SortedCalls(List<PeerLoop.Scorer> scorers, int textsPerCall) {
    this.scorers = scorers;
    this.textsPerCall = textsPerCall;
    this.threads = Executors.newFixedThreadPool(scorers.size());
  }

  /** Returns one scorer, or calls of several if {@code arguments} go on with texts a call and threads. */
  static PeerLoop.Scorer of(String[] arguments, int from, ScorerMaker maker) throws Exception {
    if (arguments.length == from) {
      return maker.make();
    }
    PeerLoop.Scorer[] scorers = new PeerLoop.Scorer[threads(arguments, from)];
    for (int i = 0; i < scorers.length; i++) {
      scorers[i] = maker.make();
    }
    return new SortedCalls(List.of(scorers), Integer.parseInt(arguments[from]));
  }

  /** Returns how many threads call; 1 if {@code arguments} do not say. */
  static int threads(String[] arguments, int from) {
    return arguments.length == from ? 1 : Integer.parseInt(arguments[from + 1]);
  }

  @Override
  public float[] score(List<String> texts) {
    int[] order =
        IntStream.range(0, texts.size())
            .boxed()
            .sorted(Comparator.comparingInt(i -> -texts.get(i).length()))
            .mapToInt(i -> i)
            .toArray();
    float[] scores = new float[order.length];
    AtomicInteger next = new AtomicInteger();
    Stream<CompletableFuture<Void>> running =
        scorers.stream()
            .map(scorer -> CompletableFuture.runAsync(() -> work(scorer, texts, order, next, scores), threads));
    CompletableFuture.allOf(running.toArray(CompletableFuture[]::new)).join();
    return scores;
  }

  private void work(
      PeerLoop.Scorer scorer, List<String> texts, int[] order, AtomicInteger next, float[] scores) {
    int from;
    while ((from = next.getAndAdd(textsPerCall)) < order.length) {
      int first = from;
      int count = Math.min(textsPerCall, order.length - first);
      List<String> call = IntStream.range(0, count).mapToObj(i -> texts.get(order[first + i])).toList();
      try {
        float[] scored = scorer.score(call);
        for (int i = 0; i < count; i++) {
          scores[order[first + i]] = scored[i];
        }
      } catch (Exception e) {
        throw new IllegalStateException(e);
      }
    }
  }
}
