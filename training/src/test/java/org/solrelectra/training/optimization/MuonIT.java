package org.solrelectra.training.optimization;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.solrelectra.training.GoldenFiles;
import org.solrelectra.training.network.ElectraConfig;
import org.solrelectra.training.network.Tensors;
import org.solrelectra.training.optimization.Optimizer.BiasCorrection;
import org.solrelectra.training.optimization.Optimizer.Matrices;

class MuonIT {
  /** Odd sizes: parameters do not fill the places that they are aligned to. */
  private static final ElectraConfig CONFIG =
      new ElectraConfig(40, 16, 18, 2, 2, 27, 16, 2, 1e-12, 0, 0);

  private static final String LAYER = "electra.encoder.layer.1.";

  private static SmallTraining training(Matrices matrices) {
    return new SmallTraining(CONFIG, Optimizer.Settings.electra(BiasCorrection.STANDARD, matrices));
  }

  private static final Map<String, int[]> SHAPES =
      Map.of(
          LAYER + "attention.self.query_key_value.weight",
          new int[] {3, 18, 18},
          LAYER + "attention.output.dense.weight",
          new int[] {1, 18, 18},
          LAYER + "intermediate.dense.weight",
          new int[] {1, 27, 18},
          "electra.encoder.layer.0.output.dense.weight",
          new int[] {1, 18, 27});

  /**
   * Two updates, with everything done again in double precision, one matrix at a time. The second
   * has another gradient: the direction of the first is that of its gradient, whatever momentum is.
   */
  @Test
  void updatesAreTheFormulas() {
    SmallTraining training = training(Matrices.MUON);
    Map<String, double[]> momenta = new HashMap<>();
    double rate = 0.01;
    for (double factor : new double[] {1, -0.003}) {
      Map<String, float[]> before = training.values();
      Map<String, float[]> gradients = new HashMap<>();
      double squares = 0;
      try (PointerScope scope = new PointerScope()) {
        training.backward(factor);
        for (Map.Entry<String, Tensor> entry : training.parameters.all().entrySet()) {
          float[] gradient = Tensors.floats(entry.getValue().grad());
          gradients.put(entry.getKey(), gradient);
          for (float value : gradient) {
            squares += (double) value * value;
          }
        }
        training.optimizer.step(rate);
      }
      double clip = 1 / Math.max(1, Math.sqrt(squares));
      Map<String, float[]> after = training.values();
      SHAPES.forEach(
          (name, shape) -> {
            float[] gradient = gradients.get(name);
            double[] momentum = momenta.computeIfAbsent(name, key -> new double[gradient.length]);
            double[] ahead = new double[gradient.length];
            float[] kept = Tensors.floats(training.optimizer.firstMoments().get(name));
            for (int i = 0; i < gradient.length; i++) {
              double g = clip * gradient[i];
              momentum[i] = 0.95 * momentum[i] + 0.05 * g;
              ahead[i] = 0.95 * momentum[i] + 0.05 * g;
              assertEquals(momentum[i], kept[i], 1e-6 * (1 + Math.abs(momentum[i])), name);
            }
            check(shape, rate, ahead, before.get(name), after.get(name), name);
          });
    }
  }

  private static void check(
      int[] shape, double rate, double[] ahead, float[] before, float[] after, String name) {
    int size = shape[1] * shape[2];
    double scale = 0.2 * Math.sqrt(Math.max(shape[1], shape[2]));
    for (int part = 0; part < shape[0]; part++) {
      double[][] matrix = new double[shape[1]][shape[2]];
      for (int i = 0; i < size; i++) {
        matrix[i / shape[2]][i % shape[2]] = ahead[part * size + i];
      }
      double[][] direction = newtonSchulz(matrix);
      for (int i = 0; i < size; i++) {
        int at = part * size + i;
        double expected =
            before[at] * (1 - rate * 0.01) - rate * scale * direction[i / shape[2]][i % shape[2]];
        // On a GPU directions are computed in bfloat16.
        double tolerance = GoldenFiles.DEVICE.is_cuda() ? 0.05 * rate * scale : 1e-5;
        assertEquals(expected, after[at], tolerance, name + " " + at);
      }
    }
  }

