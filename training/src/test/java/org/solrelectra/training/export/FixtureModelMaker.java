package org.solrelectra.training.export;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Device;
import org.solrelectra.lucene.model.TokenizerConfig;
import org.solrelectra.lucene.model.Vocabulary;
import org.solrelectra.training.checkpoint.HuggingFaceDirectory.Head;
import org.solrelectra.training.checkpoint.HuggingFaceModel;
import org.solrelectra.training.checkpoint.HuggingFaceWeights;
import org.solrelectra.training.checkpoint.SafeTensors.Values;
import org.solrelectra.training.network.ElectraConfig;
import org.solrelectra.training.network.ParameterSet;
import org.solrelectra.training.network.SequenceClassificationNetwork;
import org.solrelectra.training.random.KeyedRandom;
import org.solrelectra.training.random.KeyedRandom.Purpose;
import org.solrelectra.training.storage.Folders;
import org.solrelectra.training.task.Calibration;

/**
 * Makes the model directories in plugin/lucene/src/test/resources/models: random but seeded, two
 * layers of 32. Argument: that folder. They mean nothing; they are what a directory must be.
 */
public final class FixtureModelMaker {
  private static final long SEED = 20261123;
  private static final int MAX_LENGTH = 64;

  /** Large enough that logits differ from text to text. */
  private static final double DEVIATION = 0.3;

  private FixtureModelMaker() {}

  public static void main(String[] arguments) throws IOException {
    Path folder = Path.of(arguments[0]);
    Files.createDirectories(folder);
    write(folder.resolve("classifier"), Head.classifier(List.of("business", "sport", "weather")));
    write(folder.resolve("ranker"), Head.ranker());
  }

  /** Writes one model directory. */
  public static void write(Path output, Head head) throws IOException {
    Folders.deleteIfExists(output);
    ModelExporter.export(
        model(head),
        new ModelExporter.Options(
            output.getFileName().toString(),
            "1",
            null,
            ModelExporter.Graphs.STANDARD,
            Calibration.NONE,
            new ObjectMapper().createObjectNode()),
        output);
  }

  /**
   * Returns a ranker with layers of ELECTRA-small's shape, whose runs take as long as real ones.
   */
  static HuggingFaceModel smallRanker(int layers, int maxLength) throws IOException {
    Vocabulary vocabulary = vocabulary();
    Head head = Head.ranker();
    ElectraConfig config =
        new ElectraConfig(
            vocabulary.size(), 128, 256, layers, 4, 1024, maxLength, 2, 1e-12, 0.1, 0.1);
    ParameterSet parameters = new ParameterSet(1, new Device("cpu"));
    new SequenceClassificationNetwork(parameters, config, head.labels().size());
    return new HuggingFaceModel(
        config,
        head,
        HuggingFaceWeights.of(parameters, ""),
        vocabulary,
        TokenizerConfig.bert(true, maxLength));
  }

  /** Returns a random network with this head and a vocabulary of letters and a few words. */
  public static HuggingFaceModel model(Head head) throws IOException {
    Vocabulary vocabulary = vocabulary();
    ElectraConfig config =
        new ElectraConfig(vocabulary.size(), 16, 32, 2, 2, 64, MAX_LENGTH, 2, 1e-12, 0.1, 0.1);
    ParameterSet parameters = new ParameterSet(SEED, new Device("cpu"));
    new SequenceClassificationNetwork(parameters, config, head.labels().size());
    int number = 0;
    for (String name : parameters.all().keySet()) {
      KeyedRandom random = new KeyedRandom(SEED, Purpose.INITIALIZATION, number++);
      float[] values = new float[(int) parameters.get(name).numel()];
      for (int i = 0; i < values.length; i++) {
        double mean = name.endsWith("LayerNorm.weight") ? 1 : 0;
        values[i] = (float) (mean + DEVIATION * random.nextGaussian());
      }
      parameters.set(name, values);
    }
    Map<String, Values> weights = HuggingFaceWeights.of(parameters, "");
    return new HuggingFaceModel(
        config, head, weights, vocabulary, TokenizerConfig.bert(true, MAX_LENGTH));
  }

  private static Vocabulary vocabulary() throws IOException {
    List<String> pieces = new ArrayList<>(Vocabulary.specialTokens());
    for (char c = 'a'; c <= 'z'; c++) {
      pieces.add(String.valueOf(c));
      pieces.add(Vocabulary.CONTINUATION_PREFIX + c);
    }
    for (char c = '0'; c <= '9'; c++) {
      pieces.add(String.valueOf(c));
    }
    pieces.addAll(List.of(".", ",", "?", "!", "'", "-"));
    pieces.addAll(
        List.of(
            "the", "of", "and", "to", "in", "is", "bank", "card", "account", "money", "rain",
            "match", "team", "goal", "market", "price", "##s", "##ing", "##ed"));
    return Vocabulary.of(
        List.copyOf(new java.util.LinkedHashSet<>(pieces)), "the fixture's vocabulary");
  }
}
