package org.solrelectra.training.checkpoint;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.solrelectra.lucene.model.InvalidModelException;
import org.solrelectra.training.checkpoint.SafeTensors.Values;

/** Checkpoints that TensorFlow writes while the test runs. */
class TensorFlowSaverIT {
  @TempDir private Path folder;

  @Test
  void theFixtureIsWhatTensorFlowWrites() throws IOException {
    TensorFlowFixtureMaker.main(new String[] {folder.toString()});
    for (String name : List.of("small.index", "small.data-00000-of-00001")) {
      try (InputStream fixture =
          getClass().getResourceAsStream("/interchange/tensorflow/" + name)) {
        assertArrayEquals(fixture.readAllBytes(), Files.readAllBytes(folder.resolve(name)), name);
      }
    }
  }

  /** Several blocks of the index, and tensors of several chunks. */
  @Test
  void manyAndLargeVariablesAreRead() throws IOException {
    Map<String, Values> variables = new LinkedHashMap<>();
    for (int i = 0; i < 20_000; i++) {
      variables.put("electra/variable/with/a/long/name/" + i, new Values(new float[] {i}, new long[] {1}));
    }
    float[] large = new float[3_000_000];
    for (int i = 0; i < large.length; i++) {
      large[i] = i;
    }
    variables.put("large", new Values(large, new long[] {3, 1_000_000}));
    Path prefix = folder.resolve("many");
    TensorFlowSaver.save(prefix, variables);
    check(variables, TensorFlowCheckpoint.open(prefix));
  }

  @Test
  void shardsAreRead() throws IOException {
    Map<String, Values> first = SmallTensorFlowModel.variables();
    Map<String, Values> second = SmallTensorFlowModel.variables();
    first.keySet().removeIf(name -> name.contains("layer_1"));
    second.keySet().removeAll(first.keySet());
    List<Path> shards = new ArrayList<>();
    shards.add(folder.resolve("part-0"));
    TensorFlowSaver.save(shards.get(0), first);
    shards.add(folder.resolve("part-1"));
    TensorFlowSaver.saveWithoutStep(shards.get(1), second);
    Path prefix = folder.resolve("whole");
    TensorFlowSaver.merge(shards, prefix);
    check(SmallTensorFlowModel.variables(), TensorFlowCheckpoint.open(prefix));
  }

  @Test
  void slicesAreRefused() {
    Path prefix = folder.resolve("sliced");
    Values half = new Values(new float[8], new long[] {2, 4});
    TensorFlowSaver.save(prefix, Map.of("x", half), List.of("4 4 0,2:-"));
    assertEquals(
        prefix + ": x is stored in slices, which is not read; save it as one variable",
        assertThrows(
                InvalidModelException.class, () -> TensorFlowCheckpoint.open(prefix).read("x"))
            .getMessage());
  }

  private static void check(Map<String, Values> expected, TensorFlowCheckpoint checkpoint)
      throws IOException {
    for (Map.Entry<String, Values> entry : expected.entrySet()) {
      Values read = checkpoint.read(entry.getKey());
      assertArrayEquals(entry.getValue().shape(), read.shape(), entry.getKey());
      assertArrayEquals(entry.getValue().floats(), read.floats(), entry.getKey());
    }
  }
}
