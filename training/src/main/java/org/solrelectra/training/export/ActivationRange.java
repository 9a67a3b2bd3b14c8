package org.solrelectra.training.export;

import ai.onnx.proto.OnnxMl;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import org.solrelectra.lucene.encoder.OutputRanges;
import org.solrelectra.lucene.encoder.TokenSequence;

/**
 * The least and the largest value that a tensor had in some runs, 0 included. As 8 bits without
 * sign: {@code round(value / scale) + zeroPoint}; what is outside becomes the nearest inside.
 */
record ActivationRange(float least, float largest) {
  private static final int LEVELS = 255;

  float scale() {
    return largest > least ? (largest - least) / LEVELS : 1;
  }

  int zeroPoint() {
    return Math.min(LEVELS, Math.max(0, Math.round(-least / scale())));
  }

  /**
   * Runs a graph on sequences and returns the ranges of tensors inside it, by their names.
   *
   * @param file where the graph can be written with the tensors as its outputs; deleted at the end
   * @throws IOException if ONNX Runtime cannot run it, or a value is not finite
   */
  static Map<String, ActivationRange> measure(
      OnnxMl.ModelProto model, Set<String> tensors, Collection<TokenSequence> sequences, Path file)
      throws IOException {
    OnnxMl.ModelProto.Builder open = model.toBuilder();
    open.getGraphBuilder().clearOutput();
    for (String tensor : tensors) {
      open.getGraphBuilder().addOutput(OnnxMl.ValueInfoProto.newBuilder().setName(tensor));
    }
    try {
      try (OutputStream stream = Files.newOutputStream(file)) {
        open.build().writeTo(stream);
      }
      Map<String, ActivationRange> ranges = new HashMap<>();
      OutputRanges.measure(file, sequences)
          .forEach(
              (name, range) ->
                  ranges.put(name, new ActivationRange(range.least(), range.largest())));
      return ranges;
    } finally {
      Files.deleteIfExists(file);
    }
  }
}
