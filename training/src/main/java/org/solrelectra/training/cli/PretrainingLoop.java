package org.solrelectra.training.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.util.Locale;
import java.util.function.BooleanSupplier;
import org.solrelectra.training.pretrain.Measurements;
import org.solrelectra.training.pretrain.Pretrainer;
import org.solrelectra.training.pretrain.PretrainingRun;
import org.solrelectra.training.pretrain.PretrainingRun.Speed;

/**
 * Trains a run up to its end or until it is asked to stop, and measures and saves it in between.
 * For one use.
 */
final class PretrainingLoop {

  /**
   * How many steps lie between two of a kind.
   *
   * @param log lines of metrics
   * @param evaluate measurements on held-out documents
   * @param checkpoint checkpoints
   */
  record Intervals(int log, int evaluate, int checkpoint) {}

  private final PretrainingRun run;
  private final Pretrainer pretrainer;
  private final double end;
  private final Intervals intervals;
  private final PrintWriter out;
  private long loggedStep;
  private long evaluatedStep;
  private long savedStep;
  private long timedStep;
  private long timedNanos;
  private final double peakFlopsPerSecond;
  private Speed speed = Speed.NONE;
  private Measurements last;
  private Measurements heldOut;

  /**
   * @param end where to stop, in the unit of {@link PretrainingRun#agreeOnProgress}
   * @param peakFlopsPerSecond what the devices of all processes could compute; NaN if that is not
   *     known
   */
  PretrainingLoop(
      PretrainingRun run,
      double end,
      Intervals intervals,
      double peakFlopsPerSecond,
      PrintWriter out) {
    this.run = run;
    this.pretrainer = run.pretrainer();
    this.end = end;
    this.intervals = intervals;
    this.peakFlopsPerSecond = peakFlopsPerSecond;
    this.out = out;
    this.loggedStep = pretrainer.stepsDone();
    this.evaluatedStep = loggedStep;
    this.savedStep = loggedStep;
  }

  /**
   * Makes steps up to the end, or up to the first after which {@code stop} holds in one of the
   * processes; the last one is logged and saved. Returns whether the end is reached.
   */
  boolean train(BooleanSupplier stop) throws IOException {
    startTiming();
    long first = (long) run.agreeOnProgress();
    try (ProgressDisplay progress =
        pretrainer.processes().isFirst()
            ? new ProgressDisplay("pretrain", first, (long) end, out)
            : ProgressDisplay.hidden()) {
      boolean stepped = run.step(end);
      while (stepped) {
        long step = pretrainer.stepsDone();
        if (step % intervals.log == 0 || run.agreeOnProgress() >= end) {
          log();
        }
        if (step % intervals.evaluate == 0) {
          evaluate();
        }
        if (step % intervals.checkpoint == 0) {
          save();
        }
        progress.update((long) run.agreeOnProgress(), progressMessage());
        stepped = !pretrainer.processes().any(stop.getAsBoolean()) && run.step(end);
      }
    }
    boolean ended = run.agreeOnProgress() >= end;
    log();
    // Who asks to stop may not wait long: what is held out is measured when the run goes on.
    if (ended) {
      evaluate();
    }
    save();
    return ended;
  }

  /** Returns what was measured on held-out documents at the end; null if none are held out. */
  Measurements heldOut() {
    return heldOut;
  }

  private void startTiming() {
    timedStep = pretrainer.stepsDone();
    timedNanos = System.nanoTime();
  }

  private void log() throws IOException {
    long step = pretrainer.stepsDone();
    if (step > loggedStep) {
      // Waits for the device, whose work is timed.
      last = pretrainer.takeMeasurements();
      double seconds = (System.nanoTime() - timedNanos) / 1e9;
      if (step > timedStep) {
        speed =
            new Speed(
                (step - timedStep) * pretrainer.tokensPerStep() / seconds,
                (step - timedStep) * pretrainer.flopsPerStep() / seconds / peakFlopsPerSecond);
      }
      run.record("training", last, speed);
      loggedStep = step;
      startTiming();
    }
  }

  private void evaluate() throws IOException {
    if (pretrainer.canEvaluate() && pretrainer.stepsDone() > evaluatedStep) {
      heldOut = pretrainer.evaluate();
      run.record("held-out", heldOut, speed);
      evaluatedStep = pretrainer.stepsDone();
      startTiming();
    }
  }

  private void save() throws IOException {
    if (pretrainer.stepsDone() > savedStep) {
      run.save();
      savedStep = pretrainer.stepsDone();
      startTiming();
    }
  }

  private String progressMessage() {
    String message = message(last, speed);
    return pretrainer.config().isTimed()
        ? "seconds, step " + pretrainer.stepsDone() + "  " + message
        : message;
  }

  /** Returns what was measured as a line's part; nothing where nothing was. */
  static String message(Measurements m, Speed speed) {
    if (m == null) {
      return "";
    }
    StringBuilder text = new StringBuilder();
    if (m.hasDiscriminator()) {
      text.append(String.format(Locale.ROOT, "loss %.3f  MLM loss", m.totalLoss()));
    } else {
      text.append("loss");
    }
    text.append(String.format(Locale.ROOT, " %.3f accuracy %.4f", m.mlmLoss(), m.mlmAccuracy()));
    if (m.hasDiscriminator()) {
      text.append(
          String.format(
              Locale.ROOT, "  RTD accuracy %.4f recall %.4f", m.rtdAccuracy(), m.rtdRecall()));
    }
    if (speed.tokensPerSecond() > 0) {
      text.append(String.format(Locale.ROOT, "  %.0f tokens/s", speed.tokensPerSecond()));
    }
    if (Double.isFinite(speed.utilisation())) {
      text.append(String.format(Locale.ROOT, " (%.0f %% MFU)", 100 * speed.utilisation()));
    }
    return text.toString();
  }
}
