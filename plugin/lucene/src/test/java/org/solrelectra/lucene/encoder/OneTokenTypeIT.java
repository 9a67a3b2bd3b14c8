package org.solrelectra.lucene.encoder;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import ai.onnx.proto.OnnxMl;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.solrelectra.lucene.FixtureModels;
import org.solrelectra.lucene.model.ModelDirectory;

/** A network whose table of token types has one row, as RoBERTa's, scores pairs. */
class OneTokenTypeIT {
  @TempDir Path folder;

  @Test
  void zerosAreSentForBothTexts() throws IOException {
    Path directory = FixtureModels.copy("ranker", folder);
    Files.delete(directory.resolve("manifest.json"));
    Path file = directory.resolve("model.onnx");
    OnnxMl.ModelProto.Builder graph =
        OnnxMl.ModelProto.parseFrom(Files.readAllBytes(file)).toBuilder();
    for (OnnxMl.TensorProto.Builder tensor : graph.getGraphBuilder().getInitializerBuilderList()) {
      if (tensor.getName().contains("token_type")) {
        int row = tensor.getRawData().size() / (int) tensor.getDims(0);
        tensor.setDims(0, 1).setRawData(tensor.getRawData().substring(0, row));
      }
    }
    Files.write(file, graph.build().toByteArray());
    ModelDirectory model = ModelDirectory.open(directory);
    TokenBatch batch = TokenBatchBuilder.of(model).pairs("the bank", List.of("money"));
    assertArrayEquals(new int[6], batch.sequences().get(0).tokenTypeIds());
    try (WorkerPool pool = new WorkerPool(0);
        OnnxEncoder encoder = OnnxEncoder.open(model, pool)) {
      assertEquals(1, encoder.encode(batch, Deadline.NONE, Lane.QUERY).logits(0).length);
    }
  }
}
