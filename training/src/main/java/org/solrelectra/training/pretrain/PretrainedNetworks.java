package org.solrelectra.training.pretrain;

import java.io.IOException;
import java.nio.file.Path;
import org.solrelectra.lucene.model.Vocabulary;
import org.solrelectra.training.checkpoint.HuggingFaceModel;
import org.solrelectra.training.checkpoint.HuggingFaceWeights;
import org.solrelectra.training.network.ParameterSet;

/**
 * Both networks of a run, for another run to start from: the same sizes and vocabulary, any other
 * sequence length, batch and schedule.
 *
 * @param folder where they were read, for messages
 */
public record PretrainedNetworks(
    Path folder, HuggingFaceModel discriminator, HuggingFaceModel generator) {

  /** Reads {@code discriminator} and {@code generator} below a run's folder. */
  public static PretrainedNetworks read(Path run) throws IOException {
    return new PretrainedNetworks(
        run,
        HuggingFaceModel.read(run.resolve("discriminator")),
        HuggingFaceModel.read(run.resolve("generator")));
  }

  /** Returns the longest sequence that the networks have seen, in tokens. */
  public int longestSequence() {
    return discriminator.tokenizer().modelMaxLength();
  }

  /**
   * Sets parameters to these networks' weights.
   *
   * @throws IllegalArgumentException if the vocabulary is another
   * @throws org.solrelectra.lucene.model.InvalidModelException if the sizes are others
   */
  void copyTo(ParameterSet parameters, Vocabulary vocabulary) throws IOException {
    if (!vocabulary.pieces().equals(discriminator.vocabulary().pieces())) {
      throw new IllegalArgumentException(
          folder + " has another vocabulary than --vocabulary; both must be the same");
    }
    // The generator first: the embedding block that both share stands in either directory.
    load(generator, parameters, HuggingFaceWeights.GENERATOR, "generator");
    load(discriminator, parameters, "", "discriminator");
  }

  private void load(HuggingFaceModel model, ParameterSet parameters, String prefix, String name)
      throws IOException {
    HuggingFaceWeights.load(
        model.weights(),
        parameters,
        prefix,
        missing -> false,
        unexpected -> false,
        folder.resolve(name).toString());
  }
}
