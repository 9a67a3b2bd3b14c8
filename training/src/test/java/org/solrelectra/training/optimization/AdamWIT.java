package org.solrelectra.training.optimization;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.solrelectra.training.GoldenFiles;
import org.solrelectra.training.network.ElectraConfig;
import org.solrelectra.training.network.Mode;
import org.solrelectra.training.network.ParameterSet;
import org.solrelectra.training.network.SequenceClassificationNetwork;
import org.solrelectra.training.network.Tensors;
import org.solrelectra.training.pretrain.PretrainingSize;
import org.solrelectra.training.pretrain.ReplacedTokenDetection;

class AdamWIT {
  private static final ElectraConfig CONFIG =
      new ElectraConfig(40, 16, 32, 2, 2, 64, 16, 2, 1e-12, 0, 0);

  /** A replication lost its biases and LayerNorms in here, and 13 % of its quality. */
  @Test
  void everyParameterIsUpdatedExactlyOnce() {
    ParameterSet parameters = new ParameterSet(1, GoldenFiles.CPU);
    ElectraConfig discriminator = PretrainingSize.TINY.discriminator(50);
    ElectraConfig generator = PretrainingSize.TINY.generator(50, 0.5);
    new ReplacedTokenDetection(
        parameters, discriminator, generator, ReplacedTokenDetection.Settings.electra());
    AdamW optimizer =
        new AdamW(
            parameters,
            AdamW.Settings.electra(),
            new LayerwiseDecay(4, 0.8, LayerwiseDecay.Variant.CORRECTED)::multiplier);
    List<String> names = optimizer.names();
    assertEquals(names.size(), new HashSet<>(names).size());
    assertEquals(parameters.all().keySet(), Set.copyOf(names));
    assertEquals(names.size(), optimizer.firstMoments().size());
    assertEquals(names.size(), optimizer.secondMoments().size());
    // The embedding block stands once, and the word table is the generator's output matrix too.
    assertEquals(
        List.of("electra.embeddings.word_embeddings.weight"),
        names.stream().filter(name -> name.endsWith("word_embeddings.weight")).toList());
    assertTrue(names.contains("electra.embeddings.LayerNorm.weight"));
    assertFalse(names.contains("generator.electra.embeddings.LayerNorm.weight"));
    assertFalse(names.contains("electra.embeddings_project.weight"), "widths are equal");
    assertTrue(names.contains("generator.electra.embeddings_project.weight"));
    assertEquals(expectedCount(discriminator, generator), parameters.count());
  }

  /** Counted by hand from the sizes (Clark et al. 2020, table 6, in small). */
  private static long expectedCount(ElectraConfig discriminator, ElectraConfig generator) {
    long e = discriminator.embeddingSize();
    long block = (50 + 512 + 2 + 2) * e;
    long d = discriminator.hiddenSize();
    long g = generator.hiddenSize();
    long rtdHead = d * d + d + d + 1;
    long mlmHead = g * e + e + 2 * e + 50;
    return block + layers(d) + rtdHead + layers(g) + (e * g + g) + mlmHead;
  }

  private static long layers(long h) {
    long attention = 4 * (h * h + h);
    long feedForward = 2 * 4 * h * h + 4 * h + h;
    return 4 * (attention + feedForward + 2 * 2 * h);
  }

  @Test
  void decayLeavesBiasesAndNormsAlone() {
    for (String name :
        List.of(
            "electra.embeddings.LayerNorm.weight",
            "electra.encoder.layer.0.output.LayerNorm.weight",
            "generator.generator_predictions.LayerNorm.weight",
            "electra.encoder.layer.0.output.dense.bias",
            "generator.generator_lm_head.bias")) {
      assertFalse(AdamW.isDecayed(name), name);
    }
    for (String name :
        List.of(
            "electra.embeddings.word_embeddings.weight",
            "electra.encoder.layer.0.attention.self.query_key_value.weight",
            "discriminator_predictions.dense_prediction.weight")) {
      assertTrue(AdamW.isDecayed(name), name);
    }
  }

