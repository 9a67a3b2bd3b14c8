package org.solrelectra.training.export;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.solrelectra.lucene.encoder.Deadline;
import org.solrelectra.lucene.encoder.EncoderOutput;
import org.solrelectra.lucene.encoder.Lane;
import org.solrelectra.lucene.encoder.OnnxEncoder;
import org.solrelectra.lucene.encoder.TokenBatch;
import org.solrelectra.lucene.encoder.TokenSequence;
import org.solrelectra.lucene.encoder.WorkerPool;
import org.solrelectra.lucene.model.ModelDirectory;
import org.solrelectra.training.task.Calibration;

/** A query that runs out of time, with a model whose single run takes longer than it has. */
class DeadlineIT {
  private static final int LAYERS = 4;
  private static final int LENGTH = 512;
  private static final int QUERIES = 7;
  private static final int MILLIS = 20;

  /** After which nothing of a query may run. */
  private static final long GRACE_MILLIS = 5;

  private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

  @TempDir private Path folder;

  /** Returns the processor time of the pool's threads, in nanoseconds, by their id. */
  private static Map<Long, Long> processorTimes() {
    Map<Long, Long> times = new TreeMap<>();
    for (long id : THREADS.getAllThreadIds()) {
      var thread = THREADS.getThreadInfo(id);
      if (thread != null && thread.getThreadName().startsWith("solr-electra-worker")) {
        times.put(id, THREADS.getThreadCpuTime(id));
      }
    }
    return times;
  }

  @Test
  void nothingRunsOnWhenTimeIsUp() throws IOException, InterruptedException {
    Path directory = folder.resolve("ranker");
    ModelExporter.export(
        FixtureModelMaker.smallRanker(LAYERS, LENGTH),
        new ModelExporter.Options(
            "ranker",
            "1",
            null,
            ModelExporter.Graphs.STANDARD,
            Calibration.NONE,
            new ObjectMapper().createObjectNode()),
        directory);
    int[] ids = new int[LENGTH];
    Arrays.fill(ids, 5);
    TokenSequence sequence = new TokenSequence(ids, new int[LENGTH]);
    TokenBatch batch = new TokenBatch(Collections.nCopies(20, sequence), 0);
    long[] late = new long[QUERIES];
    try (WorkerPool pool = new WorkerPool(1);
        OnnxEncoder encoder = OnnxEncoder.open(ModelDirectory.open(directory), pool)) {
      // Both threads' first run takes longer.
      encoder.encode(new TokenBatch(List.of(sequence, sequence), 0), Deadline.NONE, Lane.QUERY);
      long start = System.nanoTime();
      encoder.encode(new TokenBatch(List.of(sequence), 0), Deadline.NONE, Lane.QUERY);
      long run = System.nanoTime() - start;
      assertTrue(run > TimeUnit.MILLISECONDS.toNanos(MILLIS), "one run takes ns " + run);
      for (int i = 0; i < QUERIES; i++) {
        start = System.nanoTime();
        EncoderOutput output = encoder.encode(batch, Deadline.afterMillis(MILLIS), Lane.QUERY);
        late[i] = System.nanoTime() - start - TimeUnit.MILLISECONDS.toNanos(MILLIS);
        assertEquals(0, output.done());
        Thread.sleep(GRACE_MILLIS);
        Map<Long, Long> before = processorTimes();
        assertEquals(1, before.size());
        Thread.sleep(100);
        processorTimes()
            .forEach(
                (id, nanos) ->
                    assertTrue(nanos - before.get(id) < 1_000_000, "ran on for ns: " + nanos));
      }
      Arrays.sort(late);
      assertTrue(late[QUERIES / 2] < run / 4, Arrays.toString(late) + " ns late; a run: " + run);
    }
  }
}
