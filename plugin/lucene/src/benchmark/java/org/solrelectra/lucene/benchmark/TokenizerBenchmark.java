package org.solrelectra.lucene.benchmark;

import java.io.IOException;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;
import org.solrelectra.lucene.analysis.WordPieceEncoder;
import org.solrelectra.lucene.analysis.WordPieceEncoder.SpecialTokens;
import org.solrelectra.lucene.analysis.WordPieces;
import org.solrelectra.lucene.model.ModelDirectory;

/** Encodes all passages of the sample help centre on one thread: ids and offsets. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class TokenizerBenchmark {
  /** A folder below {@code solr-config/models}. */
  @Param("passage-ranker")
  public String model;

  private WordPieceEncoder encoder;
  private List<String> passages;
  private final WordPieces pieces = new WordPieces();

  @Setup
  public void open() throws IOException {
    ModelDirectory directory = ModelDirectory.open(SampleFiles.model(model));
    encoder = new WordPieceEncoder(directory.vocabulary(), directory.tokenizer());
    passages = SampleFiles.passages();
    int characters = passages.stream().mapToInt(String::length).sum();
    System.out.println("one operation encodes " + characters + " characters");
  }

  /** Returns the number of pieces, so that nothing is optimised away. */
  @Benchmark
  public int encode() {
    int count = 0;
    for (String passage : passages) {
      encoder.encode(passage, SpecialTokens.AS_TEXT, pieces);
      count += pieces.size();
    }
    return count;
  }
}
