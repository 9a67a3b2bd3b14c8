package org.solrelectra.training.network;

import java.util.stream.IntStream;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.solrelectra.training.random.KeyedRandom;
import org.solrelectra.training.random.KeyedRandom.Purpose;

/**
 * While training, sets each value to 0 with a probability and scales the others up, so that the
 * mean stays.
 *
 * <p>On a CPU libtorch draws this noise on one thread, at 6 ns a value (59 ms for 304 x 30,522):
 * with attention probabilities a third of a step of {@code small}. Here 64 values take some eight
 * random words, on as many threads as libtorch has; what comes out depends on its generator alone.
 */
final class Dropout {
  /** Values with a generator of their own; as float32 they fit into a core's second cache. */
  private static final int CHUNK = 1 << 15;

  private static final int BYTES = 1 << Byte.SIZE;

  private final double probability;

  /** For each byte, bit by bit from the lowest: 0 where it is 1, else the scale. */
  private final float[] factors = new float[BYTES * Byte.SIZE];

  /**
   * @param probability of a 0, in [0, 1)
   */
  Dropout(double probability) {
    this.probability = probability;
    float scale = (float) (1 / (1 - probability));
    for (int bits = 0; bits < BYTES; bits++) {
      for (int i = 0; i < Byte.SIZE; i++) {
        factors[bits * Byte.SIZE + i] = (bits >> i & 1) == 1 ? 0 : scale;
      }
    }
  }

  boolean isOn(Mode mode) {
    return mode.isTraining() && probability > 0;
  }

  double probability() {
    return probability;
  }

  /** Returns a tensor of the same shape. */
  Tensor forward(Tensor x, Mode mode) {
    if (!isOn(mode)) {
      return x;
    }
    return x.is_cpu() ? x.mul(noise(x)) : torch.dropout(x, probability, true);
  }

  /** Returns factors in a tensor like {@code x}. */
  private Tensor noise(Tensor x) {
    long seed = (long) torch.zeros(1).to(ScalarType.Double).random_().item_double();
    // Dense, whatever x is: all its memory may be written in order.
    Tensor noise = torch.empty_like(x.detach().to(ScalarType.Float));
    long count = noise.numel();
    FloatPointer memory = new FloatPointer(noise.data_ptr_float());
    long chunks = (count + CHUNK - 1) / CHUNK;
    int threads = (int) Math.min(torch.get_num_threads(), chunks);
    IntStream parts = IntStream.range(0, threads);
    (threads > 1 ? parts.parallel() : parts)
        .forEach(
            part -> {
              float[] values = new float[CHUNK];
              for (long chunk = part; chunk < chunks; chunk += threads) {
                fill(values, new KeyedRandom(seed, Purpose.DROPOUT, chunk));
                long from = chunk * CHUNK;
                int length = (int) Math.min(CHUNK, count - from);
                new FloatPointer(memory).position(from).put(values, 0, length);
              }
            });
    return noise.to(x.scalar_type());
  }

  private void fill(float[] values, KeyedRandom random) {
    for (int at = 0; at < values.length; at += Long.SIZE) {
      long dropped = random.nextBits(probability);
      for (int i = 0; i < Long.SIZE; i += Byte.SIZE) {
        int bits = (int) (dropped >>> i) & BYTES - 1;
        System.arraycopy(factors, bits * Byte.SIZE, values, at + i, Byte.SIZE);
      }
    }
  }
}
