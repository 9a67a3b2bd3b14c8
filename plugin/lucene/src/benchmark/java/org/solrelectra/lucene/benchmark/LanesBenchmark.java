package org.solrelectra.lucene.benchmark;

import java.io.IOException;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.apache.lucene.classification.ClassificationResult;
import org.apache.lucene.util.BytesRef;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Group;
import org.openjdk.jmh.annotations.GroupThreads;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;
import org.solrelectra.lucene.classification.EncoderClassifier;
import org.solrelectra.lucene.encoder.Deadline;
import org.solrelectra.lucene.encoder.Lane;
import org.solrelectra.lucene.encoder.OnnxEncoder;
import org.solrelectra.lucene.encoder.WindowPolicy;
import org.solrelectra.lucene.encoder.WorkerPool;
import org.solrelectra.lucene.model.ModelDirectory;
import org.solrelectra.lucene.search.CrossEncoder;

/**
 * 32 clients that ask without a pause, and one that has documents labelled one after another: how
 * long both wait, by the share of the time that documents get.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SampleTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Fork(1)
@Warmup(iterations = 1, time = 5)
@Measurement(iterations = 2, time = 10)
public class LanesBenchmark {
  private static final String QUESTION = "How long does a transfer to another bank take?";
  private static final String DOCUMENT = "I have not received my card and would like to know why";
  private static final int PASSAGES = 10;

  /** Not 0: the benchmark waits for a document at its end. */
  @Param({"0.1", "0.3"})
  public double indexingShare;

  private WorkerPool pool;
  private OnnxEncoder ranker;
  private OnnxEncoder classifier;
  private List<String> passages;

  @Setup
  public void open() throws IOException {
    pool = WorkerPool.forThisMachine(indexingShare);
    ranker = OnnxEncoder.open(ModelDirectory.open(SampleFiles.model("passage-ranker")), pool);
    classifier = OnnxEncoder.open(ModelDirectory.open(SampleFiles.model("banking-intents")), pool);
    passages = SampleFiles.passages().subList(0, PASSAGES);
  }

  @TearDown
  public void close() throws IOException {
    ranker.close();
    classifier.close();
    pool.close();
  }

  /** Returns the logits, so that nothing is optimised away. */
  @Benchmark
  @Group("load")
  @GroupThreads(32)
  public float[] query() throws IOException {
    return new CrossEncoder(ranker)
        .score(QUESTION, passages, WindowPolicy.BEGINNING, Deadline.NONE)
        .logits();
  }

  @Benchmark
  @Group("load")
  @GroupThreads(1)
  public ClassificationResult<BytesRef> document() throws IOException {
    return new EncoderClassifier(classifier, Lane.INDEXING).assignClass(DOCUMENT);
  }
}
