package org.solrelectra.lucene.encoder;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OnnxValue;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.LongBuffer;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ScheduledFuture;
import java.util.stream.IntStream;
import org.solrelectra.lucene.model.InvalidModelException;
import org.solrelectra.lucene.model.ModelDirectory;
import org.solrelectra.lucene.model.Task;

/**
 * Runs a model directory's graph on ONNX Runtime: one sequence a run, unpadded, on one thread each;
 * several sequences side by side on the caller's and the pool's threads. On a CPU that is several
 * times faster than one padded batch of mixed lengths, and keeps every score independent of its
 * neighbours (docs/measurements.md).
 */
public final class OnnxEncoder implements Encoder {
  private final ModelDirectory model;
  private final WorkerPool pool;
  private final OrtEnvironment environment;
  private final OrtSession session;
  private final List<String> outputs;

  // Guarded by this: the session is closed when the last run has ended.
  private int runs;
  private boolean closed;

  private OnnxEncoder(
      ModelDirectory model, WorkerPool pool, OrtEnvironment environment, OrtSession session) {
    this.model = model;
    this.pool = pool;
    this.environment = environment;
    this.session = session;
    this.outputs =
        model.manifest().task() == Task.QUESTION_ANSWERING
            ? List.of("start_logits", "end_logits")
            : List.of("logits");
  }

