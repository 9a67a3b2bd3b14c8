package org.solrelectra.training.pretrain;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.bytedeco.javacpp.PointerScope;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.solrelectra.lucene.model.TokenizerConfig;
import org.solrelectra.training.GoldenFiles;
import org.solrelectra.training.SmallCorpus;
import org.solrelectra.training.checkpoint.Checkpoint;
import org.solrelectra.training.distributed.ProcessGroup;
import org.solrelectra.training.metrics.MetricsFile;
import org.solrelectra.training.metrics.MetricsLine;
import org.solrelectra.training.network.Precision;
import org.solrelectra.training.network.Tensors;

/** A run whose losses stop being numbers. */
class DivergedRunIT {
  private static final String BIAS = "discriminator_predictions.dense_prediction.bias";

  @TempDir private Path folder;

  private RunInputs inputs() throws IOException {
    return new RunInputs(
        PretrainingConfig.of(Recipe.RECOMMENDED, PretrainingSize.TINY, Objective.RTD, 1000)
            .withBatch(16, 2, Precision.FP32),
        List.of(SmallCorpus.writeText(folder, 100)),
        SmallCorpus.vocabulary(),
        TokenizerConfig.bert(true, 16));
  }

  private PretrainingRun run() throws IOException {
    return PretrainingRun.start(
        folder.resolve("run"),
        inputs(),
        null,
        ProcessGroup.alone(GoldenFiles.DEVICE),
        System::nanoTime);
  }

  private PretrainingRun resume() throws IOException {
    return PretrainingRun.resume(
        folder.resolve("run"), inputs(), ProcessGroup.alone(GoldenFiles.DEVICE), System::nanoTime);
  }

  private static void steps(PretrainingRun run, int count) {
    for (int i = 0; i < count; i++) {
      run.pretrainer().step(1e-4);
    }
  }

  @Test
  void aBadStepIsLeftOutAndCounted() throws IOException {
    PretrainingRun run = run();
    steps(run, 3);
    float[] bias;
    try (PointerScope scope = new PointerScope()) {
      bias = Tensors.floats(run.pretrainer().parameters().get(BIAS));
    }
    run.pretrainer().parameters().set(BIAS, new float[] {Float.NaN});
    steps(run, 2);
    run.pretrainer().parameters().set(BIAS, bias);
    steps(run, 3);
    run.record("training", run.pretrainer().takeMeasurements(), PretrainingRun.Speed.NONE);
    MetricsLine line = MetricsFile.read(folder.resolve("run")).get(0);
    assertEquals(2, line.value("steps_left_out").orElseThrow());
    assertTrue(Double.isFinite(line.value("total_loss").orElseThrow()));
    assertEquals(8, run.pretrainer().stepsDone());
    assertEquals(6, run.pretrainer().optimizer().updates());
    run.save();
    PretrainingRun resumed = resume();
    assertEquals(2, resumed.pretrainer().requireFiniteUpdates(), "steps left out");
  }

  @Test
  void badStepsAreCountedOnAfterAResume() throws IOException {
    PretrainingRun run = run();
    run.pretrainer().parameters().set(BIAS, new float[] {Float.NaN});
    steps(run, 10);
    run.save();
    PretrainingRun resumed = resume();
    steps(resumed, 9);
    assertEquals(19, resumed.pretrainer().requireFiniteUpdates());
    steps(resumed, 1);
    assertThrows(ArithmeticException.class, resumed::save);
  }

  @Test
  void manyBadStepsInARowEndTheRunAndLeaveTheCheckpoint() throws IOException {
    PretrainingRun run = run();
    steps(run, 3);
    run.save();
    run.pretrainer().parameters().set(BIAS, new float[] {Float.NaN});
    steps(run, 20);
    ArithmeticException e = assertThrows(ArithmeticException.class, run::save);
    assertEquals(
        "the gradient was not finite in 20 steps in a row; at most 19 are left out; a lower --learning-rate or a"
            + " longer --warmup-steps may help; step=23",
        e.getMessage());
    assertThrows(
        ArithmeticException.class,
        () ->
            run.record("training", run.pretrainer().takeMeasurements(), PretrainingRun.Speed.NONE));
    List<Path> checkpoints = Checkpoint.newestFirst(folder.resolve("run/checkpoints"));
    assertEquals(
        List.of("step-000000003"),
        checkpoints.stream().map(path -> path.getFileName().toString()).toList());
    Checkpoint.load(
        checkpoints.get(0), run.pretrainer().parameters(), run.pretrainer().optimizer());
    float[] loaded = Tensors.floats(run.pretrainer().parameters().get(BIAS));
    assertFalse(Float.isNaN(loaded[0]), Arrays.toString(loaded));
  }
}
