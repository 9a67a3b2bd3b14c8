package org.solrelectra.training.finetune;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.solrelectra.lucene.encoder.TokenBatchBuilder;
import org.solrelectra.lucene.encoder.TokenSequence;
import org.solrelectra.lucene.model.TokenizerConfig;
import org.solrelectra.lucene.model.Truncation;
import org.solrelectra.training.checkpoint.HuggingFaceModel;
import org.solrelectra.training.checkpoint.HuggingFaceWeights;
import org.solrelectra.training.checkpoint.SafeTensors.Values;
import org.solrelectra.training.dataset.LabeledPair;
import org.solrelectra.training.dataset.LabeledText;
import org.solrelectra.training.network.ElectraConfig;
import org.solrelectra.training.network.Libtorch;
import org.solrelectra.training.network.Mode;
import org.solrelectra.training.network.ParameterSet;
import org.solrelectra.training.network.SequenceClassificationNetwork;
import org.solrelectra.training.network.Tensors;
import org.solrelectra.training.optimization.LayerwiseDecay;
import org.solrelectra.training.optimization.LearningRateSchedule;
import org.solrelectra.training.optimization.Optimizer;
import org.solrelectra.training.random.KeyedRandom;
import org.solrelectra.training.random.KeyedRandom.Purpose;

/**
 * Fine-tunes a pretrained discriminator with Hugging Face's two-layer head and keeps the epoch that
 * is best on the development set.
 *
 * <p>Holds native memory as long as the program runs; not thread-safe.
 */
public final class FineTuner {
  /**
   * Batches are cut from blocks of so many, sorted by length: little padding, and still shuffled.
   */
  private static final int BLOCK = 64;

  private static final int DEVELOPMENT_BATCH = 64;

  private final HuggingFaceModel start;
  private final FineTuningConfig config;
  private final FineTuningTask task;
  private final ElectraConfig sizes;
  private final SequenceClassificationNetwork network;
  private final Optimizer optimizer;
  private final Device device;
  private final LearningRateSchedule schedule;
  private final int stepsPerEpoch;
  private long step;

  private FineTuner(
      HuggingFaceModel start, FineTuningConfig config, FineTuningTask task, Device device)
      throws IOException {
    this.start = start;
    this.config = config;
    this.task = task;
    this.device = device;
    this.sizes = start.config().withDropout(config.dropout(), config.dropout());
    ParameterSet parameters = new ParameterSet(config.seed(), device);
    this.network = new SequenceClassificationNetwork(parameters, sizes, task.labels());
    HuggingFaceWeights.load(
        start.weights(),
        parameters,
        "",
        name -> name.startsWith("classifier."),
        name -> HuggingFaceWeights.isOfHead(name) && !name.startsWith("classifier."),
        "the model to start from");
    LayerwiseDecay decay = config.layerwiseDecay(sizes.layers());
    this.optimizer =
        new Optimizer(
            parameters,
            new Optimizer.Settings(
                config.weightDecay(), 1, config.biasCorrection(), Optimizer.Matrices.ADAMW),
            decay::multiplier);
    this.stepsPerEpoch = (task.training().size() + config.batchSize() - 1) / config.batchSize();
    this.schedule = config.schedule((long) stepsPerEpoch * config.epochs());
  }

  /** Prepares to learn single labels of texts. */
  public static FineTuner forClassification(
      HuggingFaceModel start,
      List<LabeledText> training,
      List<LabeledText> development,
      FineTuningConfig config,
      Libtorch libtorch)
      throws IOException {
    TokenBatchBuilder batches = batches(start, config);
    return new FineTuner(
        start,
        config,
        new TextClassificationTask(training, development, batches),
        libtorch.device());
  }

  /** Prepares to learn which passages answer a query. */
  public static FineTuner forRanking(
      HuggingFaceModel start,
      List<LabeledPair> training,
      List<LabeledPair> development,
      FineTuningConfig config,
      Libtorch libtorch)
      throws IOException {
    TokenBatchBuilder batches = batches(start, config);
    return new FineTuner(
        start, config, new PassageRankingTask(training, development, batches), libtorch.device());
  }

  private static TokenBatchBuilder batches(HuggingFaceModel start, FineTuningConfig config) {
    int longest = start.config().maxPositions();
    if (config.maxLength() < TokenizerConfig.SHORTEST_MAXIMUM || config.maxLength() > longest) {
      throw new IllegalArgumentException(
          "maxLength must be in "
              + TokenizerConfig.SHORTEST_MAXIMUM
              + ".."
              + longest
              + "; maxLength="
              + config.maxLength());
    }
    return new TokenBatchBuilder(
        start.vocabulary(), start.tokenizer(), config.maxLength(), Truncation.PASSAGE);
  }

  /** Is told how training goes. */
  public interface Observer {
    /** A step was made. */
    void step(long step, long steps, double loss);

    /** An epoch was measured on the development set. */
    void epoch(int epoch, String qualityName, double quality);
  }

