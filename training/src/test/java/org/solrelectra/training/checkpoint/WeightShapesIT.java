package org.solrelectra.training.checkpoint;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.solrelectra.training.GoldenFiles;
import org.solrelectra.training.checkpoint.SafeTensors.Values;
import org.solrelectra.training.network.Attention;
import org.solrelectra.training.network.DiscriminatorNetwork;
import org.solrelectra.training.network.ElectraConfig;
import org.solrelectra.training.network.ElectraEmbeddings;
import org.solrelectra.training.network.ElectraEncoder;
import org.solrelectra.training.network.GeneratorHead;
import org.solrelectra.training.network.ParameterSet;

/** What import expects is what the networks have. */
class WeightShapesIT {
  @ParameterizedTest
  @ValueSource(ints = {8, 16})
  void theyAreTheNetworks(int embedding) {
    ElectraConfig config = new ElectraConfig(12, embedding, 16, 2, 1, 24, 10, 2, 1e-12, 0, 0);
    ParameterSet discriminator = new ParameterSet(1, GoldenFiles.DEVICE);
    DiscriminatorNetwork network = new DiscriminatorNetwork(discriminator, config);
    check(network.parameters(), WeightShapes.discriminator(config));
    ParameterSet generator = new ParameterSet(1, GoldenFiles.DEVICE);
    ElectraEmbeddings embeddings = new ElectraEmbeddings(generator, "", config);
    ElectraEncoder encoder =
        new ElectraEncoder(generator, "", config, embeddings, Attention.BIDIRECTIONAL);
    check(generator, WeightShapes.body(encoder.config()));
    GeneratorHead head = new GeneratorHead(generator, "", config, embeddings);
    check(generator, WeightShapes.generator(config));
    assertEquals(GeneratorHead.class, head.getClass());
  }

  private static void check(ParameterSet parameters, Map<String, long[]> shapes) {
    Map<String, Values> weights = HuggingFaceWeights.of(parameters, "");
    assertEquals(weights.keySet(), shapes.keySet());
    weights.forEach((name, values) -> assertArrayEquals(values.shape(), shapes.get(name), name));
  }
}
