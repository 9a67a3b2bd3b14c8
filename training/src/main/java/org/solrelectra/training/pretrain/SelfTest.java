package org.solrelectra.training.pretrain;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Device;
import org.solrelectra.training.network.Mode;
import org.solrelectra.training.network.ParameterSet;
import org.solrelectra.training.network.Tensors;
import org.solrelectra.training.optimization.Optimizer;
import org.solrelectra.training.pretrain.PretrainingTask.Denominators;
import org.solrelectra.training.pretrain.PretrainingTask.NoiseSeeding;
import org.solrelectra.training.pretrain.PretrainingTask.Outcome;
import org.solrelectra.training.random.KeyedRandom;
import org.solrelectra.training.random.KeyedRandom.Purpose;

/**
 * A few updates of a tiny ELECTRA on one batch of random tokens: shows in a second that a device
 * computes, and computes the same as another. What the generator puts in is given, so that devices
 * differ by rounding only.
 */
public final class SelfTest {
  /** Loss of a generator that knows nothing: all tokens are as likely. */
  public static final double EXPECTED_GENERATOR_LOSS = Math.log(1000);

  /** Loss of a discriminator that knows nothing: a coin for each token. */
  public static final double EXPECTED_DISCRIMINATOR_LOSS = Math.log(2);

  /** Random weights are not quite nothing: 6.908 + 0.05 and 0.693 + 0.01 were seen. */
  public static final double START_TOLERANCE = 0.2;

  /** Relative, of losses and gradient before the first update: rounding of float32 sums. */
  public static final double DEVICE_TOLERANCE = 1e-4;

  /**
   * Relative, of the loss after the last update: where a gradient is near 0, its rounding decides
   * the sign, and Adam's first steps are as long either way.
   */
  public static final double UPDATED_TOLERANCE = 1e-2;

  private static final int VOCABULARY_SIZE = 1000;
  private static final int SEQUENCES = 8;
  private static final int LENGTH = 64;
  private static final int UPDATES = 3;
  private static final double RATE = 1e-3;
  private static final int MASK_ID = 4;
  private static final int FIRST_ID = 5;

  private SelfTest() {}

  /**
   * What one device computed.
   *
   * @param generatorLoss before the first update
   * @param discriminatorLoss before the first update
   * @param gradientNorm before the first update
   * @param startLoss what the first update minimised
   * @param endLoss the same loss after the last update
   * @param seconds for all, making the networks included
   */
  public record Result(
      String device,
      double generatorLoss,
      double discriminatorLoss,
      double gradientNorm,
      double startLoss,
      double endLoss,
      double seconds) {

    /** Returns what is wrong with it; empty if nothing. */
    public List<String> problems() {
      List<String> problems = new ArrayList<>();
      near(problems, "generator loss", generatorLoss, "ln 1000", EXPECTED_GENERATOR_LOSS);
      near(problems, "discriminator loss", discriminatorLoss, "ln 2", EXPECTED_DISCRIMINATOR_LOSS);
      if (!(endLoss < startLoss)) {
        problems.add(
            String.format(
                Locale.ROOT,
                "%s: the loss must fall within %d updates; before: %.4f, after: %.4f",
                device,
                UPDATES,
                startLoss,
                endLoss));
      }
      return problems;
    }

    private void near(
        List<String> problems, String what, double value, String name, double expected) {
      if (!(Math.abs(value - expected) <= START_TOLERANCE)) {
        problems.add(
            String.format(
                Locale.ROOT,
                "%s: the first %s must be within %.1f of %s = %.3f; %s: %.4f",
                device,
                what,
                START_TOLERANCE,
                name,
                expected,
                what,
                value));
      }
    }

    /** Returns what this device computed otherwise than another; empty if nothing. */
    public List<String> differences(Result reference) {
      List<String> found = new ArrayList<>();
      same(
          found,
          "generator loss",
          generatorLoss,
          reference.generatorLoss,
          reference,
          DEVICE_TOLERANCE);
      same(
          found,
          "discriminator loss",
          discriminatorLoss,
          reference.discriminatorLoss,
          reference,
          DEVICE_TOLERANCE);
      same(
          found,
          "gradient norm",
          gradientNorm,
          reference.gradientNorm,
          reference,
          DEVICE_TOLERANCE);
      same(
          found,
          "loss after " + UPDATES + " updates",
          endLoss,
          reference.endLoss,
          reference,
          UPDATED_TOLERANCE);
      return found;
    }

    private void same(
        List<String> found,
        String what,
        double value,
        double expected,
        Result reference,
        double tolerance) {
      if (!(Math.abs(value - expected) <= tolerance * Math.abs(expected))) {
        found.add(
            String.format(
                Locale.ROOT,
                "%s: the %s must be that of %s to a share of %.0e; %s: %.6f, %s: %.6f",
                device,
                what,
                reference.device,
                tolerance,
                reference.device,
                expected,
                device,
                value));
      }
    }
  }

