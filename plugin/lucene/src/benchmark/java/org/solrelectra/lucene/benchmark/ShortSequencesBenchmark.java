package org.solrelectra.lucene.benchmark;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
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
import org.solrelectra.lucene.encoder.EncoderOutput;
import org.solrelectra.lucene.encoder.Lane;
import org.solrelectra.lucene.encoder.OnnxEncoder;
import org.solrelectra.lucene.encoder.TokenBatch;
import org.solrelectra.lucene.encoder.TokenSequence;
import org.solrelectra.lucene.encoder.WorkerPool;
import org.solrelectra.lucene.model.ModelDirectory;

/** Runs 64 sequences of one length on one thread: in one call, where they share runs, and in 64. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Fork(1)
@Warmup(iterations = 2, time = 1)
@Measurement(iterations = 5, time = 1)
public class ShortSequencesBenchmark {
  private static final int SEQUENCES = 64;

  /** A folder below {@code solr-config/models}. */
  @Param("banking-intents")
  public String model;

  @Param({"model.onnx", "model.int8.onnx"})
  public String graph;

  @Param({"12", "16", "32", "64"})
  public int tokens;

  private WorkerPool pool;
  private OnnxEncoder encoder;
  private List<TokenSequence> sequences;

  @Setup
  public void open() throws IOException {
    pool = new WorkerPool(0);
    encoder = OnnxEncoder.open(ModelDirectory.open(SampleFiles.model(model), graph), pool);
    Random random = new Random(1);
    sequences = new ArrayList<>();
    for (int i = 0; i < SEQUENCES; i++) {
      int[] ids = random.ints(tokens, 0, encoder.model().vocabulary().size()).toArray();
      sequences.add(new TokenSequence(ids, new int[tokens]));
    }
  }

  @TearDown
  public void close() throws IOException {
    encoder.close();
    pool.close();
  }

  /** Returns the logits, so that nothing is optimised away. */
  @Benchmark
  public EncoderOutput together() throws IOException {
    return encoder.encode(new TokenBatch(sequences, 0), Deadline.NONE, Lane.INDEXING);
  }

  @Benchmark
  public List<EncoderOutput> alone() throws IOException {
    List<EncoderOutput> outputs = new ArrayList<>();
    for (int i = 0; i < SEQUENCES; i++) {
      TokenBatch one = new TokenBatch(sequences.subList(i, i + 1), 0);
      outputs.add(encoder.encode(one, Deadline.NONE, Lane.INDEXING));
    }
    return outputs;
  }
}
