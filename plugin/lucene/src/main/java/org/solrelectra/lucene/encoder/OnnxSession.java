package org.solrelectra.lucene.encoder;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OnnxValue;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.LongBuffer;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Function;
import org.solrelectra.lucene.model.InvalidModelException;
import org.solrelectra.lucene.model.ModelDirectory;
import org.solrelectra.lucene.model.Task;

/**
 * A graph as ONNX Runtime holds it, and its runs: token ids in, logits out, one thread each.
 * Threads may share it; who closes it sees to it that nothing runs any more.
 */
final class OnnxSession implements Closeable {
  private final ModelDirectory model;
  private final OrtEnvironment environment;
  private final OrtSession session;
  private final List<String> outputs;

  /**
   * Memory for the inputs of a run, each for the largest; as many as there were runs at once, which
   * the pool bounds. Memory that each run allocates would be freed by the garbage collector, which
   * knows nothing of how much it is.
   */
  private final Queue<ByteBuffer> inputBuffers = new ConcurrentLinkedQueue<>();

  private OnnxSession(ModelDirectory model, OrtEnvironment environment, OrtSession session) {
    this.model = model;
    this.environment = environment;
    this.session = session;
    this.outputs =
        model.manifest().task() == Task.QUESTION_ANSWERING
            ? List.of("start_logits", "end_logits")
            : List.of("logits");
  }

  /**
   * Loads a model's graph.
   *
   * @throws InvalidModelException if ONNX Runtime refuses it
   * @throws IOException if ONNX Runtime itself cannot be loaded
   */
  static OnnxSession open(ModelDirectory model) throws IOException {
    OrtEnvironment environment = OrtRuntime.environment();
    try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
      options.setIntraOpNumThreads(1);
      options.setInterOpNumThreads(1);
      options.setOptimizationLevel(OrtSession.SessionOptions.OptLevel.ALL_OPT);
      OrtSession session = environment.createSession(model.graphFile().toString(), options);
      return new OnnxSession(model, environment, session);
    } catch (OrtException e) {
      throw new InvalidModelException(
          model.graphFile() + " cannot be loaded by ONNX Runtime: " + e.getMessage(), e);
    }
  }

  /** Returns the model's name for messages that reach whoever sent a request: without its path. */
  String name() {
    return "model '" + model.manifest().name() + "'";
  }

  /** Takes from a result what is needed of it; it is closed afterwards. */
  @FunctionalInterface
  interface Reading<T> {
    T read(OrtSession.Result result) throws IOException;
  }

  /**
   * Runs sequences of one length together.
   *
   * @return for each sequence a row of each output; empty if they were stopped at the deadline
   */
  Optional<float[][][]> run(List<TokenSequence> sequences, RunStop stop) throws IOException {
    return run(sequences, stop, result -> rows(result, sequences.size()));
  }

  /** The same with less or more of the result. */
  <T> Optional<T> run(List<TokenSequence> sequences, RunStop stop, Reading<T> reading)
      throws IOException {
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
          return read(session.run(inputs, Set.copyOf(outputs)), reading);
        }
        RunStop.Run run = options::setTerminate;
        stop.register(run);
        try {
          return read(session.run(inputs, Set.copyOf(outputs), options), reading);
        } finally {
          stop.unregister(run);
        }
      }
    } catch (OrtException e) {
      if (stop.isTerminated()) {
        return Optional.empty();
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
  private float[][][] rows(OrtSession.Result result, int sequences) throws IOException {
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

  private static <T> Optional<T> read(OrtSession.Result result, Reading<T> reading)
      throws IOException {
    try (result) {
      return Optional.of(reading.read(result));
    }
  }

  @Override
  public void close() throws IOException {
    try {
      session.close();
    } catch (OrtException e) {
      throw new IOException("the session of " + name() + " could not be closed", e);
    }
  }
}
