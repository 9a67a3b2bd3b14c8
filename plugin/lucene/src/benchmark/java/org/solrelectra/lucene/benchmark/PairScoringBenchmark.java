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
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;
import org.solrelectra.lucene.encoder.Deadline;
import org.solrelectra.lucene.encoder.WindowPolicy;
import org.solrelectra.lucene.encoder.OnnxEncoder;
import org.solrelectra.lucene.encoder.WorkerPool;
import org.solrelectra.lucene.model.ModelDirectory;
import org.solrelectra.lucene.search.CrossEncoder;

/** Scores the first passages of the sample help centre for one question: strings in, logits out. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 2)
public class PairScoringBenchmark {
  private static final String QUESTION = "How long does a transfer to another bank take?";

  /** A folder below {@code solr-config/models}. */
  @Param("passage-ranker")
  public String model;

  @Param("100")
  public int passages;

  /** Threads beside the caller's. */
  @Param({"0", "1"})
  public int helpers;

  private WorkerPool pool;
  private OnnxEncoder encoder;
  private CrossEncoder crossEncoder;
  private List<String> texts;

  @Setup
  public void open() throws IOException {
    pool = new WorkerPool(helpers);
    encoder = OnnxEncoder.open(ModelDirectory.open(SampleFiles.model(model)), pool);
    crossEncoder = new CrossEncoder(encoder);
    texts = SampleFiles.passages().subList(0, passages);
  }

  @TearDown
  public void close() throws IOException {
    encoder.close();
    pool.close();
  }

  /** Returns the logits, so that nothing is optimised away. */
  @Benchmark
  public float[] score() throws IOException {
    return crossEncoder.score(QUESTION, texts, WindowPolicy.BEGINNING, Deadline.NONE).logits();
  }
}
