package org.solrelectra.training.checkpoint;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.solrelectra.lucene.model.Excerpt;
import org.solrelectra.lucene.model.InvalidModelException;
import org.solrelectra.training.checkpoint.SafeTensors.Values;
import org.solrelectra.training.network.ElectraConfig;

/** The weights that a network of given sizes has: Hugging Face's names, and shapes. */
final class WeightShapes {
  private final Map<String, long[]> shapes = new LinkedHashMap<>();
  private final ElectraConfig config;

  private WeightShapes(ElectraConfig config) {
    this.config = config;
  }

  /** Returns those of the network without a head: {@code ElectraModel}. */
  static Map<String, long[]> body(ElectraConfig config) {
    WeightShapes weights = new WeightShapes(config);
    weights.addBody();
    return weights.shapes;
  }

  /** Returns those of {@code ElectraForPreTraining}. */
  static Map<String, long[]> discriminator(ElectraConfig config) {
    WeightShapes weights = new WeightShapes(config);
    weights.addBody();
    int hidden = config.hiddenSize();
    weights.addLinear("discriminator_predictions.dense", hidden, hidden);
    weights.addLinear("discriminator_predictions.dense_prediction", hidden, 1);
    return weights.shapes;
  }

  /** Returns those of {@code ElectraForMaskedLM}, whose word table is its output matrix too. */
  static Map<String, long[]> generator(ElectraConfig config) {
    WeightShapes weights = new WeightShapes(config);
    weights.addBody();
    weights.addLayerNorm("generator_predictions.LayerNorm", config.embeddingSize());
    weights.addLinear("generator_predictions.dense", config.hiddenSize(), config.embeddingSize());
    weights.add("generator_lm_head.bias", config.vocabularySize());
    return weights.shapes;
  }

  private void addBody() {
    String embeddings = "electra.embeddings.";
    int width = config.embeddingSize();
    int hidden = config.hiddenSize();
    add(embeddings + "word_embeddings.weight", config.vocabularySize(), width);
    add(embeddings + "position_embeddings.weight", config.maxPositions(), width);
    add(embeddings + "token_type_embeddings.weight", config.tokenTypes(), width);
    addLayerNorm(embeddings + "LayerNorm", width);
    if (config.projectsEmbeddings()) {
      addLinear("electra.embeddings_project", width, hidden);
    }
    for (int layer = 0; layer < config.layers(); layer++) {
      String prefix = "electra.encoder.layer." + layer + ".";
      for (String part : List.of("query", "key", "value")) {
        addLinear(prefix + "attention.self." + part, hidden, hidden);
      }
      addLinear(prefix + "attention.output.dense", hidden, hidden);
      addLayerNorm(prefix + "attention.output.LayerNorm", hidden);
      addLinear(prefix + "intermediate.dense", hidden, config.intermediateSize());
      addLinear(prefix + "output.dense", config.intermediateSize(), hidden);
      addLayerNorm(prefix + "output.LayerNorm", hidden);
    }
  }

  private void addLinear(String name, long in, long out) {
    add(name + ".weight", out, in);
    add(name + ".bias", out);
  }

  private void addLayerNorm(String name, long width) {
    add(name + ".weight", width);
    add(name + ".bias", width);
  }

  private void add(String name, long... shape) {
    shapes.put(name, shape);
  }

  /**
   * Compares weights with those that a network has.
   *
   * @param mayBeMore whether weights of heads are left alone; further ones of the body never are
   * @throws InvalidModelException if one is missing, unexpected, or of another shape
   */
  static void require(
      Map<String, long[]> expected, Map<String, Values> weights, boolean mayBeMore, String source)
      throws InvalidModelException {
    List<String> missing = new ArrayList<>(expected.keySet());
    missing.removeAll(weights.keySet());
    Set<String> unexpected = new LinkedHashSet<>(weights.keySet());
    unexpected.removeAll(expected.keySet());
    if (mayBeMore) {
      unexpected.removeIf(HuggingFaceWeights::isOfHead);
    }
    if (!missing.isEmpty() || !unexpected.isEmpty()) {
      throw new InvalidModelException(
          source
              + " does not fit the network; missing weights: "
              + missing
              + "; unexpected weights: "
              + Excerpt.of(unexpected));
    }
    for (Map.Entry<String, long[]> entry : expected.entrySet()) {
      long[] shape = weights.get(entry.getKey()).shape();
      if (!Arrays.equals(shape, entry.getValue())) {
        throw new InvalidModelException(
            source
                + ": "
                + entry.getKey()
                + " has shape "
                + Arrays.toString(shape)
                + "; expected "
                + Arrays.toString(entry.getValue())
                + " from config.json");
      }
    }
  }
}
