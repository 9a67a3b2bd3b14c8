package org.solrelectra.training.network;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.zip.CRC32;
import org.solrelectra.training.random.KeyedRandom;
import org.solrelectra.training.random.KeyedRandom.Purpose;

/**
 * First values of parameters, as in Google's code: truncated normal (deviation 0.02, cut at two
 * deviations) for tables and kernels, Glorot-uniform where TensorFlow's default applied, zeros for
 * biases, ones for LayerNorm gains. Each parameter's values depend on the seed and its name alone.
 */
enum Initialization {
  TRUNCATED_NORMAL,
  GLOROT_UNIFORM,
  ZEROS,
  ONES;

  private static final double DEVIATION = 0.02;

  float[] values(long seed, String name, long... shape) {
    float[] values = new float[Math.toIntExact(Arrays.stream(shape).reduce(1, (a, b) -> a * b))];
    CRC32 nameHash = new CRC32();
    nameHash.update(name.getBytes(StandardCharsets.UTF_8));
    KeyedRandom random = new KeyedRandom(seed, Purpose.INITIALIZATION, nameHash.getValue());
    switch (this) {
      case TRUNCATED_NORMAL -> {
        for (int i = 0; i < values.length; i++) {
          double z = random.nextGaussian();
          while (Math.abs(z) > 2) {
            z = random.nextGaussian();
          }
          values[i] = (float) (z * DEVIATION);
        }
      }
      case GLOROT_UNIFORM -> {
        double limit = StrictMath.sqrt(6.0 / (shape[0] + shape[1]));
        for (int i = 0; i < values.length; i++) {
          values[i] = (float) ((2 * random.nextDouble() - 1) * limit);
        }
      }
      case ONES -> Arrays.fill(values, 1);
      case ZEROS -> {
        // As Java made them.
      }
    }
    return values;
  }
}
