package org.solrelectra.lucene.encoder;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OnnxValue;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.LongBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;

/** What values the outputs of a graph have on given sequences: what int8 is calibrated by. */
public final class OutputRanges {
  private static final Range ZERO = new Range(0, 0);

  private OutputRanges() {}

  /**
   * The values of an output, 0 included.
   *
   * @param least at most 0
   * @param largest at least 0
   */
  public record Range(float least, float largest) {
    private Range with(FloatBuffer values, String output) throws IOException {
      float newLeast = least;
      float newLargest = largest;
      while (values.hasRemaining()) {
        float value = values.get();
        if (!Float.isFinite(value)) {
          throw new IOException("output " + output + " is not finite; value=" + value);
        }
        newLeast = Math.min(newLeast, value);
        newLargest = Math.max(newLargest, value);
      }
      return new Range(newLeast, newLargest);
    }
  }

  /**
   * Runs a graph of the inputs {@code input_ids}, {@code token_type_ids} and {@code
   * attention_mask}, or some of them, on each sequence alone.
   *
   * @param graph an ONNX file whose outputs are float32
   * @return the range of each output, by its name
   * @throws IOException if ONNX Runtime cannot run it, or a value is not finite
   */
  public static Map<String, Range> measure(Path graph, Collection<TokenSequence> sequences)
      throws IOException {
    Map<String, Range> ranges = new HashMap<>();
    OrtEnvironment environment = OrtRuntime.environment();
    try (OrtSession session = environment.createSession(graph.toString())) {
      for (TokenSequence sequence : sequences) {
        run(session, environment, sequence, ranges);
      }
    } catch (OrtException e) {
      throw new IOException("ONNX Runtime could not run " + graph + ": " + e.getMessage(), e);
    }
    return ranges;
  }

  private static void run(
      OrtSession session,
      OrtEnvironment environment,
      TokenSequence sequence,
      Map<String, Range> ranges)
      throws OrtException, IOException {
    int[] ones = new int[sequence.length()];
    Arrays.fill(ones, 1);
    Map<String, int[]> rows =
        Map.of(
            "input_ids", sequence.inputIds(),
            "token_type_ids", sequence.tokenTypeIds(),
            "attention_mask", ones);
    Map<String, OnnxTensor> inputs = new HashMap<>();
    try {
      for (String name : session.getInputNames()) {
        long[] row = Arrays.stream(rows.get(name)).asLongStream().toArray();
        inputs.put(
            name,
            OnnxTensor.createTensor(environment, LongBuffer.wrap(row), new long[] {1, row.length}));
      }
      try (OrtSession.Result result = session.run(inputs)) {
        for (Map.Entry<String, OnnxValue> output : result) {
          FloatBuffer values = ((OnnxTensor) output.getValue()).getFloatBuffer();
          String name = output.getKey();
          ranges.put(name, ranges.getOrDefault(name, ZERO).with(values, name));
        }
      }
    } finally {
      inputs.values().forEach(OnnxTensor::close);
    }
  }
}
