package org.solrelectra.training.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.solrelectra.training.SmallCorpus;
import org.solrelectra.training.checkpoint.Checkpoint;
import org.solrelectra.training.metrics.EventFileReader;
import org.solrelectra.training.random.KeyedRandom;
import org.solrelectra.training.random.KeyedRandom.Purpose;

/** What a kill -9 or a full disk while a checkpoint is written leaves, and how it goes on. */
class KilledPretrainingIT {
  /** The profile soak kills more often. */
  private static final int KILLS = Integer.getInteger("solrelectra.kills", 2);

  private static final int CHECKPOINT_EVERY = 2;

  /** Each kill comes after one or two checkpoints, while the next is written. */
  private static final int STEPS = 2 * CHECKPOINT_EVERY * (KILLS + 1);

  private static final long DEADLINE_NANOS = 120_000_000_000L;

  @TempDir private Path folder;
  private Path corpus;
  private Path vocabulary;

  @BeforeEach
  void writeCorpus() throws IOException {
    corpus = SmallCorpus.writeText(folder, 120);
    vocabulary = SmallCorpus.writeVocabulary(folder);
  }

  @Test
  void killsLoseNoMoreThanTheStepsSinceTheLastCheckpoint() throws Exception {
    Path run = folder.resolve("run");
    long seed = System.nanoTime();
    KeyedRandom random = new KeyedRandom(seed, Purpose.SHUFFLE, 0);
    String[] resume = {};
    for (int kill = 0; kill < KILLS; kill++) {
      int checkpointsBefore = 1 + random.nextInt(2);
      killWhileSaving(run, checkpointsBefore, resume);
      List<Path> checkpoints = Checkpoint.newestFirst(run.resolve("checkpoints"));
      JsonNode state = Checkpoint.state(checkpoints.get(0));
      long lost = lastLoggedStep(run) - state.get("step").asLong();
      assertTrue(lost <= CHECKPOINT_EVERY, "steps lost: " + lost + ", seed " + seed);
      resume = new String[] {"--resume"};
    }
    CommandRun last = CommandRun.of(arguments(run, "--resume"));
    assertEquals(0, last.code(), last.err());
    assertEquals("", last.err());
    Path undisturbed = folder.resolve("undisturbed");
    assertEquals(0, CommandRun.of(arguments(undisturbed)).code());
    for (String file : List.of("discriminator/model.safetensors", "generator/model.safetensors")) {
      assertArrayEquals(
          Files.readAllBytes(undisturbed.resolve(file)), Files.readAllBytes(run.resolve(file)));
    }
    assertEquals(STEPS, lastLoggedStep(run));
    assertEquals(
        LongStream.rangeClosed(1, STEPS).boxed().toList(),
        EventFileReader.steps(run, "training"),
        "no step twice in TensorBoard");
    try (Stream<Path> left = Files.list(run)) {
      assertEquals(
          List.of(
              "checkpoints",
              "corpus",
              "discriminator",
              "generator",
              "metrics.jsonl",
              "run.json",
              "tensorboard"),
          left.map(path -> path.getFileName().toString()).sorted().toList());
    }
  }

  /** Kills once so many checkpoints of this process are complete and the next one is half done. */
  private void killWhileSaving(Path run, int checkpointsBefore, String... more)
      throws IOException, InterruptedException {
    Path checkpoints = run.resolve("checkpoints");
    List<Path> before = Checkpoint.newestFirst(checkpoints);
    Path newest = before.isEmpty() ? null : before.get(0);
    Path log = folder.resolve("log.txt");
    Process process =
        CommandRun.process(List.of("-Xmx1g"), arguments(run, (Object[]) more))
            .redirectOutput(log.toFile())
            .start();
    try {
      int seen = 0;
      long start = System.nanoTime();
      while (seen < checkpointsBefore
          || !Files.exists(checkpoints.resolve("partial/parameters.safetensors"))) {
        assertFalse(
            process.waitFor(1, TimeUnit.MILLISECONDS), () -> "ended too early: " + read(log));
        assertTrue(System.nanoTime() - start < DEADLINE_NANOS, () -> "too slow: " + read(log));
        List<Path> now = newestFirst(checkpoints);
        if (!now.isEmpty() && !now.get(0).equals(newest)) {
          newest = now.get(0);
          seen++;
        }
      }
    } finally {
      process.destroyForcibly().waitFor();
    }
  }

  private static List<Path> newestFirst(Path checkpoints) throws IOException {
    try {
      return Checkpoint.newestFirst(checkpoints);
    } catch (java.io.UncheckedIOException e) {
      // A folder was renamed while it was being listed.
      return List.of();
    }
  }

  private static String read(Path log) {
    try {
      return Files.readString(log);
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  /** The limit on a file's size stands for a disk that is full: the write fails in its middle. */
  @Test
  @DisabledOnOs(OS.WINDOWS)
  void aFullDiskLeavesTheLastCompleteCheckpoint() throws Exception {
    Path run = folder.resolve("run");
    assertEquals(0, CommandRun.of(arguments(run, "--steps", 2)).code());
    byte[] expected = Files.readAllBytes(run.resolve("discriminator/model.safetensors"));
    ProcessBuilder limited = CommandRun.process(List.of("-Xmx1g"), arguments(run, "--resume"));
    List<String> command = new ArrayList<>(limited.command());
    command.addAll(0, List.of("bash", "-c", "ulimit -f 4000; exec \"$@\"", "limited"));
    Process process = limited.command(command).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertEquals(1, process.waitFor(), output);
    String error =
        output.lines().filter(line -> line.startsWith("electra pretrain: ")).findFirst().orElse("");
    assertTrue(
        error.startsWith(
                "electra pretrain: checkpoint "
                    + run.resolve("checkpoints/step-000000004")
                    + " could not be written: ")
            && error.endsWith("; the last complete one stays"),
        output);
    assertEquals(
        List.of(run.resolve("checkpoints/step-000000002")),
        Checkpoint.newestFirst(run.resolve("checkpoints")));
    assertFalse(Files.exists(run.resolve("checkpoints/partial")));
    assertArrayEquals(expected, Files.readAllBytes(run.resolve("discriminator/model.safetensors")));
    assertEquals(0, CommandRun.of(arguments(run, "--steps", 4, "--resume")).code());
  }

  private Object[] arguments(Path run, Object... more) {
    List<Object> arguments =
        new ArrayList<>(
            List.of(
                "pretrain",
                "--corpus",
                corpus,
                "--vocabulary",
                vocabulary,
                "--size",
                "tiny",
                "--schedule-steps",
                STEPS,
                "--output",
                run,
                "--batch-size",
                2,
                "--sequence-length",
                16,
                "--held-out",
                0,
                "--log-every",
                1,
                "--checkpoint-every",
                CHECKPOINT_EVERY,
                "--threads",
                1));
    if (!Arrays.asList(more).contains("--steps")) {
      arguments.addAll(List.of("--steps", STEPS));
    }
    arguments.addAll(Arrays.asList(more));
    return arguments.toArray();
  }

  private static long lastLoggedStep(Path run) throws IOException {
    long step = 0;
    for (String line : Files.readAllLines(run.resolve("metrics.jsonl"))) {
      if (line.endsWith("}")) {
        step = new ObjectMapper().readTree(line).get("step").asLong();
      }
    }
    return step;
  }
}
