package org.solrelectra.training.checkpoint;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.solrelectra.lucene.model.Excerpt;
import org.solrelectra.lucene.model.InvalidModelException;
import org.solrelectra.training.checkpoint.SafeTensors.Values;
import org.solrelectra.training.network.ParameterSet;
import org.solrelectra.training.network.Tensors;

/**
 * Between a parameter set and the names Hugging Face gives the weights of one network: the packed
 * attention projection becomes query, key and value; a generator loses its prefix and takes the
 * shared embedding block along.
 */
public final class HuggingFaceWeights {
  /** Names of the generator's own parameters start so; a discriminator's have no prefix. */
  public static final String GENERATOR = "generator.";

  private static final String EMBEDDINGS = "electra.embeddings.";

  /** What has a row for each piece. */
  static final String WORDS = EMBEDDINGS + "word_embeddings.weight";

  static final String OUTPUT_BIAS = "generator_lm_head.bias";

  private static final String PACKED = ".attention.self.query_key_value.";
  private static final List<String> PACKED_PARTS = List.of("query", "key", "value");

  private HuggingFaceWeights() {}

  /** Says whether these are the weights of a masked or causal language model. */
  public static boolean isGenerator(Map<String, Values> weights) {
    return weights.containsKey(OUTPUT_BIAS);
  }

  /** Says whether a name, Hugging Face's, is of a head and not of the body. */
  public static boolean isOfHead(String name) {
    return !name.startsWith("electra.");
  }

  /** Returns the weights of the network with this prefix under Hugging Face's names. */
  public static Map<String, Values> of(ParameterSet parameters, String prefix) {
    Map<String, Values> weights = new LinkedHashMap<>();
    for (String weightName : parameters.weightNames()) {
      String name = nameWithout(prefix, weightName, parameters);
      if (name != null) {
        try (PointerScope scope = new PointerScope()) {
          Tensor weight = parameters.weight(weightName);
          putParts(weights, name, Tensors.floats(weight), Tensors.shape(weight));
        }
      }
    }
    return weights;
  }

  private static String nameWithout(String prefix, String name, ParameterSet parameters) {
    if (name.startsWith(GENERATOR)) {
      return prefix.equals(GENERATOR) ? name.substring(GENERATOR.length()) : null;
    }
    boolean shared =
        name.startsWith(EMBEDDINGS) && !parameters.weightNames().contains(GENERATOR + name);
    return prefix.isEmpty() || shared ? name : null;
  }

  private static void putParts(
      Map<String, Values> weights, String name, float[] values, long[] shape) {
    if (!name.contains(PACKED)) {
      weights.put(name, new Values(values, shape));
      return;
    }
    long[] partShape = shape.clone();
    partShape[0] /= PACKED_PARTS.size();
    int length = values.length / PACKED_PARTS.size();
    for (int part = 0; part < PACKED_PARTS.size(); part++) {
      weights.put(
          partName(name, part),
          new Values(Arrays.copyOfRange(values, part * length, (part + 1) * length), partShape));
    }
  }

  private static String partName(String name, int part) {
    return name.replace(PACKED, ".attention.self." + PACKED_PARTS.get(part) + ".");
  }

  /**
   * Sets the parameters of the network with this prefix.
   *
   * @param mayLack names, Hugging Face's, that keep their first values if the weights lack them: a
   *     new head
   * @param mayIgnore names in the weights that the network has no use for: another task's head
   * @throws InvalidModelException if a weight is missing, unexpected, or of another shape; then
   *     nothing was set
   */
  public static void load(
      Map<String, Values> weights,
      ParameterSet parameters,
      String prefix,
      Predicate<String> mayLack,
      Predicate<String> mayIgnore,
      String source)
      throws IOException {
    Map<String, float[]> found = new LinkedHashMap<>();
    Set<String> used = new HashSet<>();
    List<String> missing = new ArrayList<>();
    for (String weightName : parameters.weightNames()) {
      String name = nameWithout(prefix, weightName, parameters);
      if (name != null) {
        float[] values = join(weights, name, shape(parameters, weightName), used, source);
        if (values != null) {
          found.put(weightName, values);
        } else if (!mayLack.test(name)) {
          missing.add(name);
        }
      }
    }
    List<String> unexpected = new ArrayList<>(weights.keySet());
    unexpected.removeIf(name -> used.contains(name) || mayIgnore.test(name));
    if (!missing.isEmpty() || !unexpected.isEmpty()) {
      throw new InvalidModelException(
          source
              + " does not fit the network; missing weights: "
              + missing
              + "; unexpected weights: "
              + Excerpt.of(unexpected));
    }
    found.forEach(parameters::set);
  }

  private static long[] shape(ParameterSet parameters, String weightName) {
    try (PointerScope scope = new PointerScope()) {
      return Tensors.shape(parameters.weight(weightName));
    }
  }

  private static float[] join(
      Map<String, Values> weights, String name, long[] joinedShape, Set<String> used, String source)
      throws IOException {
    List<String> names =
        name.contains(PACKED)
            ? List.of(partName(name, 0), partName(name, 1), partName(name, 2))
            : List.of(name);
    long[] shape = joinedShape.clone();
    shape[0] /= names.size();
    int length = (int) Arrays.stream(shape).reduce(1, (a, b) -> a * b);
    float[] joined = new float[length * names.size()];
    for (int part = 0; part < names.size(); part++) {
      Values values = weights.get(names.get(part));
      if (values == null) {
        return null;
      }
      if (!Arrays.equals(values.shape(), shape)) {
        throw new InvalidModelException(
            source
                + ": "
                + names.get(part)
                + " has shape "
                + Arrays.toString(values.shape())
                + "; expected "
                + Arrays.toString(shape)
                + " from config.json");
      }
      System.arraycopy(values.floats(), 0, joined, part * length, length);
      used.add(names.get(part));
    }
    return joined;
  }
}
