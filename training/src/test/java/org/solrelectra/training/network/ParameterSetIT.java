package org.solrelectra.training.network;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.solrelectra.training.GoldenFiles;

class ParameterSetIT {
  private static final float[] SIX = {1, 2, 3, 4, 5, 6};

  @Test
  void rowsOfPaddingAreTrainedButNotOfTheNetwork() {
    ParameterSet plain = new ParameterSet(1, GoldenFiles.DEVICE);
    ParameterSet padded = new ParameterSet(1, GoldenFiles.DEVICE, 4);
    plain.addVocabularyRows("table", Initialization.TRUNCATED_NORMAL, 0, 3, 2);
    padded.addVocabularyRows("table", Initialization.TRUNCATED_NORMAL, -7, 3, 2);
    assertEquals(List.of("table"), padded.weightNames());
    assertArrayEquals(new long[] {4, 2}, Tensors.shape(padded.get("table")));
    assertArrayEquals(new long[] {3, 2}, Tensors.shape(padded.weight("table")));
    assertArrayEquals(
        Tensors.floats(plain.weight("table")), Tensors.floats(padded.weight("table")));
    padded.set("table", SIX);
    assertArrayEquals(SIX, Tensors.floats(padded.weight("table")));
    assertArrayEquals(new float[] {1, 2, 3, 4, 5, 6, -7, -7}, Tensors.floats(padded.get("table")));
    assertEquals(8, padded.count());
    assertTrue(padded.get("table").requires_grad());
  }

  @Test
  void aDifferenceStartsAtTheOtherWeightAndFollowsIt() {
    ParameterSet parameters = new ParameterSet(1, GoldenFiles.DEVICE, 4);
    parameters.addVocabularyRows("base", Initialization.TRUNCATED_NORMAL, 0, 3, 2);
    parameters.addDelta("sum", "base");
    assertEquals(List.of("base", "sum"), parameters.weightNames());
    assertArrayEquals(
        Tensors.floats(parameters.weight("base")), Tensors.floats(parameters.weight("sum")));
    parameters.set("base", SIX);
    parameters.set("sum", new float[] {2, 2, 2, 2, 2, 2});
    assertArrayEquals(
        new float[] {1, 0, -1, -2, -3, -4, 0, 0}, Tensors.floats(parameters.get("sum.delta")));
    parameters.set("base", new float[6]);
    assertArrayEquals(new float[] {1, 0, -1, -2, -3, -4}, Tensors.floats(parameters.weight("sum")));
  }

  @Test
  void namesAreChecked() {
    ParameterSet parameters = new ParameterSet(1, GoldenFiles.DEVICE);
    parameters.add("a", Initialization.ZEROS, 2);
    parameters.add("b.delta", Initialization.ZEROS, 2);
    assertEquals(
        "two parameters have the name a",
        assertThrows(
                IllegalStateException.class, () -> parameters.add("a", Initialization.ZEROS, 2))
            .getMessage());
    assertEquals(
        "two parameters have the name b.delta",
        assertThrows(IllegalStateException.class, () -> parameters.addDelta("b", "a"))
            .getMessage());
    assertEquals(
        "no weight 'c'; weights: [a, b.delta]",
        assertThrows(IllegalArgumentException.class, () -> parameters.weight("c")).getMessage());
    assertEquals(
        "rowMultiple must be at least 1; rowMultiple=0",
        assertThrows(
                IllegalArgumentException.class, () -> new ParameterSet(1, GoldenFiles.DEVICE, 0))
            .getMessage());
  }
}