  @Test
  void oneUpdateIsTheFormulas() {
    Training training = new Training();
    Map<String, float[]> before = training.values();
    double rate = 0.01;
    try (PointerScope scope = new PointerScope()) {
      training.backward(1);
      Map<String, float[]> gradients = new HashMap<>();
      double squares = 0;
      for (Map.Entry<String, Tensor> entry : training.parameters.all().entrySet()) {
        float[] gradient = Tensors.floats(entry.getValue().grad());
        gradients.put(entry.getKey(), gradient);
        for (float value : gradient) {
          squares += (double) value * value;
        }
      }
      double norm = Math.sqrt(squares);
      assertEquals(norm, training.optimizer.step(rate), norm * 1e-5);
      double clip = 1 / Math.max(1, norm);
      before.forEach(
          (name, old) -> {
            float[] now = Tensors.floats(training.parameters.get(name));
            for (int i = 0; i < now.length; i++) {
              double g = gradients.get(name)[i] * clip;
              double update = 0.1 * g / (Math.sqrt(0.001 * g * g) + 1e-6);
              double decay = AdamW.isDecayed(name) ? 0.01 * old[i] : 0;
              assertEquals(old[i] - rate * (update + decay), now[i], 2e-5, name);
            }
          });
    }
  }

  @Test
  void gradientsAreForgottenAfterAStep() {
    Training training = new Training();
    try (PointerScope scope = new PointerScope()) {
      training.backward(1);
      double first = training.optimizer.step(0);
      training.backward(1);
      assertEquals(first, training.optimizer.step(0), first * 1e-6);
    }
  }

  @Test
  void aGradientThatIsNotFiniteChangesNothing() {
    Training training = new Training();
    Map<String, float[]> before = training.values();
    try (PointerScope scope = new PointerScope()) {
      training.backward(Double.NaN);
      ArithmeticException e =
          assertThrows(ArithmeticException.class, () -> training.optimizer.step(1));
      assertEquals("the gradient is not finite; norm=NaN", e.getMessage());
    }
    training.values().forEach((name, now) -> assertArrayEquals(before.get(name), now, name));
    assertEquals(0, training.optimizer.updates());
  }

  @Test
  void aParameterWithoutAGradientIsOurBug() {
    Training training = new Training();
    assertEquals(
        "parameter electra.embeddings.word_embeddings.weight got no gradient",
        assertThrows(IllegalStateException.class, () -> training.optimizer.step(1)).getMessage());
  }

  @Test
  void settingsAreChecked() {
    assertEquals(
        "weightDecay must be at least 0; weightDecay=-1.0",
        assertThrows(
                IllegalArgumentException.class,
                () -> new AdamW.Settings(-1, 1, AdamW.BiasCorrection.NONE))
            .getMessage());
    assertEquals(
        "clipNorm must be above 0; clipNorm=0.0",
        assertThrows(
                IllegalArgumentException.class,
                () -> new AdamW.Settings(0, 0, AdamW.BiasCorrection.NONE))
            .getMessage());
  }

  private static final class Training {
    private final ParameterSet parameters = new ParameterSet(1, GoldenFiles.CPU);
    private final SequenceClassificationNetwork network =
        new SequenceClassificationNetwork(parameters, CONFIG, 2);
    private final AdamW optimizer = new AdamW(parameters, AdamW.Settings.electra(), name -> 1);

    void backward(double factor) {
      Tensor ids = Tensors.ofLongs(new long[] {1, 2, 3, 4, 5, 6}, GoldenFiles.CPU, 2, 3);
      Tensor types = Tensors.ofLongs(new long[] {0, 0, 1, 0, 1, 1}, GoldenFiles.CPU, 2, 3);
      network
          .forward(ids, types, null, Mode.TRAINING)
          .exp()
          .sum()
          .mul(new Scalar(factor))
          .backward();
    }

    Map<String, float[]> values() {
      Map<String, float[]> values = new HashMap<>();
      parameters.all().forEach((name, tensor) -> values.put(name, Tensors.floats(tensor)));
      return values;
    }
  }
}