  private static double[][] newtonSchulz(double[][] matrix) {
    boolean tall = matrix.length > matrix[0].length;
    double[][] x = tall ? transposed(matrix) : matrix;
    double norm = 0;
    for (double[] row : x) {
      for (double value : row) {
        norm += value * value;
      }
    }
    x = combined(x, 1 / (Math.sqrt(norm) + 1e-7), x, 0);
    for (int i = 0; i < 5; i++) {
      double[][] a = product(x, transposed(x));
      double[][] b = combined(a, -4.7750, product(a, a), 2.0315);
      x = combined(x, 3.4445, product(b, x), 1);
    }
    return tall ? transposed(x) : x;
  }

  private static double[][] transposed(double[][] matrix) {
    double[][] result = new double[matrix[0].length][matrix.length];
    for (int i = 0; i < matrix.length; i++) {
      for (int j = 0; j < matrix[0].length; j++) {
        result[j][i] = matrix[i][j];
      }
    }
    return result;
  }

  private static double[][] product(double[][] left, double[][] right) {
    double[][] result = new double[left.length][right[0].length];
    for (int i = 0; i < left.length; i++) {
      for (int j = 0; j < right[0].length; j++) {
        for (int k = 0; k < right.length; k++) {
          result[i][j] += left[i][k] * right[k][j];
        }
      }
    }
    return result;
  }

  private static double[][] combined(double[][] a, double factorA, double[][] b, double factorB) {
    double[][] result = new double[a.length][a[0].length];
    for (int i = 0; i < a.length; i++) {
      for (int j = 0; j < a[0].length; j++) {
        result[i][j] = factorA * a[i][j] + factorB * b[i][j];
      }
    }
    return result;
  }

  /** Jordan et al. 2024: singular values come out within 0.7..1.2 or so. */
  @Test
  void directionsAreNearlyOrthogonal() {
    try (PointerScope scope = new PointerScope()) {
      float[] values = new float[6 * 10];
      for (int i = 0; i < values.length; i++) {
        values[i] = (float) Math.sin(i * i + 1.0);
      }
      for (long[] shape : new long[][] {{6, 10}, {10, 6}}) {
        double[][] x = new double[6][10];
        float[] direction =
            Tensors.floats(Muon.orthogonalize(Tensors.ofFloats(values, GoldenFiles.DEVICE, shape)));
        for (int i = 0; i < values.length; i++) {
          int row = i / (int) shape[1];
          int column = i % (int) shape[1];
          x[shape[0] == 6 ? row : column][shape[0] == 6 ? column : row] = direction[i];
        }
        double[][] gram = product(x, transposed(x)); // [6, 6], the identity if orthogonal
        for (int i = 0; i < 6; i++) {
          double others = 0;
          for (int j = 0; j < 6; j++) {
            others += i == j ? 0 : Math.abs(gram[i][j]);
          }
          // Gershgorin: squared singular values are within others of the diagonal.
          assertTrue(gram[i][i] > 0.4 && gram[i][i] < 1.5, "diagonal: " + gram[i][i]);
          assertTrue(others < 0.8, "beside the diagonal: " + others);
        }
      }
    }
  }

  /**
   * Embeddings, norms, biases and heads are AdamW's; what stands beside them may round otherwise.
   */
  @Test
  void whatIsNoHiddenMatrixIsUpdatedByAdamW() {
    SmallTraining muon = training(Matrices.MUON);
    SmallTraining adamW = training(Matrices.ADAMW);
    muon.update(1);
    adamW.update(1);
    Map<String, float[]> expected = adamW.values();
    muon.values()
        .forEach(
            (name, now) -> {
              boolean matrix = name.contains(".layer.") && name.endsWith("weight");
              if (matrix && !name.contains("LayerNorm")) {
                assertFalse(Arrays.equals(expected.get(name), now), name);
              } else {
                assertArrayEquals(expected.get(name), now, 1e-7f, name);
              }
            });
  }

  @Test
  void aGradientThatIsNotFiniteChangesNothing() {
    SmallTraining training = training(Matrices.MUON);
    training.update(1);
    Map<String, float[]> before = training.everything();
    for (double bad : new double[] {Double.NaN, Double.POSITIVE_INFINITY}) {
      training.update(bad);
    }
    training.everything().forEach((name, now) -> assertArrayEquals(before.get(name), now, name));
    assertEquals(2, training.optimizer.mostLeftOutInARow());
    training.update(1);
    assertEquals(2, training.optimizer.updates());
  }
}
