package org.solrelectra.training.pretrain;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.solrelectra.lucene.model.InvalidModelException;
import org.solrelectra.lucene.model.TokenizerConfig;
import org.solrelectra.lucene.model.Vocabulary;
import org.solrelectra.training.checkpoint.Checkpoint;
import org.solrelectra.training.checkpoint.HuggingFaceModel;
import org.solrelectra.training.checkpoint.HuggingFaceWeights;
import org.solrelectra.training.checkpoint.SafeTensors.Values;
import org.solrelectra.training.corpus.TokenizerHash;
import org.solrelectra.training.network.DiscriminatorHead;
import org.solrelectra.training.network.ElectraConfig;
import org.solrelectra.training.network.ParameterSet;

/**
 * Networks for a run to start from: the same sizes, vocabulary and casing, any other sequence
 * length, batch, schedule and objective.
 *
 * @param folder where they were read, for messages
 * @param parts what to take
 * @param discriminator null if there is none
 * @param generator null if there is none
 * @param history how they were pretrained: {@code parts}, and of a run {@code steps}, {@code
 *     config} and, if it too started from networks, {@code initial_run}
 */
public record PretrainedNetworks(
    Path folder,
    Parts parts,
    HuggingFaceModel discriminator,
    HuggingFaceModel generator,
    JsonNode history) {

  /** What a run takes. */
  public enum Parts {
    /** All weights that it has a place for. */
    BOTH,
    /** The generator and the embedding block that both networks share. */
    GENERATOR,
    /** The discriminator and that block. */
    DISCRIMINATOR,
    /**
     * The body of one network, a generator of that size if there is one, for the discriminator, and
     * for the generator all of it, if it is of that size (Clark et al. 2020, section 3.2: a
     * discriminator that starts from a trained generator's weights).
     */
    BODY
  }

  private static final String GENERATOR = "generator";

  private static final String EMBEDDINGS = "electra.embeddings.";

  /** Of the masked tokens; the others are sampled right, or so a generator does that is trained. */
  private static final double REPLACED_OF_MASKED = 0.85;

  /**
   * Reads a folder with {@code discriminator}, {@code generator} or both below it, such as a run's,
   * or a Hugging Face style directory of one of them; that of a discriminator may have its {@code
   * generator} below it. Rows of a word table that no piece has are left out, as a run has none.
   *
   * @throws InvalidModelException if a directory is damaged, or lacks a weight of the network's
   *     body
   * @throws IllegalArgumentException if there is none, or not what {@code parts} names
   */
  public static PretrainedNetworks read(Path folder, Parts parts) throws IOException {
    HuggingFaceModel discriminator = null;
    HuggingFaceModel generator = null;
    if (Files.exists(folder.resolve("config.json"))) {
      HuggingFaceModel model = read(folder);
      if (HuggingFaceWeights.isGenerator(model.weights())) {
        generator = model;
      } else {
        discriminator = model;
        generator = readIfThere(folder.resolve(GENERATOR));
      }
    } else {
      discriminator = readIfThere(folder.resolve("discriminator"));
      generator = readIfThere(folder.resolve(GENERATOR));
    }
    if (discriminator == null && generator == null) {
      throw new IllegalArgumentException(
          folder + " holds no network; expected a run, or a directory with config.json");
    }
    if ((parts == Parts.GENERATOR && generator == null)
        || (parts == Parts.DISCRIMINATOR && discriminator == null)) {
      throw new IllegalArgumentException(
          folder
              + " holds no "
              + (generator == null ? "generator" : "discriminator")
              + ", which --init-parts asks for");
    }
    return new PretrainedNetworks(folder, parts, discriminator, generator, history(folder, parts));
  }

  private static HuggingFaceModel readIfThere(Path folder) throws IOException {
    return Files.exists(folder) ? read(folder) : null;
  }

  private static HuggingFaceModel read(Path folder) throws IOException {
    HuggingFaceModel model = HuggingFaceModel.read(folder).withoutSpareRows();
    model.requireBody(folder);
    return model;
  }

  private static JsonNode history(Path run, Parts parts) throws IOException {
    ObjectMapper json = new ObjectMapper();
    ObjectNode history = json.createObjectNode();
    history.put("parts", parts.name());
    Path description = run.resolve(RunDescription.FILE);
    if (Files.exists(description)) {
      JsonNode recorded = json.readTree(description.toFile());
      List<Path> checkpoints = Checkpoint.newestFirst(run.resolve("checkpoints"));
      if (!checkpoints.isEmpty()) {
        history.set("steps", Checkpoint.state(checkpoints.get(0)).get("step"));
      }
      history.set("config", recorded.get("config"));
      if (recorded.has(RunDescription.INITIAL_RUN)) {
        history.set(RunDescription.INITIAL_RUN, recorded.get(RunDescription.INITIAL_RUN));
      }
    }
    return history;
  }

  private HuggingFaceModel any() {
    return discriminator != null ? discriminator : generator;
  }

  /** Returns the longest sequence that the networks have seen, in tokens. */
  public int longestSequence() {
    return any().tokenizer().modelMaxLength();
  }

  /**
   * Compares what must be the same.
   *
   * @throws IllegalArgumentException if a run with this configuration and tokenizer cannot start
   *     from these
   */
  void requireFit(PretrainingConfig config, Vocabulary vocabulary, TokenizerConfig tokenizer) {
    if (!TokenizerHash.of(vocabulary, tokenizer)
        .equals(TokenizerHash.of(any().vocabulary(), any().tokenizer()))) {
      throw new IllegalArgumentException(
          folder + " has another vocabulary or casing; both runs must have the same");
    }
    ElectraConfig large = config.discriminator(vocabulary.size());
    if (config.objective() != Objective.RTD) {
      requireSize("network", large, source(large));
    } else if (parts == Parts.BODY) {
      requireSize("discriminator", large, source(large));
      ElectraConfig small = config.generator(vocabulary.size());
      // A generator that is as large as the discriminator gives both their layers.
      if (generator != null
          && discriminator != null
          && !large.differences(generator.config()).isEmpty()
          && small.differences(generator.config()).isEmpty()) {
        requireSharedEmbeddings(config);
      }
    } else {
      if (takesDiscriminator()) {
        requireSize("discriminator", large, discriminator);
      }
      if (takesGenerator()) {
        requireSize("generator", config.generator(vocabulary.size()), generator);
      }
      if (takesDiscriminator() && takesGenerator()) {
        requireSharedEmbeddings(config);
      }
    }
  }

  private void requireSharedEmbeddings(PretrainingConfig config) {
    if (config.detection().embeddings() == EmbeddingSharing.TIED && !haveSameEmbeddings()) {
      throw new IllegalArgumentException(
          folder
              + " has two networks with embeddings of their own, and tied ones would replace the generator's;"
              + " say --embeddings gdes or untied, or --init-parts generator or discriminator");
    }
  }

  private boolean haveSameEmbeddings() {
    return discriminator.weights().entrySet().stream()
        .filter(weight -> weight.getKey().startsWith(EMBEDDINGS))
        .allMatch(
            weight -> {
              Values other = generator.weights().get(weight.getKey());
              return other == null || Arrays.equals(weight.getValue().floats(), other.floats());
            });
  }

  private void requireSize(String name, ElectraConfig wanted, HuggingFaceModel found) {
    String differences = wanted.differences(found.config());
    if (!differences.isEmpty()) {
      throw new IllegalArgumentException(
          folder + " has a " + name + " of another size; " + differences);
    }
  }

  private boolean takesDiscriminator() {
    return discriminator != null && parts != Parts.GENERATOR;
  }

  private boolean takesGenerator() {
    return generator != null && parts != Parts.DISCRIMINATOR;
  }

  /** Returns the network whose body is taken where one is enough: a generator of that size. */
  private HuggingFaceModel source(ElectraConfig wanted) {
    boolean fits = generator != null && wanted.differences(generator.config()).isEmpty();
    return takesGenerator() && (fits || !takesDiscriminator()) ? generator : discriminator;
  }

  /**
   * Sets parameters to these networks' weights. A discriminator's head that starts anew gets the
   * share of replaced tokens as its bias: it need not push all its states one way to say that most
   * are original, from which it may not come back.
   *
   * @throws InvalidModelException if weights are missing
   */
  void copyTo(ParameterSet parameters, PretrainingConfig config) throws IOException {
    int vocabularySize = any().vocabulary().size();
    HuggingFaceModel source = source(config.discriminator(vocabularySize));
    if (config.objective() != Objective.RTD) {
      load(source, parameters, "");
      return;
    }
    String generatorPrefix = HuggingFaceWeights.GENERATOR;
    boolean head = false;
    // The generator first: the discriminator's tables may be differences to its own.
    boolean disentangled = config.detection().embeddings() == EmbeddingSharing.GDES;
    if (parts == Parts.BODY) {
      ElectraConfig small = config.generator(vocabularySize);
      if (generator != null && small.differences(generator.config()).isEmpty()) {
        load(generator, parameters, generatorPrefix);
      } else if (disentangled) {
        copyTables(source, parameters);
      }
      load(source, parameters, "");
    } else {
      if (takesGenerator()) {
        load(generator, parameters, generatorPrefix);
      } else if (disentangled) {
        copyTables(discriminator, parameters);
      }
      if (takesDiscriminator()) {
        load(discriminator, parameters, "");
        head = discriminator.weights().containsKey(DiscriminatorHead.BIAS);
      }
    }
    if (!head && config.detection().loss().detects()) {
      double replaced = REPLACED_OF_MASKED * config.masking().rate();
      parameters.set(
          DiscriminatorHead.BIAS, new float[] {(float) Math.log(replaced / (1 - replaced))});
    }
  }

  /** Sets the generator's tables, so that the discriminator's start without a difference. */
  private static void copyTables(HuggingFaceModel model, ParameterSet parameters) {
    for (String table : List.of("word_embeddings.weight", "position_embeddings.weight")) {
      String name = EMBEDDINGS + table;
      parameters.set(HuggingFaceWeights.GENERATOR + name, model.weights().get(name).floats());
    }
  }

  /** Heads come along where the network has the same, and start anew where it has another. */
  private void load(HuggingFaceModel model, ParameterSet parameters, String prefix)
      throws IOException {
    HuggingFaceWeights.load(
        model.weights(),
        parameters,
        prefix,
        HuggingFaceWeights::isOfHead,
        HuggingFaceWeights::isOfHead,
        folder.toString());
  }
}
