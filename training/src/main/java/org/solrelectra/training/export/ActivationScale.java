package org.solrelectra.training.export;

import ai.onnx.proto.OnnxMl;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.solrelectra.lucene.encoder.OutputRanges;
import org.solrelectra.lucene.encoder.TokenSequence;

/**
 * How a tensor becomes 8 bits without sign: {@code round(value / scale) + zeroPoint}; what is
 * outside becomes the nearest inside.
 */
record ActivationScale(float scale, int zeroPoint) {
  private static final int LEVELS = 255;

  static ActivationScale of(OutputRanges.Range range) {
    float width = range.largest() - range.least();
    float scale = width > 0 ? width / LEVELS : 1;
    return new ActivationScale(scale, Math.round(-range.least() / scale));
  }

  /**
   * Runs a graph on sequences and returns scales that hold all values of tensors inside it, by
   * their names.
   *
   * @param file where the graph can be written with the tensors as its outputs; deleted at the end
   * @throws IOException if ONNX Runtime cannot run it, or a value is not finite
   */
  static Map<String, ActivationScale> calibrate(
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
      return OutputRanges.measure(file, sequences).entrySet().stream()
          .collect(Collectors.toMap(Map.Entry::getKey, entry -> of(entry.getValue())));
    } finally {
      Files.deleteIfExists(file);
    }
  }
}
