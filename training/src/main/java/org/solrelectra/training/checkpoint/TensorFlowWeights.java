package org.solrelectra.training.checkpoint;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.solrelectra.lucene.model.Excerpt;
import org.solrelectra.lucene.model.InvalidModelException;
import org.solrelectra.training.checkpoint.SafeTensors.Values;
import org.solrelectra.training.network.ElectraConfig;

/**
 * Finds the networks in a checkpoint of google-research/electra: sizes from shapes, and weights by
 * Hugging Face's names. TensorFlow keeps a matrix as [in, out], Hugging Face as [out, in].
 */
final class TensorFlowWeights {
  /** heads = max(1, hidden / 64) in all of Google's models (util/training_utils.py, L109). */
  private static final int HEAD_SIZE = 64;

  private static final String DISCRIMINATOR = "electra/";
  private static final String GENERATOR = "generator/";
  private static final List<String> ROOTS =
      List.of(DISCRIMINATOR, GENERATOR, "discriminator_predictions/", "generator_predictions/");

  private final TensorFlowCheckpoint checkpoint;
  private final String source;
  private final Set<String> names = new TreeSet<>();
  private final Set<String> used = new HashSet<>();

  /**
   * @param source names the checkpoint in messages
   */
  TensorFlowWeights(TensorFlowCheckpoint checkpoint, String source) throws InvalidModelException {
    this.checkpoint = checkpoint;
    this.source = source;
    for (String name : checkpoint.names()) {
      if (ROOTS.stream().anyMatch(name::startsWith)
          && !name.endsWith("/adam_m")
          && !name.endsWith("/adam_v")) {
        names.add(name);
      }
    }
    if (names.isEmpty()) {
      throw new InvalidModelException(
          source
              + " holds no ELECTRA; expected variables that start with one of "
              + ROOTS
              + "; found "
              + Excerpt.of(checkpoint.names().stream().limit(3).toList())
              + " and the like");
    }
  }

  /**
   * A network of the checkpoint.
   *
   * @param weights by Hugging Face's names
   */
  record Network(ElectraConfig config, Map<String, Values> weights) {}

  boolean hasGenerator() {
    return contains("generator_predictions/");
  }

  /** Says whether the head of replaced token detection is there; fine-tuning leaves it out. */
  boolean hasDiscriminatorHead() {
    return contains("discriminator_predictions/");
  }

  private boolean contains(String prefix) {
    return names.stream().anyMatch(name -> name.startsWith(prefix));
  }

  /**
   * Returns the discriminator, without its head if the checkpoint has none.
   *
   * @throws InvalidModelException if a variable is missing or of a shape that the others exclude
   */
  Network discriminator() throws IOException {
    ElectraConfig config = config(DISCRIMINATOR, DISCRIMINATOR);
    return network(
        config,
        hasDiscriminatorHead() ? WeightShapes.discriminator(config) : WeightShapes.body(config),
        DISCRIMINATOR,
        DISCRIMINATOR);
  }

  /**
   * Returns the generator with the embeddings that it shares with the discriminator, unless it was
   * pretrained with its own (untied_generator_embeddings); one that is the discriminator's body too
   * (untied_generator=False) has its layers.
   */
  Network generator() throws IOException {
    String layers = contains(GENERATOR + "encoder/") ? GENERATOR : DISCRIMINATOR;
    String embeddings = contains(GENERATOR + "embeddings/") ? GENERATOR : DISCRIMINATOR;
    ElectraConfig config = config(layers, embeddings);
    return network(config, WeightShapes.generator(config), layers, embeddings);
  }

  /**
   * Refuses variables of the networks that none of them has used.
   *
   * @throws InvalidModelException if there are any
   */
  void requireAllUsed() throws InvalidModelException {
    Set<String> unexpected = new TreeSet<>(names);
    unexpected.removeAll(used);
    if (!unexpected.isEmpty()) {
      throw new InvalidModelException(
          source
              + " does not fit the network; missing weights: []; unexpected weights: "
              + Excerpt.of(unexpected));
    }
  }

