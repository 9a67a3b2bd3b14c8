package org.solrelectra.training.pretrain;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.solrelectra.lucene.model.TokenizerConfig;
import org.solrelectra.lucene.model.Vocabulary;
import org.solrelectra.training.checkpoint.Checkpoint;
import org.solrelectra.training.checkpoint.HuggingFaceModel;
import org.solrelectra.training.checkpoint.HuggingFaceWeights;
import org.solrelectra.training.corpus.TokenizerHash;
import org.solrelectra.training.network.DiscriminatorHead;
import org.solrelectra.training.network.ParameterSet;

/**
 * The networks of a run, for another run to start from: the same sizes, vocabulary and casing, any
 * other sequence length, batch and schedule.
 *
 * @param folder where they were read, for messages
 * @param parts what to take
 * @param history how they were pretrained: {@code parts}, and of the run {@code steps}, {@code
 *     config} and, if it too started from a run, {@code initial_run}
 */
public record PretrainedNetworks(
    Path folder,
    Parts parts,
    HuggingFaceModel discriminator,
    HuggingFaceModel generator,
    JsonNode history) {

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
        HuggingFaceModel.read(run.resolve("generator")),
        history(run, parts));
  }

  private static JsonNode history(Path run, Parts parts) throws IOException {
    ObjectMapper json = new ObjectMapper();
    ObjectNode history = json.createObjectNode();
    history.put("parts", parts.name());
    Path description = run.resolve(PretrainingRun.DESCRIPTION);
    if (Files.exists(description)) {
      JsonNode recorded = json.readTree(description.toFile());
      List<Path> checkpoints = Checkpoint.newestFirst(run.resolve("checkpoints"));
      if (!checkpoints.isEmpty()) {
        history.set("steps", Checkpoint.state(checkpoints.get(0)).get("step"));
      }
      history.set("config", recorded.get("config"));
      if (recorded.has(PretrainingRun.INITIAL_RUN)) {
        history.set(PretrainingRun.INITIAL_RUN, recorded.get(PretrainingRun.INITIAL_RUN));
      }
    }
    return history;
  }

  /** Returns the longest sequence that the networks have seen, in tokens. */
  public int longestSequence() {
    return discriminator.tokenizer().modelMaxLength();
  }

  /**
   * Compares what must be the same.
   *
   * @throws IllegalArgumentException if a run with this size and tokenizer cannot start from these
   */
  void requireFit(PretrainingSize size, Vocabulary vocabulary, TokenizerConfig tokenizer) {
    if (!TokenizerHash.of(vocabulary, tokenizer)
        .equals(TokenizerHash.of(discriminator.vocabulary(), discriminator.tokenizer()))) {
      throw new IllegalArgumentException(
          folder + " has another vocabulary or casing; both runs must have the same");
    }
    if (!size.discriminator(vocabulary.size()).equals(discriminator.config())
        || !size.generator(vocabulary.size()).equals(generator.config())) {
      throw new IllegalArgumentException(
          folder + " has networks of other sizes than --size=" + size + "; both must be the same");
    }
  }

  /**
   * Sets parameters to these networks' weights. A discriminator that starts anew gets the share of
   * replaced tokens as its bias: it need not push all its states one way to say that most are
   * original, from which it may not come back.
   *
   * @throws org.solrelectra.lucene.model.InvalidModelException if the sizes are others
   */
  void copyTo(ParameterSet parameters, double maskRate) throws IOException {
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
