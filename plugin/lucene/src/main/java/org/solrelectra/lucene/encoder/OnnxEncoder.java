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
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ScheduledFuture;
import java.util.function.Function;
import org.solrelectra.lucene.model.InvalidModelException;
import org.solrelectra.lucene.model.ModelDirectory;
import org.solrelectra.lucene.model.Task;

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
  /** What is run together to compare it: how many sequences of how many tokens. */
  private static final int[][] TESTED_TOGETHER = {{SequenceGroups.MOST_SEQUENCES, 3}, {3, 17}};

  private final ModelDirectory model;
  private final WorkerPool pool;
  private final OrtEnvironment environment;
  private final OrtSession session;
  private final List<String> outputs;
  private final boolean sharesRuns;

  /**
   * Memory for the inputs of a run, each for the largest; as many as there were runs at once, which
   * the pool bounds. Memory that each run allocates would be freed by the garbage collector, which
   * knows nothing of how much it is.
   */
  private final Queue<ByteBuffer> inputBuffers = new ConcurrentLinkedQueue<>();

  // Guarded by this: the session is closed when the last run has ended.
  private int runs;
  private boolean closed;

  private OnnxEncoder(
      ModelDirectory model,
      WorkerPool pool,
      OrtEnvironment environment,
      OrtSession session,
      boolean sharesRuns) {
    this.model = model;
    this.pool = pool;
    this.environment = environment;
    this.session = session;
    this.sharesRuns = sharesRuns;
    this.outputs =
        model.manifest().task() == Task.QUESTION_ANSWERING
            ? List.of("start_logits", "end_logits")
            : List.of("logits");
  }

  /**
   * Opens a model, runs it on an empty text, and finds out whether sequences may share a run.
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
    OnnxEncoder encoder = new OnnxEncoder(model, pool, environment, session, false);
    try {
      encoder.selfTest();
      boolean sharesRuns = !model.hasDynamicScales() && encoder.isTheSameInSharedRuns();
      return new OnnxEncoder(model, pool, environment, session, sharesRuns);
    } catch (IOException | RuntimeException e) {
      encoder.close();
      throw e;
    }
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

  /**
   * Compares runs of some random sequences with runs of the first and the last alone. Which of a
   * processor's ways a product is computed in may depend on its number of rows, and a graph may
   * take a batch of one alone.
   */
  private boolean isTheSameInSharedRuns() {
    Random random = new Random(1);
    for (int[] tested : TESTED_TOGETHER) {
      int length = Math.min(tested[1], model.maxLength());
      List<TokenSequence> sequences = new ArrayList<>();
      for (int i = 0; i < tested[0]; i++) {
        int[] ids = random.ints(length, 0, model.vocabulary().size()).toArray();
        sequences.add(new TokenSequence(ids, new int[length]));
      }
      try {
        float[][][] together = run(sequences, new Stop(Deadline.NONE));
        for (int i : new int[] {0, sequences.size() - 1}) {
          float[][][] alone = run(sequences.subList(i, i + 1), new Stop(Deadline.NONE));
          if (!Arrays.deepEquals(alone[0], together[i])) {
            return false;
          }
        }
      } catch (IOException e) {
        return false;
      }
    }
    return true;
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
      Stop stop = new Stop(deadline);
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
              float[][][] rows = run(group.stream().map(sequences::get).toList(), stop);
              for (int i = 0; i < group.size() && rows != null; i++) {
                results[group.get(i)] = rows[i];
              }
              return rows != null;
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

  /**
   * Runs sequences of one length together.
   *
   * @return for each sequence a row of each output; null if they were stopped at the deadline
   */
  private float[][][] run(List<TokenSequence> sequences, Stop stop) throws IOException {
    int length = sequences.get(0).length();
    long[] shape = {sequences.size(), length};
    Map<String, OnnxTensor> inputs = new HashMap<>();
    ByteBuffer free = inputBuffers.poll();
    ByteBuffer buffer = free == null ? inputBuffer() : free.clear();
    try {
      inputs.put("input_ids", tensor(sequences, TokenSequence::inputIds, shape, buffer));
      if (model.inputs().contains("token_type_ids")) {
        inputs.put("token_type_ids", tensor(sequences, TokenSequence::tokenTypeIds, shape, buffer));
      }
      if (model.inputs().contains("attention_mask")) {
        int[] ones = new int[length];
        Arrays.fill(ones, 1);
        inputs.put("attention_mask", tensor(sequences, sequence -> ones, shape, buffer));
      }
      try (OrtSession.RunOptions options = stop.isPossible() ? new OrtSession.RunOptions() : null) {
        if (options == null) {
          return read(session.run(inputs, Set.copyOf(outputs)), sequences.size());
        }
        stop.register(options);
        try {
          return read(session.run(inputs, Set.copyOf(outputs), options), sequences.size());
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
      inputBuffers.add(buffer);
    }
  }

  private ByteBuffer inputBuffer() {
    int tokens = Math.max(SequenceGroups.MOST_TOKENS, model.maxLength());
    return ByteBuffer.allocateDirect(model.inputs().size() * tokens * Long.BYTES);
  }

  /** Takes the next bytes of the memory. */
  private OnnxTensor tensor(
      List<TokenSequence> sequences,
      Function<TokenSequence, int[]> row,
      long[] shape,
      ByteBuffer memory)
      throws OrtException {
    int bytes = Math.toIntExact(shape[0] * shape[1]) * Long.BYTES;
    LongBuffer buffer =
        memory.slice(memory.position(), bytes).order(ByteOrder.nativeOrder()).asLongBuffer();
    memory.position(memory.position() + bytes);
    for (TokenSequence sequence : sequences) {
      for (int value : row.apply(sequence)) {
        buffer.put(value);
      }
    }
    return OnnxTensor.createTensor(environment, buffer.rewind(), shape);
  }

  /** Returns for each sequence a row of each output. */
  private float[][][] read(OrtSession.Result result, int sequences) throws IOException {
    try (result) {
      float[][][] rows = new float[sequences][outputs.size()][];
      for (int i = 0; i < outputs.size(); i++) {
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
        int width = floats.remaining() / sequences;
        for (float[][] row : rows) {
          row[i] = new float[width];
          floats.get(row[i]);
          for (float logit : row[i]) {
            if (!Float.isFinite(logit)) {
              throw new IOException(name() + " gave a logit that is not finite; logit=" + logit);
            }
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