  private ElectraConfig config(String layers, String embeddings) throws InvalidModelException {
    long[] words = shape(embeddings + "embeddings/word_embeddings", 2);
    int hidden = (int) shape(layers + "encoder/layer_0/attention/self/query/kernel", 2)[1];
    int count = 0;
    while (contains(layers + "encoder/layer_" + count + "/")) {
      count++;
    }
    try {
      return new ElectraConfig(
          (int) words[0],
          (int) words[1],
          hidden,
          count,
          Math.max(1, hidden / HEAD_SIZE),
          (int) shape(layers + "encoder/layer_0/intermediate/dense/kernel", 2)[1],
          (int) shape(embeddings + "embeddings/position_embeddings", 2)[0],
          (int) shape(embeddings + "embeddings/token_type_embeddings", 2)[0],
          1e-12,
          0.1,
          0.1);
    } catch (IllegalArgumentException e) {
      throw new InvalidModelException(source + ": " + e.getMessage(), e);
    }
  }

  private long[] shape(String name, int dimensions) throws InvalidModelException {
    long[] shape = checkpoint.shape(name);
    if (shape == null || shape.length != dimensions) {
      throw new InvalidModelException(
          source
              + " must have "
              + name
              + " with "
              + dimensions
              + " dimensions; shape="
              + Arrays.toString(shape));
    }
    return shape;
  }

  private Network network(
      ElectraConfig config, Map<String, long[]> expected, String layers, String embeddings)
      throws IOException {
    Map<String, String> variables = new LinkedHashMap<>();
    expected.keySet().forEach(name -> variables.put(name, variable(name, layers, embeddings)));
    List<String> missing = new ArrayList<>(variables.values());
    missing.removeAll(checkpoint.names());
    if (!missing.isEmpty()) {
      throw new InvalidModelException(
          source
              + " does not fit the network; missing weights: "
              + missing
              + "; unexpected weights: []");
    }
    for (Map.Entry<String, String> entry : variables.entrySet()) {
      requireShape(entry.getValue(), expected.get(entry.getKey()));
    }
    Map<String, Values> weights = new LinkedHashMap<>();
    for (Map.Entry<String, String> entry : variables.entrySet()) {
      Values values = checkpoint.read(entry.getValue());
      weights.put(entry.getKey(), isKernel(entry.getValue()) ? transposed(values) : values);
    }
    used.addAll(variables.values());
    return new Network(config, weights);
  }

  private void requireShape(String variable, long[] ofHuggingFace) throws InvalidModelException {
    long[] expected =
        isKernel(variable) ? new long[] {ofHuggingFace[1], ofHuggingFace[0]} : ofHuggingFace;
    long[] shape = checkpoint.shape(variable);
    if (!Arrays.equals(shape, expected)) {
      throw new InvalidModelException(
          source
              + ": "
              + variable
              + " has shape "
              + Arrays.toString(shape)
              + "; expected "
              + Arrays.toString(expected)
              + " from the shapes of the embeddings and the first layer");
    }
  }

  private static boolean isKernel(String variable) {
    return variable.endsWith("/kernel");
  }

  /** Returns the variable that Hugging Face's weight is made of. */
  private static String variable(String weight, String layers, String embeddings) {
    String name =
        weight
            .replace("electra.embeddings.", embeddings + "embeddings.")
            .replace("electra.", layers)
            .replace("generator_lm_head.bias", "generator_predictions.output_bias")
            .replace("dense_prediction", "dense_1")
            .replaceFirst("layer\\.(\\d+)", "layer_$1")
            .replace('.', '/');
    if (name.contains("/LayerNorm/")) {
      return name.replace("/weight", "/gamma").replace("/bias", "/beta");
    }
    // A table of embeddings is the one thing that is called a weight and is no matrix to apply.
    return name.replace("_embeddings/weight", "_embeddings").replace("/weight", "/kernel");
  }

  private static Values transposed(Values kernel) {
    int rows = (int) kernel.shape()[0];
    int columns = (int) kernel.shape()[1];
    float[] values = new float[rows * columns];
    for (int row = 0; row < rows; row++) {
      for (int column = 0; column < columns; column++) {
        values[column * rows + row] = kernel.floats()[row * columns + column];
      }
    }
    return new Values(values, new long[] {columns, rows});
  }
}
