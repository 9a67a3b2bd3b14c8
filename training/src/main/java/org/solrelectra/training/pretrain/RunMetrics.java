package org.solrelectra.training.pretrain;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.solrelectra.training.metrics.EventFiles;
import org.solrelectra.training.metrics.MetricsFile;
import org.solrelectra.training.metrics.MetricsLine;
import org.solrelectra.training.metrics.ResidentMemory;
import org.solrelectra.training.storage.DurableFiles;

/** Lines of a run's {@code metrics.jsonl}, and the same in TensorBoard's event files. */
final class RunMetrics {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Path folder;
  private final PretrainingConfig config;

  /**
   * @param folder the run's
   */
  RunMetrics(Path folder, PretrainingConfig config) {
    this.folder = folder;
    this.config = config;
  }

  /**
   * Starts a line.
   *
   * @param split what was measured on
   * @param flops counted so far, as {@link TrainingCost} counts them
   * @param seconds of the run so far
   */
  ObjectNode line(
      String split,
      long step,
      long tokens,
      double flops,
      double seconds,
      Measurements measurements) {
    ObjectNode line = JSON.createObjectNode();
    line.put("step", step);
    line.put("split", split);
    line.put("tokens", tokens);
    line.put("flops", flops);
    line.put("seconds", seconds);
    putMeasurements(line, measurements);
    return line;
  }

  private void putMeasurements(ObjectNode line, Measurements measurements) {
    String predicts = config.objective() == Objective.CLM ? "clm" : "mlm";
    putFinite(line, predicts + "_loss", measurements.mlmLoss());
    putFinite(line, "total_loss", measurements.totalLoss());
    putFinite(line, predicts + "_accuracy", measurements.mlmAccuracy());
    if (!measurements.hasDiscriminator()) {
      return;
    }
    if (config.detection().loss().detects()) {
      putFinite(line, "rtd_loss", measurements.rtdLoss());
      putFinite(line, "rtd_accuracy", measurements.rtdAccuracy());
      putFinite(line, "rtd_precision", measurements.rtdPrecision());
      putFinite(line, "rtd_recall", measurements.rtdRecall());
    } else {
      putFinite(line, "discriminator_loss", measurements.rtdLoss());
      putFinite(line, "discriminator_accuracy", measurements.rtdAccuracy());
    }
    putFinite(line, "replaced_fraction", measurements.replacedFraction());
  }

  /** Adds what only training has. */
  void putTraining(
      ObjectNode line,
      double gradientNorm,
      long stepsLeftOut,
      double learningRate,
      PretrainingRun.Speed speed)
      throws IOException {
    putFinite(line, "gradient_norm", gradientNorm);
    line.put("steps_left_out", stepsLeftOut);
    line.put("learning_rate", learningRate);
    line.put("tokens_per_second", speed.tokensPerSecond());
    putFinite(line, "mfu", speed.utilisation());
    ResidentMemory.peakBytes().ifPresent(bytes -> line.put("peak_rss_bytes", bytes));
  }

  /** JSON has no NaN; a mean over steps that were all left out is one. */
  private static void putFinite(ObjectNode line, String key, double value) {
    if (Double.isFinite(value)) {
      line.put(key, value);
    }
  }

  void append(ObjectNode line) throws IOException {
    Files.writeString(
        file(),
        line + "\n",
        StandardCharsets.UTF_8,
        StandardOpenOption.CREATE,
        StandardOpenOption.APPEND);
    EventFiles.append(folder, MetricsLine.of(line));
  }

  private Path file() {
    return folder.resolve(MetricsFile.NAME);
  }

  /** Drops the lines of steps after {@code step}, which will be made again. */
  void cutAfter(long step) throws IOException {
    if (Files.exists(file())) {
      List<String> kept = new ArrayList<>();
      for (String line : Files.readAllLines(file())) {
        // The last line of a killed run may be cut short.
        if (line.endsWith("}") && JSON.readTree(line).path("step").asLong() <= step) {
          kept.add(line);
        }
      }
      DurableFiles.write(
          file(), kept.stream().map(line -> line + "\n").collect(Collectors.joining()));
    }
    EventFiles.rewrite(folder);
  }
}
