package org.solrelectra.training.checkpoint;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.solrelectra.training.checkpoint.SafeTensors.Values;
import org.solrelectra.training.network.ElectraConfig;

/**
 * What an import keeps of a network: some of its layers, a narrower embedding block, or all. What
 * is left computes something else, and is a start for training.
 *
 * @param layers numbers of layers, counted from 1; empty for all of them
 * @param embeddingSize the width of the embedding block; empty for that of the network
 */
public record Reduction(List<Integer> layers, OptionalInt embeddingSize) {
  /** Keeps all. */
  public static final Reduction NONE = new Reduction(List.of(), OptionalInt.empty());

  private static final Pattern LAYER =
      Pattern.compile("(electra\\.encoder\\.layer\\.)(\\d+)(\\..+)");

  public Reduction {
    layers = List.copyOf(layers);
  }

  /** A network of fewer weights. */
  record Reduced(
      ElectraConfig config, Map<String, Values> weights, OptionalDouble wordTableError) {}

  /**
   * Reduces a network.
   *
   * @param source names it in messages
   * @throws IllegalArgumentException if it has no such layers, or its embedding block cannot be of
   *     that width
   */
  Reduced of(ElectraConfig config, Map<String, Values> weights, String source) {
    ElectraConfig kept = config;
    Map<String, Values> keptWeights = weights;
    if (!layers.isEmpty()) {
      requireLayers(config, source);
      kept = config.withLayers(layers.size());
      keptWeights = keptLayers(weights);
    }
    if (embeddingSize.isEmpty()) {
      return new Reduced(kept, keptWeights, OptionalDouble.empty());
    }
    int width = embeddingSize.getAsInt();
    requireWidth(width, config, source);
    EmbeddingFactorization factorization = EmbeddingFactorization.of(keptWeights, width);
    return new Reduced(
        kept.withEmbeddingSize(width),
        factorization.weights(),
        OptionalDouble.of(factorization.wordTableError()));
  }

  private void requireLayers(ElectraConfig config, String source) {
    int before = 0;
    for (int layer : layers) {
      if (layer <= before || layer > config.layers()) {
        throw new IllegalArgumentException(
            "--layers must be ascending numbers in 1.."
                + config.layers()
                + ", the layers of "
                + source
                + "; --layers="
                + layers);
      }
      before = layer;
    }
  }

  private static void requireWidth(int width, ElectraConfig config, String source) {
    if (config.projectsEmbeddings()) {
      throw new IllegalArgumentException(
          "--embedding-size needs an embedding block as wide as the layers, hidden_size="
              + config.hiddenSize()
              + " of "
              + source
              + "; embedding_size="
              + config.embeddingSize());
    }
    if (width < 2 || width >= config.hiddenSize()) {
      throw new IllegalArgumentException(
          "--embedding-size must be at least 2 and below hidden_size="
              + config.hiddenSize()
              + " of "
              + source
              + "; --embedding-size="
              + width);
    }
  }

  private Map<String, Values> keptLayers(Map<String, Values> weights) {
    Map<String, Values> kept = new LinkedHashMap<>();
    for (Map.Entry<String, Values> entry : weights.entrySet()) {
      Matcher name = LAYER.matcher(entry.getKey());
      if (!name.matches()) {
        kept.put(entry.getKey(), entry.getValue());
        continue;
      }
      int place = layers.indexOf(Integer.parseInt(name.group(2)) + 1);
      if (place >= 0) {
        kept.put(name.group(1) + place + name.group(3), entry.getValue());
      }
    }
    return kept;
  }
}
