package org.solrelectra.training.pretrain;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.solrelectra.training.distributed.ProcessGroup;
import org.solrelectra.training.network.Libtorch;
import org.solrelectra.training.network.Precision;
import org.solrelectra.training.optimization.Optimizer;
import org.solrelectra.training.pretrain.PretrainingStep.Phase;
import org.solrelectra.training.pretrain.PretrainingStep.Watch;
import org.solrelectra.training.pretrain.PretrainingTask.NoiseSeeding;
import org.solrelectra.training.random.KeyedRandom;
import org.solrelectra.training.random.KeyedRandom.Purpose;

/**
 * Times whole pretraining steps on random tokens: making the batch, both networks, backward,
 * update. First steps as they are in training, then as many again with a mark after each phase, to
 * see where the time goes; only these wait for the device between two steps.
 *
 * @param stepSeconds of each step, in order of size
 * @param phaseMillis the median of each phase on the device, in the order of a step
 * @param hostMillis the median of what the program took to give a phase to the device; on a CPU the
 *     same, for the program computes it
 */
public record PretrainingBenchmark(
    double[] stepSeconds, Map<String, Double> phaseMillis, Map<String, Double> hostMillis) {
  private static final int WARMUP_STEPS = 2;
  private static final int PRODUCT_ROUNDS = 3;

  /** As in vocabularies that electra learns: the special tokens come first. */
  private static final int MASK_ID = 4;

  private static final int FIRST_ID = 5;

  /** Makes {@code steps} steps twice, after two that are not counted. */
  public static PretrainingBenchmark run(
      PretrainingConfig config, int vocabularySize, int steps, Libtorch libtorch) {
    PretrainingTask task =
        Pretrainer.task(config, vocabularySize, Pretrainer.parameters(config, libtorch.device()));
    Optimizer optimizer = new Optimizer(task.parameters(), config.optimizerSettings(), name -> 1);
    ProcessGroup alone = ProcessGroup.alone(libtorch.device());
    Measurements.Accumulator measured = new Measurements.Accumulator(libtorch.device());
    PretrainingStep timed =
        new PretrainingStep(task, optimizer, config.microBatches(), alone, Watch.NONE);
    DeviceClock clock = DeviceClock.of(libtorch.device());
    for (int step = -WARMUP_STEPS; step < steps; step++) {
      if (step == 0) {
        // Reading a value waits for the device.
        optimizer.norm();
        clock.mark();
      }
      MaskedBatch batch = randomBatch(config, vocabularySize, step);
      long done = step;
      NotEnoughMemoryException.guard(
          config,
          () ->
              timed.run(batch, done, index -> NoiseSeeding.NONE, config.learningRate(), measured));
      if (step >= 0) {
        clock.mark();
      }
    }
    double[] seconds = clock.seconds();
    Arrays.sort(seconds);
    PhaseTimes times = new PhaseTimes(libtorch.device());
    PretrainingStep watched =
        new PretrainingStep(task, optimizer, config.microBatches(), alone, times);
    for (int step = 0; step < steps; step++) {
      // Else the host runs ahead until the GPU's queue is full, and then takes as long as the GPU.
      optimizer.norm();
      times.start();
      MaskedBatch batch = randomBatch(config, vocabularySize, steps + step);
      times.end("batch");
      watched.run(batch, steps + step, index -> times, config.learningRate(), measured);
    }
    return new PretrainingBenchmark(
        seconds,
        times.medians(times.device.seconds(), steps),
        times.medians(times.host.seconds(), steps));
  }

  /** Returns the median step's seconds. */
  public double medianSeconds() {
    return stepSeconds[stepSeconds.length / 2];
  }

  /**
   * Measures how many floating-point operations a second a large matrix product makes here, in the
   * precision of a configuration: what a step could reach at most. NaN where the precision is
   * emulated, for no step would be compared with that.
   */
  public static double productRate(PretrainingConfig config, Libtorch libtorch) {
    if (config.precision().isEmulatedOn(libtorch.device())) {
      return Double.NaN;
    }
    boolean gpu = libtorch.device().is_cuda();
    long size = gpu ? 8192 : 1024;
    double best = Double.POSITIVE_INFINITY;
    try (PointerScope scope = new PointerScope()) {
      // Of the type that is multiplied: casting is not part of a product.
      torch.ScalarType type =
          config.precision() == Precision.BF16 ? torch.ScalarType.BFloat16 : torch.ScalarType.Float;
      Tensor left = torch.rand(size, size).to(libtorch.device(), type);
      Tensor right = torch.rand(size, size).to(libtorch.device(), type);
      for (int round = 0; round < PRODUCT_ROUNDS; round++) {
        long start = System.nanoTime();
        config
            .precision()
            .compute(libtorch.device(), () -> left.mm(right))
            .narrow(0, 0, 1)
            .sum()
            .item_double();
        best = Math.min(best, (System.nanoTime() - start) / 1e9);
      }
    }
    return 2.0 * size * size * size / best;
  }

  /** Marks the end of each phase, on the device and in the program that it is given by. */
  private static final class PhaseTimes implements Watch, NoiseSeeding {
    /** Of what lies between two steps. */
    private static final String NOTHING = "";

    private final List<String> phases = new ArrayList<>();
    private final DeviceClock device;
    private final DeviceClock host;
    private String discriminator = "network";

    PhaseTimes(Device device) {
      this.device = DeviceClock.of(device);
      this.host = device.is_cuda() ? new DeviceClock.Host() : this.device;
    }

    void start() {
      end(NOTHING);
    }

    void end(String phase) {
      phases.add(phase);
      device.mark();
      if (host != device) {
        host.mark();
      }
    }

    @Override
    public void beforeGenerator() {
      end("tensors");
    }

    @Override
    public void beforeSampling() {
      end("generator");
    }

    @Override
    public void beforeDiscriminator() {
      end("sampling");
      discriminator = "discriminator";
    }

    @Override
    public void ended(Phase phase) {
      end(
          switch (phase) {
            case FORWARD -> discriminator;
            case BACKWARD -> "backward";
            case UPDATE -> "update";
          });
    }

    /**
     * Of phases that come several times in a step, the sum.
     *
     * @param seconds between the marks
     */
    Map<String, Double> medians(double[] seconds, int steps) {
      Map<String, List<Double>> millis = new LinkedHashMap<>();
      for (int i = 1; i < phases.size(); i++) {
        if (!phases.get(i).equals(NOTHING)) {
          millis
              .computeIfAbsent(phases.get(i), name -> new ArrayList<>())
              .add(1e3 * seconds[i - 1]);
        }
      }
      Map<String, Double> medians = new LinkedHashMap<>();
      millis.forEach(
          (phase, values) -> {
            int times = values.size() / steps;
            double[] sums = new double[steps];
            for (int i = 0; i < values.size(); i++) {
              sums[i / times] += values.get(i);
            }
            Arrays.sort(sums);
            medians.put(phase, sums[steps / 2]);
          });
      return medians;
    }
  }

  private static MaskedBatch randomBatch(PretrainingConfig config, int vocabularySize, int step) {
    int size = config.batchSize() * config.sequenceLength();
    KeyedRandom random = new KeyedRandom(config.seed(), Purpose.SHUFFLE, step);
    long[] ids = new long[size];
    for (int i = 0; i < size; i++) {
      ids[i] = (long) FIRST_ID + random.nextInt(vocabularySize - FIRST_ID);
    }
    int masked =
        config.objective() == Objective.CLM
            ? config.sequenceLength() - 1
            : (int) (config.masking().rate() * config.sequenceLength());
    long[] positions = new long[config.batchSize() * masked];
    long[] generatorIds = ids.clone();
    int[] order = new int[config.sequenceLength()];
    for (int row = 0; row < config.batchSize(); row++) {
      Arrays.setAll(order, i -> i);
      if (config.objective() != Objective.CLM) {
        random.shuffle(order);
      }
      Arrays.sort(order, 0, masked);
      for (int i = 0; i < masked; i++) {
        int position = row * config.sequenceLength() + order[i];
        positions[row * masked + i] = position;
        if (config.objective() != Objective.CLM) {
          generatorIds[position] = MASK_ID;
        }
      }
    }
    return new MaskedBatch(
        config.batchSize(),
        config.sequenceLength(),
        ids,
        new long[size],
        null,
        null,
        positions,
        null,
        generatorIds);
  }
}