  /**
   * Opens a model and runs it once on an empty text.
   *
   * @param pool the threads that help; stays open when the encoder is closed
   * @throws InvalidModelException if ONNX Runtime refuses the graph, or its output has another
   *     shape than the directory says
   */
  public static OnnxEncoder open(ModelDirectory model, WorkerPool pool) throws IOException {
    OrtEnvironment environment = OrtRuntime.environment();
    OrtSession session;
    try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
      options.setIntraOpNumThreads(1);
      options.setInterOpNumThreads(1);
      options.setOptimizationLevel(OrtSession.SessionOptions.OptLevel.ALL_OPT);
      session = environment.createSession(model.graphFile().toString(), options);
    } catch (OrtException e) {
      throw new InvalidModelException(
          model.graphFile() + " cannot be loaded by ONNX Runtime: " + e.getMessage(), e);
    }
    OnnxEncoder encoder = new OnnxEncoder(model, pool, environment, session);
    try {
      encoder.selfTest();
    } catch (IOException | RuntimeException e) {
      encoder.close();
      throw e;
    }
    return encoder;
  }

  private void selfTest() throws IOException {
    int[] ids = {model.vocabulary().clsId(), model.vocabulary().sepId()};
    TokenSequence empty = new TokenSequence(ids, new int[ids.length]);
    // Not a query: a model can be opened on a node that refuses some.
    EncoderOutput output = encode(new TokenBatch(List.of(empty), 0), Deadline.NONE, Lane.INDEXING);
    int expected = model.labels().isEmpty() ? ids.length : model.labels().size();
    if (output.logits(0).length != expected) {
      throw new InvalidModelException(
          model.graphFile()
              + " gives "
              + output.logits(0).length
              + " logits for "
              + ids.length
              + " tokens; expected "
              + expected);
    }
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
    int[] order = order(sequences, deadline);
    float[][][] results = new float[sequences.size()][][];
    begin();
    try {
      Stop stop = new Stop(deadline);
      ScheduledFuture<?> alarm = pool.at(deadline, stop::terminate);
      try {
        pool.forEach(
            order.length,
            lane,
            deadline,
            index -> {
              if (deadline.isOver()) {
                return false;
              }
              results[order[index]] = run(sequences.get(order[index]), stop);
              return results[order[index]] != null;
            });
      } finally {
        if (alarm != null) {
          alarm.cancel(false);
        }
      }
    } finally {
      end();
    }
    return new EncoderOutput(results);
  }

  /**
   * Returns the longest first, so that the threads end together; as they are given if there may be
   * no time for all, for the caller puts those first that matter most.
   */
  private static int[] order(List<TokenSequence> sequences, Deadline deadline) {
    IntStream indexes = IntStream.range(0, sequences.size());
    return deadline.isNever()
        ? indexes
            .boxed()
            .sorted(Comparator.comparingInt((Integer i) -> -sequences.get(i).length()))
            .mapToInt(Integer::intValue)
            .toArray()
        : indexes.toArray();
  }

  /** Returns the model's name for messages that reach whoever sent a request: without its path. */
  private String name() {
    return "model '" + model.manifest().name() + "'";
  }

  private synchronized void begin() {
    if (closed) {
      throw new IllegalStateException("the encoder of " + name() + " is closed");
    }
    runs++;
  }

  private synchronized void end() throws IOException {
    runs--;
    if (closed && runs == 0) {
      closeSession();
    }
  }

  @Override
  public synchronized void close() throws IOException {
    if (!closed) {
      closed = true;
      if (runs == 0) {
        closeSession();
      }
    }
  }

  private void closeSession() throws IOException {
    try {
      session.close();
    } catch (OrtException e) {
      throw new IOException("the session of " + model.path() + " could not be closed", e);
    }
  }

  /** Runs one sequence; null if it was stopped at the deadline. */
  private float[][] run(TokenSequence sequence, Stop stop) throws IOException {
    int length = sequence.length();
    long[] shape = {1, length};
    Map<String, OnnxTensor> inputs = new HashMap<>();
    try {
      inputs.put("input_ids", tensor(sequence.inputIds(), shape));
      if (model.inputs().contains("token_type_ids")) {
        inputs.put("token_type_ids", tensor(sequence.tokenTypeIds(), shape));
      }
      if (model.inputs().contains("attention_mask")) {
        int[] ones = new int[length];
        Arrays.fill(ones, 1);
        inputs.put("attention_mask", tensor(ones, shape));
      }
      try (OrtSession.RunOptions options = stop.isPossible() ? new OrtSession.RunOptions() : null) {
        if (options == null) {
          return read(session.run(inputs, Set.copyOf(outputs)));
        }
        stop.register(options);
        try {
          return read(session.run(inputs, Set.copyOf(outputs), options));
        } finally {
          stop.unregister(options);
        }
      }
    } catch (OrtException e) {
      if (stop.isTerminated()) {
        return null;
      }
      throw new IOException("ONNX Runtime could not run " + name() + ": " + e.getMessage(), e);
    } finally {
      inputs.values().forEach(OnnxTensor::close);
    }
  }

  private OnnxTensor tensor(int[] values, long[] shape) throws OrtException {
    LongBuffer buffer =
        ByteBuffer.allocateDirect(values.length * Long.BYTES)
            .order(ByteOrder.nativeOrder())
            .asLongBuffer();
    for (int value : values) {
      buffer.put(value);
    }
    return OnnxTensor.createTensor(environment, buffer.rewind(), shape);
  }

  private float[][] read(OrtSession.Result result) throws IOException {
    try (result) {
      float[][] rows = new float[outputs.size()][];
      for (int i = 0; i < rows.length; i++) {
        OnnxValue value = result.get(outputs.get(i)).orElseThrow();
        FloatBuffer floats = value instanceof OnnxTensor tensor ? tensor.getFloatBuffer() : null;
        if (floats == null) {
          throw new InvalidModelException(
              model.graphFile()
                  + ": output "
                  + outputs.get(i)
                  + " must be float; type="
                  + value.getInfo());
        }
        rows[i] = new float[floats.remaining()];
        floats.get(rows[i]);
        for (float logit : rows[i]) {
          if (!Float.isFinite(logit)) {
            throw new IOException(name() + " gave a logit that is not finite; logit=" + logit);
          }
        }
      }
      return rows;
    }
  }

  /** Ends the runs of one call that are under way when its deadline comes. */
  private static final class Stop {
    private final boolean possible;
    private final Set<OrtSession.RunOptions> underWay = ConcurrentHashMap.newKeySet();
    private volatile boolean terminated;

    Stop(Deadline deadline) {
      this.possible = deadline.isLimited();
    }

    boolean isPossible() {
      return possible;
    }

    boolean isTerminated() {
      return terminated;
    }

    synchronized void register(OrtSession.RunOptions options) throws OrtException {
      underWay.add(options);
      options.setTerminate(terminated);
    }

    synchronized void unregister(OrtSession.RunOptions options) {
      underWay.remove(options);
    }

    /** Holds the lock that {@link #register} takes, so that no options are closed meanwhile. */
    synchronized void terminate() {
      terminated = true;
      for (OrtSession.RunOptions options : underWay) {
        try {
          options.setTerminate(true);
        } catch (OrtException e) {
          throw new IllegalStateException("a run could not be ended", e);
        }
      }
    }
  }
}
