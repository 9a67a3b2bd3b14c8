package org.solrelectra.training.network;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.solrelectra.training.GoldenFiles;

/** Several blocks in one row are as if each stood alone. */
class BlockAttentionIT {
  private static final int[] LENGTHS = {5, 3, 1};
  private static final int LENGTH = 9;

  private static ElectraEncoder encoder(Attention attention, double dropout) {
    ElectraConfig config = new ElectraConfig(40, 16, 32, 2, 2, 64, 16, 2, 1e-12, dropout, dropout);
    ParameterSet parameters = new ParameterSet(1, GoldenFiles.DEVICE);
    return new ElectraEncoder(
        parameters, "", config, new ElectraEmbeddings(parameters, "", config), attention);
  }

  private static Tensor longs(long[] values, int rows) {
    return Tensors.ofLongs(values, GoldenFiles.DEVICE, rows, values.length / rows);
  }

  @ParameterizedTest
  @CsvSource({"BIDIRECTIONAL", "CAUSAL"})
  void blocksDoNotSeeEachOther(Attention attention) {
    long[] ids = {1, 2, 3, 4, 5, 6, 7, 8, 0};
    long[] types = {0, 0, 0, 1, 1, 0, 1, 1, 0};
    long[] positions = {0, 1, 2, 3, 4, 0, 1, 2, 0};
    ElectraEncoder encoder = encoder(attention, 0);
    try (PointerScope scope = new PointerScope()) {
      // A second row that is one block: rows differ in their masks.
      long[] whole = {0, 1, 2, 3, 4, 5, 6, 7, 8};
      Tensor states =
          encoder.forward(
              longs(twice(ids, ids), 2),
              longs(twice(types, types), 2),
              longs(twice(positions, whole), 2),
              null,
              Mode.TRAINING);
      int from = 0;
      for (int length : LENGTHS) {
        Tensor alone =
            encoder.forward(
                longs(Arrays.copyOfRange(ids, from, from + length), 1),
                longs(Arrays.copyOfRange(types, from, from + length), 1),
                null,
                Mode.TRAINING);
        assertArrayEquals(
            Tensors.floats(alone),
            Tensors.floats(states.narrow(0, 0, 1).narrow(1, from, length)),
            2e-6f,
            "block at " + from);
        from += length;
      }
      assertArrayEquals(
          Tensors.floats(encoder.forward(longs(ids, 1), longs(types, 1), null, Mode.TRAINING)),
          Tensors.floats(states.narrow(0, 1, 1)),
          2e-6f);
    }
  }

  /** With dropout a CPU computes attention by other operators. */
  @ParameterizedTest
  @CsvSource({"BIDIRECTIONAL", "CAUSAL"})
  void norWithDropout(Attention attention) {
    ElectraEncoder encoder = encoder(attention, 0.1);
    long[] types = new long[LENGTH];
    long[] positions = {0, 1, 2, 3, 4, 0, 1, 2, 0};
    try (PointerScope scope = new PointerScope()) {
      float[] one = states(encoder, new long[] {1, 2, 3, 4, 5, 6, 7, 8, 0}, types, positions);
      float[] two = states(encoder, new long[] {9, 9, 9, 9, 9, 6, 7, 8, 0}, types, positions);
      int width = one.length / LENGTH;
      assertTrue(!Arrays.equals(one, two));
      // The same noise: the later blocks differ by nothing if they do not see the first.
      assertArrayEquals(
          Arrays.copyOfRange(one, 5 * width, one.length),
          Arrays.copyOfRange(two, 5 * width, two.length),
          2e-6f);
    }
  }

  private static float[] states(
      ElectraEncoder encoder, long[] ids, long[] types, long[] positions) {
    torch.manual_seed(3);
    return Tensors.floats(
        encoder.forward(longs(ids, 1), longs(types, 1), longs(positions, 1), null, Mode.TRAINING));
  }

  private static long[] twice(long[] first, long[] second) {
    long[] both = Arrays.copyOf(first, first.length + second.length);
    System.arraycopy(second, 0, both, first.length, second.length);
    return both;
  }
}