  /**
   * Runs on a device.
   *
   * @param device libtorch's name: {@code cpu}, {@code cuda:0}
   * @throws IOException if libtorch reports an error, with the first line of it
   */
  public static Result run(String device) throws IOException {
    long start = System.nanoTime();
    try (PointerScope scope = new PointerScope()) {
      return run(new Device(device), device, start);
    } catch (RuntimeException e) {
      // All that libtorch throws comes as this class, its C++ stack in the lines after the first.
      String message = String.valueOf(e.getMessage()).lines().findFirst().orElse("");
      throw new IOException(device + ": " + message, e);
    }
  }

  private static Result run(Device device, String name, long start) {
    PretrainingConfig config =
        PretrainingConfig.of(Recipe.RECOMMENDED, PretrainingSize.TINY, Objective.RTD, UPDATES);
    ParameterSet parameters = new ParameterSet(config.seed(), device);
    ReplacedTokenDetection task =
        new ReplacedTokenDetection(
            parameters,
            config.discriminator(VOCABULARY_SIZE),
            config.generator(VOCABULARY_SIZE),
            ReplacedTokenDetection.Settings.electra());
    Optimizer optimizer = new Optimizer(parameters, config.optimizerSettings(), parameter -> 1);
    KeyedRandom random = new KeyedRandom(config.seed(), Purpose.SHUFFLE, 0);
    MaskedBatch batch = batch(random, config.masking().rate());
    long[] replacements = ids(random, batch.positions().length);
    ReplacementSampler given =
        logits -> Tensors.ofLongs(replacements, device, replacements.length); // [masked]
    Measurements first = null;
    double norm = 0;
    for (int update = 0; update < UPDATES; update++) {
      try (PointerScope scope = new PointerScope()) {
        Outcome outcome = forward(task, batch, given);
        if (first == null) {
          first = measured(outcome, device);
        }
        outcome.total().backward();
        optimizer.step(RATE);
        norm = update == 0 ? optimizer.norm() : norm;
      }
    }
    Measurements last = measured(forward(task, batch, given), device);
    return new Result(
        name,
        first.mlmLoss(),
        first.rtdLoss(),
        norm,
        first.totalLoss(),
        last.totalLoss(),
        (System.nanoTime() - start) / 1e9);
  }

  private static Outcome forward(
      ReplacedTokenDetection task, MaskedBatch batch, ReplacementSampler given) {
    return task.forward(batch, Denominators.of(batch), given, NoiseSeeding.NONE, Mode.TRAINING);
  }

  private static Measurements measured(Outcome outcome, Device device) {
    Measurements.Accumulator accumulator = new Measurements.Accumulator(device);
    accumulator.add(outcome.measurements(), 1);
    return accumulator.result();
  }

  private static MaskedBatch batch(KeyedRandom random, double rate) {
    long[] ids = ids(random, SEQUENCES * LENGTH);
    int masked = (int) (rate * LENGTH);
    long[] positions = new long[SEQUENCES * masked];
    long[] maskedIds = ids.clone();
    for (int i = 0; i < positions.length; i++) {
      int position = i / masked * LENGTH + i % masked * (LENGTH / masked);
      positions[i] = position;
      maskedIds[position] = MASK_ID;
    }
    return new MaskedBatch(
        SEQUENCES, LENGTH, ids, new long[ids.length], null, null, positions, null, maskedIds);
  }

  private static long[] ids(KeyedRandom random, int count) {
    long[] ids = new long[count];
    for (int i = 0; i < count; i++) {
      ids[i] = (long) FIRST_ID + random.nextInt(VOCABULARY_SIZE - FIRST_ID);
    }
    return ids;
  }
}
