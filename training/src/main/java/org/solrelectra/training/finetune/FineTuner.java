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
import org.solrelectra.training.network.ElectraConfig;
import org.solrelectra.training.network.Libtorch;
import org.solrelectra.training.network.Mode;
import org.solrelectra.training.network.ParameterSet;
import org.solrelectra.training.network.Tensors;
import org.solrelectra.training.optimization.LayerwiseDecay;
import org.solrelectra.training.optimization.LearningRateSchedule;
import org.solrelectra.training.optimization.Optimizer;
import org.solrelectra.training.random.KeyedRandom;
import org.solrelectra.training.random.KeyedRandom.Purpose;
import org.solrelectra.training.task.Calibration;
import org.solrelectra.training.task.NetworkHead;
import org.solrelectra.training.task.Objective;

/**
 * Fine-tunes a pretrained discriminator with a task's head and keeps the epoch that is best on the
 * development set.
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
  private final Objective objective;
  private final ParameterSet parameters;
  private final NetworkHead.Network network;
  private final Optimizer optimizer;
  private final Device device;
  private final LearningRateSchedule schedule;
  private final int stepsPerEpoch;
  private long step;

  /**
   * Builds the network.
   *
   * @param objective of examples as {@link #batches} makes tokens of them
   */
  public FineTuner(
      HuggingFaceModel start,
      NetworkHead head,
      Objective objective,
      FineTuningConfig config,
      Libtorch libtorch)
      throws IOException {
    this.start = start;
    this.config = config;
    this.objective = objective;
    this.device = libtorch.device();
    ElectraConfig sizes = start.config().withDropout(config.dropout(), config.dropout());
    this.parameters = new ParameterSet(config.seed(), device);
    this.network = head.build(parameters, sizes, objective.labels());
    HuggingFaceWeights.load(
        start.weights(),
        parameters,
        "",
        head::owns,
        name -> HuggingFaceWeights.isOfHead(name) && !head.owns(name),
        "the model to start from");
    LayerwiseDecay decay = config.layerwiseDecay(sizes.layers());
    this.optimizer =
        new Optimizer(
            parameters,
            new Optimizer.Settings(
                config.weightDecay(), 1, config.biasCorrection(), Optimizer.Matrices.ADAMW),
            decay::multiplier);
    this.stepsPerEpoch =
        (objective.training().size() + config.batchSize() - 1) / config.batchSize();
    this.schedule = config.schedule((long) stepsPerEpoch * config.epochs());
  }

  /**
   * Returns what makes tokens of examples.
   *
   * @throws IllegalArgumentException if the model does not take as many
   */
  public static TokenBatchBuilder batches(HuggingFaceModel start, FineTuningConfig config) {
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
   * @param calibration of that epoch, by the development set
   * @param tokens how many were trained on, padding left out
   */
  public record Result(
      HuggingFaceModel model,
      int bestEpoch,
      String qualityName,
      double quality,
      Calibration calibration,
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
    Calibration calibration = Calibration.NONE;
    long tokens = 0;
    for (int epoch = 1; epoch <= config.epochs(); epoch++) {
      for (int[] batch : epochBatches(epoch)) {
        double loss = step(batch);
        observer.step(step, (long) schedule.length(), loss);
        tokens += Arrays.stream(batch).mapToLong(i -> objective.training().get(i).length()).sum();
      }
      List<float[]> logits = developmentLogits();
      double quality = objective.quality(logits);
      observer.epoch(epoch, objective.qualityName(), quality);
      if (quality > bestQuality) {
        bestQuality = quality;
        bestEpoch = epoch;
        calibration = objective.calibration(logits);
        best = HuggingFaceWeights.of(parameters, "");
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
        new HuggingFaceModel(start.config(), objective.head(), best, start.vocabulary(), tokenizer);
    return new Result(model, bestEpoch, objective.qualityName(), bestQuality, calibration, tokens);
  }

  /** Returns the examples of each step: a pure function of seed and epoch. */
  private List<int[]> epochBatches(int epoch) {
    KeyedRandom random = new KeyedRandom(config.seed(), Purpose.SHUFFLE, epoch);
    int[] order = IntStream.range(0, objective.training().size()).toArray();
    random.shuffle(order);
    List<int[]> batches = new ArrayList<>();
    int block = BLOCK * config.batchSize();
    for (int from = 0; from < order.length; from += block) {
      int[] sorted =
          Arrays.stream(order, from, Math.min(order.length, from + block))
              .boxed()
              .sorted(Comparator.comparingInt(i -> objective.training().get(i).length()))
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
          Arrays.stream(examples).mapToObj(objective.training()::get).toList();
      Tensor loss = objective.loss(forward(sequences, Mode.TRAINING), examples, device);
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
    List<TokenSequence> sequences = objective.development();
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
        int width = values.length / rows.size();
        for (int i = 0; i < rows.size(); i++) {
          logits[rows.get(i)] = Arrays.copyOfRange(values, i * width, (i + 1) * width);
        }
      }
    }
    return List.of(logits);
  }
}
