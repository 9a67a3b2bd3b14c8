package org.solrelectra.lucene.encoder;

import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ScheduledFuture;
import org.solrelectra.lucene.model.GraphMemory;
import org.solrelectra.lucene.model.InvalidModelException;
import org.solrelectra.lucene.model.ModelDirectory;
import org.solrelectra.lucene.model.ModelLimitException;

/**
 * Runs a model directory's graph on ONNX Runtime: sequences unpadded, a run on one thread, several
 * runs side by side on the caller's and the pool's threads. On a CPU that is several times faster
 * than one padded batch of mixed lengths, and keeps every score independent of its neighbours
 * (docs/measurements.md).
 *
 * <p>Short sequences of one length share a run if that gives the same bits as a run for each: never
 * with a graph of dynamic scales, and with others if it did when the model was opened.
 */
public final class OnnxEncoder implements Encoder {
  /**
   * What grows while a model is opened may be another's: one that is refused was tried so often.
   */
  private static final int OPENING_ATTEMPTS = 3;

  private final ModelDirectory model;
  private final WorkerPool pool;
  private final OnnxSession session;
  private final boolean sharesRuns;

  // Guarded by this: the session is closed when the last run has ended.
  private int runs;
  private boolean closed;

  private OnnxEncoder(
      ModelDirectory model, WorkerPool pool, OnnxSession session, boolean sharesRuns) {
    this.model = model;
    this.pool = pool;
    this.session = session;
    this.sharesRuns = sharesRuns;
  }

  /**
   * Opens a model within the default limits of this machine.
   *
   * @param pool the threads that help; stays open when the encoder is closed
   * @throws InvalidModelException as {@link #open(ModelDirectory, WorkerPool, OpeningLimits)}
   */
  public static OnnxEncoder open(ModelDirectory model, WorkerPool pool) throws IOException {
    return open(model, pool, OpeningLimits.ofThisMachine());
  }

  /**
   * Opens a model, runs it on an empty text and on longer ones, and finds out whether sequences may
   * share a run. All of it runs on the caller's thread, behind no request of the pool.
   *
   * @param pool the threads that help; stays open when the encoder is closed
   * @throws InvalidModelException if ONNX Runtime refuses the graph, its output has another shape
   *     than the directory says, or it takes more memory or time than the limits allow
   * @throws IOException if ONNX Runtime itself cannot be loaded
   */
  public static OnnxEncoder open(ModelDirectory model, WorkerPool pool, OpeningLimits limits)
      throws IOException {
    GraphMemory.check(model.graphFile(), model.maxLength(), limits.memoryBytes());
    Optional<MemoryGrowth.Excess> excess = Optional.empty();
    for (int attempt = 0; attempt < OPENING_ATTEMPTS; attempt++) {
      OnnxSession session = OnnxSession.open(model);
      SelfTest.Result tested = null;
      try {
        tested = new SelfTest(model, session, limits).run(pool);
        excess = tested.excess();
      } finally {
        if (tested == null || excess.isPresent()) {
          session.close();
        }
      }
      if (excess.isEmpty()) {
        return new OnnxEncoder(model, pool, session, tested.sharesRuns());
      }
    }
    throw new ModelLimitException(
        ModelLimitException.Limit.MEMORY,
        model.graphFile()
            + " takes too much memory; a model may take "
            + limits.memoryBytes()
            + " bytes; a sequence of "
            + excess.orElseThrow().tokens()
            + " tokens takes "
            + excess.orElseThrow().bytes());
  }

  /** Says whether short sequences of one length share a run. */
  boolean sharesRuns() {
    return sharesRuns;
  }

  @Override
  public ModelDirectory model() {
    return model;
  }

  @Override
  public EncoderOutput encode(TokenBatch batch, Deadline deadline, Lane lane) throws IOException {
    List<TokenSequence> sequences = batch.sequences();
    for (TokenSequence sequence : sequences) {
      if (sequence.length() > model.maxLength()) {
        throw new IllegalArgumentException(
            "a sequence must have at most "
                + model.maxLength()
                + " tokens; tokens="
                + sequence.length());
      }
    }
    int[] order = SequenceGroups.order(sequences, deadline);
    List<List<Integer>> groups =
        sharesRuns
            ? SequenceGroups.ofEqualLength(sequences, order, pool.slots())
            : SequenceGroups.alone(order);
    float[][][] results = new float[sequences.size()][][];
    begin();
    try {
      RunStop stop = new RunStop(deadline);
      ScheduledFuture<?> alarm = pool.at(deadline, stop::terminate);
      try {
        pool.forEach(
            groups.size(),
            lane,
            deadline,
            index -> {
              if (deadline.isOver()) {
                return false;
              }
              List<Integer> group = groups.get(index);
              Optional<float[][][]> rows =
                  session.run(group.stream().map(sequences::get).toList(), stop);
              for (int i = 0; i < group.size() && rows.isPresent(); i++) {
                results[group.get(i)] = rows.get()[i];
              }
              return rows.isPresent();
            });
      } finally {
        if (alarm != null) {
          alarm.cancel(false);
        }
      }
      stop.rethrow();
    } finally {
      end();
    }
    return new EncoderOutput(results);
  }

  private synchronized void begin() {
    if (closed) {
      throw new IllegalStateException("the encoder of " + session.name() + " is closed");
    }
    runs++;
  }

  private synchronized void end() throws IOException {
    runs--;
    if (closed && runs == 0) {
      session.close();
    }
  }

  @Override
  public synchronized void close() throws IOException {
    if (!closed) {
      closed = true;
      if (runs == 0) {
        session.close();
      }
    }
  }
}