  /**
   * What training gave.
   *
   * @param model the epoch that is best on the development set; the first of equal ones
   * @param quality of that epoch
   * @param temperature what its logits are to be divided by for honest probabilities
   * @param tokens how many were trained on, padding left out
   */
  public record Result(
      HuggingFaceModel model,
      int bestEpoch,
      String qualityName,
      double quality,
      double temperature,
      long tokens) {}

  /**
   * Trains all epochs.
   *
   * @throws ArithmeticException if the gradient is not finite
   */
  public Result train(Observer observer) throws IOException {
    Map<String, Values> best = null;
    int bestEpoch = 0;
    double bestQuality = Double.NEGATIVE_INFINITY;
    double temperature = 1;
    long tokens = 0;
    for (int epoch = 1; epoch <= config.epochs(); epoch++) {
      for (int[] batch : epochBatches(epoch)) {
        double loss = step(batch);
        observer.step(step, (long) schedule.length(), loss);
        tokens += Arrays.stream(batch).mapToLong(i -> task.training().get(i).length()).sum();
      }
      List<float[]> logits = developmentLogits();
      double quality = task.quality(logits);
      observer.epoch(epoch, task.qualityName(), quality);
      if (quality > bestQuality) {
        bestQuality = quality;
        bestEpoch = epoch;
        temperature = task.temperature(logits);
        best = HuggingFaceWeights.of(network.parameters(), "");
      }
    }
    TokenizerConfig before = start.tokenizer();
    TokenizerConfig tokenizer =
        new TokenizerConfig(
            before.doLowerCase(),
            before.stripAccents(),
            before.tokenizeChineseChars(),
            config.maxLength());
    HuggingFaceModel model =
        new HuggingFaceModel(start.config(), task.head(), best, start.vocabulary(), tokenizer);
    return new Result(model, bestEpoch, task.qualityName(), bestQuality, temperature, tokens);
  }

  /** Returns the examples of each step: a pure function of seed and epoch. */
  private List<int[]> epochBatches(int epoch) {
    KeyedRandom random = new KeyedRandom(config.seed(), Purpose.SHUFFLE, epoch);
    int[] order = IntStream.range(0, task.training().size()).toArray();
    random.shuffle(order);
    List<int[]> batches = new ArrayList<>();
    int block = BLOCK * config.batchSize();
    for (int from = 0; from < order.length; from += block) {
      int[] sorted =
          Arrays.stream(order, from, Math.min(order.length, from + block))
              .boxed()
              .sorted(Comparator.comparingInt(i -> task.training().get(i).length()))
              .mapToInt(Integer::intValue)
              .toArray();
      for (int at = 0; at < sorted.length; at += config.batchSize()) {
        batches.add(
            Arrays.copyOfRange(sorted, at, Math.min(sorted.length, at + config.batchSize())));
      }
    }
    int[] batchOrder = IntStream.range(0, batches.size()).toArray();
    random.shuffle(batchOrder);
    return Arrays.stream(batchOrder).mapToObj(batches::get).toList();
  }

  private double step(int[] examples) {
    try (PointerScope scope = new PointerScope()) {
      torch.manual_seed(KeyedRandom.key(config.seed(), Purpose.DISCRIMINATOR_NOISE, step));
      List<TokenSequence> sequences =
          Arrays.stream(examples).mapToObj(task.training()::get).toList();
      Tensor loss = task.loss(forward(sequences, Mode.TRAINING), examples, device);
      loss.backward();
      double value = loss.item_double();
      optimizer.step(schedule.rate(step));
      double norm = optimizer.norm();
      if (!Double.isFinite(norm)) {
        throw new ArithmeticException("the gradient is not finite; norm=" + norm);
      }
      step++;
      return value;
    }
  }

  private Tensor forward(List<TokenSequence> sequences, Mode mode) {
    PaddedBatch batch = PaddedBatch.of(sequences, start.vocabulary().padId());
    return network
        .forward(
            batch.inputIds(device), batch.tokenTypeIds(device), batch.attentionMask(device), mode)
        .to(ScalarType.Float);
  }

  private List<float[]> developmentLogits() {
    List<TokenSequence> sequences = task.development();
    Integer[] order = IntStream.range(0, sequences.size()).boxed().toArray(Integer[]::new);
    Arrays.sort(order, Comparator.comparingInt(i -> sequences.get(i).length()));
    float[][] logits = new float[order.length][];
    for (int from = 0; from < order.length; from += DEVELOPMENT_BATCH) {
      List<Integer> rows =
          Arrays.asList(order).subList(from, Math.min(order.length, from + DEVELOPMENT_BATCH));
      try (PointerScope scope = new PointerScope();
          NoGradGuard noGradient = new NoGradGuard()) {
        float[] values =
            Tensors.floats(forward(rows.stream().map(sequences::get).toList(), Mode.EVALUATION));
        int labels = task.labels();
        for (int i = 0; i < rows.size(); i++) {
          logits[rows.get(i)] = Arrays.copyOfRange(values, i * labels, (i + 1) * labels);
        }
      }
    }
    return List.of(logits);
  }
}
