package org.solrelectra.training.checkpoint;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.stream.Stream;
import org.solrelectra.lucene.model.Excerpt;
import org.solrelectra.lucene.model.InvalidModelException;
import org.solrelectra.lucene.model.TokenizerConfig;
import org.solrelectra.lucene.model.Vocabulary;
import org.solrelectra.training.checkpoint.HuggingFaceDirectory.Head;
import org.solrelectra.training.checkpoint.SafeTensors.DataType;
import org.solrelectra.training.checkpoint.SafeTensors.Values;
import org.solrelectra.training.network.ElectraConfig;
import org.solrelectra.training.storage.Folders;

/**
 * Reads ELECTRAs and BERTs that others have pretrained, checks every weight's name and shape, and
 * writes them as a run does: folders {@code discriminator} and {@code generator} for Hugging Face's
 * {@code from_pretrained} and for this project.
 */
public final class ModelImport {
  private static final String DISCRIMINATOR = "discriminator";
  private static final String GENERATOR = "generator";
  private static final List<String> PARTS = List.of(DISCRIMINATOR, GENERATOR);

  /** Whose body can be trained on, though their heads are of no use here. */
  private static final List<String> BODIES =
      List.of(
          "ElectraModel",
          "ElectraForSequenceClassification",
          "ElectraForTokenClassification",
          "ElectraForQuestionAnswering",
          "ElectraForMultipleChoice");

  private ModelImport() {}

  /**
   * A network that was imported.
   *
   * @param part {@code discriminator} or {@code generator}: its folder below the output
   * @param head as it was written; {@code ElectraModel} if it came without a pretraining head
   * @param leftOut weights of other heads, which were not written
   * @param wordTableError of a factorised word table, its Frobenius norm over that of the table;
   *     empty if the table is as it was
   */
  public record Network(
      String part,
      Head head,
      ElectraConfig config,
      Map<String, Values> weights,
      Vocabulary vocabulary,
      TokenizerConfig tokenizer,
      List<String> leftOut,
      OptionalDouble wordTableError) {

    /** Returns the number of trained values. */
    public long parameters() {
      return weights.values().stream().mapToLong(values -> values.floats().length).sum();
    }

    private Network reduced(Reduction reduction, String source) {
      Reduction.Reduced reduced = reduction.of(config, weights, source);
      return new Network(
          part,
          head,
          reduced.config(),
          reduced.weights(),
          vocabulary,
          tokenizer,
          leftOut,
          reduced.wordTableError());
    }
  }

  /**
   * Imports one or both networks.
   *
   * @param from a Hugging Face directory of an ELECTRA or a BERT; a folder with such directories
   *     {@code discriminator} and {@code generator}; the prefix or the index of a TensorFlow
   *     checkpoint; or a folder with one
   * @param reduction what to keep of a network
   * @param output a folder, which appears when it is complete; an earlier import is replaced
   * @return what was written
   * @throws IllegalArgumentException if the output holds anything else, or the network cannot be
   *     reduced so
   * @throws InvalidModelException if a file is missing or damaged, or a weight is missing,
   *     unexpected or of another shape; then nothing is written
   */
  public static List<Network> run(
      Path from, TokenizerSource tokenizer, Reduction reduction, Path output) throws IOException {
    requireFree(output);
    List<Network> networks = read(from, tokenizer);
    if (!reduction.equals(Reduction.NONE)) {
      requireNoGenerator(networks, from);
      networks =
          networks.stream().map(network -> network.reduced(reduction, from.toString())).toList();
    }
    Path partial = Folders.partial(output);
    Folders.deleteIfExists(partial);
    try {
      for (Network network : networks) {
        HuggingFaceDirectory.write(
            partial.resolve(network.part()),
            network.config(),
            network.head(),
            network.weights(),
            DataType.F32,
            network.vocabulary(),
            network.tokenizer());
      }
      Folders.replace(partial, output);
    } catch (IOException e) {
      Folders.deleteIfExists(partial);
      throw e;
    }
    return networks;
  }

  /** A generator's word table is its output matrix, and the discriminator's too. */
  private static void requireNoGenerator(List<Network> networks, Path from) {
    if (networks.stream().anyMatch(network -> network.part().equals(GENERATOR))) {
      throw new IllegalArgumentException(
          "--layers and --embedding-size are for a discriminator or a body alone, such as the folder "
              + DISCRIMINATOR
              + " that an import without them writes; "
              + from
              + " holds a "
              + GENERATOR);
    }
  }

  private static void requireFree(Path output) throws IOException {
    if (!Files.exists(output)) {
      return;
    }
    try (Stream<Path> content = Files.walk(output)) {
      if (Files.isDirectory(output)
          && content.filter(path -> !path.equals(output)).allMatch(ModelImport::isOfAnImport)) {
        return;
      }
    }
    throw new IllegalArgumentException(
        output + " exists and is not what an import wrote; name another --output");
  }

  private static boolean isOfAnImport(Path path) {
    String name = path.getFileName().toString();
    return Files.isDirectory(path)
        ? PARTS.contains(name)
        : HuggingFaceDirectory.FILES.contains(name)
            && PARTS.contains(path.getParent().getFileName().toString());
  }

