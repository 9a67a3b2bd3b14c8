package org.solrelectra.training.pretrain;

import java.io.IOException;
import java.nio.file.Path;
import org.solrelectra.lucene.model.Vocabulary;
import org.solrelectra.training.checkpoint.HuggingFaceModel;
import org.solrelectra.training.checkpoint.HuggingFaceWeights;
import org.solrelectra.training.network.DiscriminatorHead;
import org.solrelectra.training.network.ParameterSet;

/**
 * The networks of a run, for another run to start from: the same sizes and vocabulary, any other
 * sequence length, batch and schedule.
 *
 * @param folder where they were read, for messages
 * @param parts what to take
 */
public record PretrainedNetworks(
    Path folder, Parts parts, HuggingFaceModel discriminator, HuggingFaceModel generator) {

  /** What another run takes. */
  public enum Parts {
    /** All weights. */
    BOTH,
    /** The generator and the embedding block that both networks share. */
    GENERATOR
  }

  /** Of the masked tokens; the others are sampled right, or so a generator does that is trained. */
  private static final double REPLACED_OF_MASKED = 0.85;

  /** Reads {@code discriminator} and {@code generator} below a run's folder. */
  public static PretrainedNetworks read(Path run, Parts parts) throws IOException {
    return new PretrainedNetworks(
        run,
        parts,
        HuggingFaceModel.read(run.resolve("discriminator")),
        HuggingFaceModel.read(run.resolve("generator")));
  }

  /** Returns the longest sequence that the networks have seen, in tokens. */
  public int longestSequence() {
    return discriminator.tokenizer().modelMaxLength();
  }

  /**
   * Sets parameters to these networks' weights. A discriminator that starts anew gets the share of
   * replaced tokens as its bias: it need not push all its states one way to say that most are
   * original, from which it may not come back.
   *
   * @throws IllegalArgumentException if the vocabulary is another
   * @throws org.solrelectra.lucene.model.InvalidModelException if the sizes are others
   */
  void copyTo(ParameterSet parameters, Vocabulary vocabulary, double maskRate) throws IOException {
    if (!vocabulary.pieces().equals(discriminator.vocabulary().pieces())) {
      throw new IllegalArgumentException(
          folder + " has another vocabulary than --vocabulary; both must be the same");
    }
    load(generator, parameters, HuggingFaceWeights.GENERATOR, "generator");
    if (parts == Parts.BOTH) {
      load(discriminator, parameters, "", "discriminator");
    } else {
      double replaced = REPLACED_OF_MASKED * maskRate;
      parameters.set(
          DiscriminatorHead.BIAS, new float[] {(float) Math.log(replaced / (1 - replaced))});
    }
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
