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
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.solrelectra.training.GoldenFiles;
import org.solrelectra.training.network.ElectraConfig;
import org.solrelectra.training.network.ParameterSet;
import org.solrelectra.training.network.SequenceClassificationNetwork;
import org.solrelectra.training.network.Tensors;
import org.solrelectra.training.pretrain.PretrainingSize;
import org.solrelectra.training.pretrain.ReplacedTokenDetection;

class OptimizerIT {
  private static final ElectraConfig CONFIG =
      new ElectraConfig(40, 16, 32, 2, 2, 64, 16, 2, 1e-12, 0, 0);

  /** A replication lost its biases and LayerNorms in here, and 13 % of its quality. */
  @Test
  void everyParameterIsUpdatedExactlyOnce() {
    ParameterSet parameters = new ParameterSet(1, GoldenFiles.DEVICE);
    ElectraConfig discriminator = PretrainingSize.TINY.discriminator(50);
    ElectraConfig generator = PretrainingSize.TINY.generator(50, 0.5);
    new ReplacedTokenDetection(
        parameters, discriminator, generator, ReplacedTokenDetection.Settings.electra());
    Optimizer optimizer =
        new Optimizer(
            parameters,
            Optimizer.Settings.electra(),
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
      assertFalse(Optimizer.isDecayed(name), name);
    }
    for (String name :
        List.of(
            "electra.embeddings.word_embeddings.weight",
            "electra.encoder.layer.0.attention.self.query_key_value.weight",
            "discriminator_predictions.dense_prediction.weight")) {
      assertTrue(Optimizer.isDecayed(name), name);
    }
  }

  @Test
  void oneUpdateIsTheFormulas() {
    SmallTraining training = training(Optimizer.BiasCorrection.NONE);
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
      training.optimizer.step(rate);
      assertEquals(norm, training.optimizer.norm(), norm * 1e-5);
      double clip = 1 / Math.max(1, norm);
      before.forEach(
          (name, old) -> {
            float[] now = Tensors.floats(training.parameters.get(name));
            for (int i = 0; i < now.length; i++) {
              double g = gradients.get(name)[i] * clip;
              double update = 0.1 * g / (Math.sqrt(0.001 * g * g) + 1e-6);
              double decay = Optimizer.isDecayed(name) ? 0.01 * old[i] : 0;
              assertEquals(old[i] - rate * (update + decay), now[i], 2e-5, name);
            }
          });
    }
  }

  @Test
  void gradientsAreForgottenAfterAStep() {
    SmallTraining training = training(Optimizer.BiasCorrection.NONE);
    try (PointerScope scope = new PointerScope()) {
      training.backward(1);
      training.optimizer.step(0);
      double first = training.optimizer.norm();
      training.backward(1);
      training.optimizer.step(0);
      assertEquals(first, training.optimizer.norm(), first * 1e-6);
    }
  }

  @Test
  void aGradientThatIsNotFiniteIsLeftOutAndCounted() {
    SmallTraining training = training(Optimizer.BiasCorrection.NONE);
    try (PointerScope scope = new PointerScope()) {
      training.update(1);
      Map<String, float[]> before = training.everything();
      for (double bad : new double[] {Double.NaN, Double.POSITIVE_INFINITY, Double.NaN}) {
        training.update(bad);
        assertFalse(Double.isFinite(training.optimizer.norm()));
      }
      training.everything().forEach((name, now) -> assertArrayEquals(before.get(name), now, name));
      assertEquals(1, training.optimizer.updates());
      training.update(1);
      assertEquals(2, training.optimizer.updates());
      assertTrue(Double.isFinite(training.optimizer.norm()));
      training.update(Double.NaN);
      assertEquals(3, training.optimizer.mostLeftOutInARow());
    }
  }

  @Test
  void whatIsLeftOutDoesNotCountForTheCorrectionOfTheMoments() {
    SmallTraining plain = training(Optimizer.BiasCorrection.STANDARD);
    SmallTraining bad = training(Optimizer.BiasCorrection.STANDARD);
    try (PointerScope scope = new PointerScope()) {
      bad.update(Double.NaN);
      for (int i = 0; i < 3; i++) {
        plain.update(1);
        bad.update(1);
      }
    }
    Map<String, float[]> expected = plain.everything();
    bad.everything().forEach((name, now) -> assertArrayEquals(expected.get(name), now, name));
  }

  @Test
  void parametersThatAreNotAllGroupedAreOurBug() {
    ParameterSet parameters = new ParameterSet(1, GoldenFiles.DEVICE);
    new SequenceClassificationNetwork(parameters, CONFIG, 2);
    List<String> names = List.copyOf(parameters.all().keySet());
    List<String> most = names.subList(1, names.size());
    assertEquals(
        "each parameter must be in one group; parameters: " + names + "; grouped: " + most,
        assertThrows(
                IllegalStateException.class, () -> new FlatParameters(parameters, List.of(most)))
            .getMessage());
  }

  @Test
  void settingsAreChecked() {
    assertEquals(
        "weightDecay must be at least 0; weightDecay=-1.0",
        assertThrows(
                IllegalArgumentException.class,
                () ->
                    new Optimizer.Settings(
                        -1, 1, Optimizer.BiasCorrection.NONE, Optimizer.Matrices.ADAMW))
            .getMessage());
    assertEquals(
        "clipNorm must be above 0; clipNorm=0.0",
        assertThrows(
                IllegalArgumentException.class,
                () ->
                    new Optimizer.Settings(
                        0, 0, Optimizer.BiasCorrection.NONE, Optimizer.Matrices.ADAMW))
            .getMessage());
  }

  private static SmallTraining training(Optimizer.BiasCorrection correction) {
    return new SmallTraining(
        CONFIG, Optimizer.Settings.electra(correction, Optimizer.Matrices.ADAMW));
  }
}