  private static List<Network> read(Path from, TokenizerSource tokenizer) throws IOException {
    if (Files.exists(from.resolve(HuggingFaceModel.CONFIG))) {
      return List.of(network(from, tokenizer));
    }
    List<Network> networks = new ArrayList<>();
    for (String part : PARTS) {
      Path folder = from.resolve(part);
      if (Files.exists(folder.resolve(HuggingFaceModel.CONFIG))) {
        Network network = network(folder, tokenizer);
        if (!network.part().equals(part)) {
          throw new InvalidModelException(
              folder + " must hold a " + part + "; it holds a " + network.part());
        }
        networks.add(network);
      }
    }
    if (!networks.isEmpty()) {
      requireOneTokenizer(from, networks);
      return networks;
    }
    return readTensorFlow(TensorFlowPrefix.of(from), tokenizer);
  }

  private static void requireOneTokenizer(Path from, List<Network> networks)
      throws InvalidModelException {
    for (Network network : networks) {
      if (!network.vocabulary().pieces().equals(networks.get(0).vocabulary().pieces())
          || !network.tokenizer().equals(networks.get(0).tokenizer())) {
        throw new InvalidModelException(
            from + " has a discriminator and a generator with different tokenizers");
      }
    }
  }

  private static Network network(Path folder, TokenizerSource tokenizer) throws IOException {
    if (BertDirectory.isOne(folder)) {
      HuggingFaceModel model = BertDirectory.read(folder, tokenizer);
      return network(DISCRIMINATOR, Head.none(), WeightShapes.body(model.config()), model, folder);
    }
    HuggingFaceModel model = HuggingFaceModel.read(folder, tokenizer);
    String architecture = model.head().architecture();
    boolean isBody = BODIES.contains(architecture);
    boolean isGenerator = architecture.equals(Head.generator().architecture());
    if (!isBody && !isGenerator && !architecture.equals(Head.discriminator().architecture())) {
      throw new InvalidModelException(
          folder
              + " has another head; expected "
              + Head.discriminator().architecture()
              + ", "
              + Head.generator().architecture()
              + " or one of "
              + BODIES
              + "; architectures="
              + Excerpt.of(architecture));
    }
    Map<String, long[]> shapes =
        isBody
            ? WeightShapes.body(model.config())
            : isGenerator
                ? WeightShapes.generator(model.config())
                : WeightShapes.discriminator(model.config());
    return network(
        isGenerator ? GENERATOR : DISCRIMINATOR,
        isBody ? Head.none() : isGenerator ? Head.generator() : Head.discriminator(),
        shapes,
        model,
        folder);
  }

  private static Network network(
      String part, Head head, Map<String, long[]> shapes, HuggingFaceModel model, Path folder)
      throws InvalidModelException {
    boolean mayBeMore = head.equals(Head.none());
    WeightShapes.require(shapes, model.weights(), mayBeMore, folder.toString());
    Map<String, Values> weights = new LinkedHashMap<>(model.weights());
    weights.keySet().retainAll(shapes.keySet());
    List<String> leftOut = new ArrayList<>(model.weights().keySet());
    leftOut.removeAll(shapes.keySet());
    return new Network(
        part,
        head,
        model.config(),
        weights,
        model.vocabulary(),
        model.tokenizer(),
        leftOut,
        OptionalDouble.empty());
  }

  private static List<Network> readTensorFlow(Path prefix, TokenizerSource tokenizer)
      throws IOException {
    Path folder = prefix.toAbsolutePath().getParent();
    Vocabulary vocabulary = tokenizer.vocabulary(folder);
    TensorFlowWeights checkpoint =
        new TensorFlowWeights(TensorFlowCheckpoint.open(prefix), prefix.toString());
    TensorFlowWeights.Network discriminator = checkpoint.discriminator();
    Head head = checkpoint.hasDiscriminatorHead() ? Head.discriminator() : Head.none();
    List<Network> networks = new ArrayList<>();
    networks.add(ofTensorFlow(DISCRIMINATOR, head, discriminator, vocabulary, tokenizer, prefix));
    if (checkpoint.hasGenerator()) {
      networks.add(
          ofTensorFlow(
              GENERATOR, Head.generator(), checkpoint.generator(), vocabulary, tokenizer, prefix));
    }
    checkpoint.requireAllUsed();
    return networks;
  }

  private static Network ofTensorFlow(
      String part,
      Head head,
      TensorFlowWeights.Network network,
      Vocabulary vocabulary,
      TokenizerSource tokenizer,
      Path prefix)
      throws IOException {
    if (vocabulary.size() > network.config().vocabularySize()) {
      throw new InvalidModelException(
          prefix
              + ": vocabulary and checkpoint do not belong together; rows of word_embeddings="
              + network.config().vocabularySize()
              + ", pieces="
              + vocabulary.size());
    }
    return new Network(
        part,
        head,
        network.config(),
        network.weights(),
        vocabulary,
        tokenizer.config(prefix.toAbsolutePath().getParent(), network.config().maxPositions()),
        List.of(),
        OptionalDouble.empty());
  }
}
