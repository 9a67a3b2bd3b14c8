package org.solrelectra.training.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.solrelectra.training.SmallCorpus;
import org.solrelectra.training.checkpoint.Checkpoint;
import org.solrelectra.training.metrics.MetricsFile;
import org.solrelectra.training.metrics.MetricsLine;

/** What SIGTERM does to a run: the first lets it save what it has, the second does not. */
@DisabledOnOs(value = OS.WINDOWS, disabledReason = "Windows has no SIGTERM")
class StoppedPretrainingIT {
  private static final int STEPS = 100;
  private static final int TERMINATED = 128 + 15;
  private static final long DEADLINE_NANOS = 120_000_000_000L;
  private static final String NOTICE =
      "SIGTERM: stopping after this step; a second signal ends at once";

  @TempDir private Path folder;
  private Path corpus;
  private Path vocabulary;
  private Path log;
  private Process process;

  @BeforeEach
  void writeCorpus() throws IOException {
    corpus = SmallCorpus.writeText(folder, 120);
    vocabulary = SmallCorpus.writeVocabulary(folder);
    log = folder.resolve("log.txt");
  }

  @AfterEach
  void endProcess() throws InterruptedException {
    process.destroyForcibly().waitFor();
  }

  @Test
  void aStoppedRunIsSavedAndSaysHowToGoOn() throws IOException, InterruptedException {
    Path run = folder.resolve("run");
    start(run, 2);
    await(any -> Files.exists(run.resolve(MetricsFile.NAME)));
    process.destroy();
    assertTrue(process.waitFor(DEADLINE_NANOS, TimeUnit.NANOSECONDS), this::printed);
    assertEquals(0, process.exitValue(), this::printed);

    List<Path> checkpoints = Checkpoint.newestFirst(run.resolve("checkpoints"));
    assertEquals(1, checkpoints.size(), "none is due but for the stop");
    long step = Checkpoint.state(checkpoints.get(0)).get("step").asLong();
    assertTrue(step < STEPS, "step " + step);
    List<String> lines = printed().lines().toList();
    assertTrue(lines.contains(NOTICE), this::printed);
    String call =
        "electra pretrain --corpus "
            + corpus
            + " --vocabulary "
            + vocabulary
            + " --size tiny --steps "
            + STEPS
            + " --output "
            + run
            + " --batch-size 2 --sequence-length 16 --held-out 0 --log-every 1 --threads 1 --resume";
    assertEquals(
        List.of("stopped at step " + step + ", which is saved; to go on:", call),
        lines.subList(lines.size() - 2, lines.size()));

    List<String> resume = List.of(call.split(" "));
    CommandRun resumed = CommandRun.of(resume.subList(1, resume.size()).toArray());
    assertEquals(0, resumed.code(), resumed.err());
    Path undisturbed = folder.resolve("undisturbed");
    assertEquals(0, CommandRun.of(arguments(undisturbed, 2)).code());
    for (String file : List.of("discriminator/model.safetensors", "generator/model.safetensors")) {
      assertArrayEquals(
          Files.readAllBytes(undisturbed.resolve(file)), Files.readAllBytes(run.resolve(file)));
    }
    assertEquals(
        LongStream.rangeClosed(1, STEPS).boxed().toList(),
        MetricsFile.read(run).stream().map(MetricsLine::step).toList());
  }

  /** A step of so many sequences takes minutes. */
  @Test
  void aSecondSignalEndsAtOnce() throws IOException, InterruptedException {
    Path run = folder.resolve("run");
    start(run, 100_000, "--micro-batches", 10_000);
    await(printed -> printed.contains("parameters"));
    process.destroy();
    await(printed -> printed.contains(NOTICE));
    process.destroy();
    assertTrue(process.waitFor(30, TimeUnit.SECONDS), this::printed);
    assertEquals(TERMINATED, process.exitValue(), this::printed);
    assertEquals(List.of(), Checkpoint.newestFirst(run.resolve("checkpoints")));
  }

  private void start(Path run, int batchSize, Object... more) throws IOException {
    process =
        CommandRun.process(List.of("-Xmx1g"), arguments(run, batchSize, more))
            .redirectOutput(log.toFile())
            .start();
  }

  /** Waits until the condition on what the process printed holds. */
  private void await(Predicate<String> condition) throws InterruptedException {
    long start = System.nanoTime();
    while (!condition.test(printed())) {
      assertTrue(!process.waitFor(1, TimeUnit.MILLISECONDS), this::printed);
      assertTrue(System.nanoTime() - start < DEADLINE_NANOS, this::printed);
    }
  }

  private String printed() {
    try {
      return Files.readString(log);
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  private Object[] arguments(Path run, int batchSize, Object... more) {
    List<Object> arguments =
        new ArrayList<>(
            List.of("pretrain", "--corpus", corpus, "--vocabulary", vocabulary, "--size", "tiny"));
    arguments.addAll(List.of("--steps", STEPS, "--output", run, "--batch-size", batchSize));
    arguments.addAll(List.of("--sequence-length", 16, "--held-out", 0, "--log-every", 1));
    arguments.addAll(List.of("--threads", 1));
    arguments.addAll(Arrays.asList(more));
    return arguments.toArray();
  }
}
