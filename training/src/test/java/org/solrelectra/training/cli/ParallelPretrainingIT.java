package org.solrelectra.training.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.solrelectra.training.SmallCorpus;
import org.solrelectra.training.checkpoint.Checkpoint;
import org.solrelectra.training.checkpoint.SafeTensors;

/** Runs of several processes, with dropout and sampled replacements, against runs of one. */
@EnabledOnOs(OS.LINUX)
class ParallelPretrainingIT {
  /** Sums in another order; parameters are around 0.02. */
  private static final float TOLERANCE = 1e-5f;

  private static final long DEADLINE_SECONDS = 180;

  /** What no two runs agree on. */
  private static final Set<String> OF_THE_MACHINE =
      Set.of("seconds", "tokens_per_second", "mfu", "peak_rss_bytes");

  private static final String LOST_SECOND =
      "electra pretrain: the process with RANK=1 ended or is out of reach; start all processes again, with"
          + " --resume to go on from the last checkpoint, on any number of processes up to --micro-batches;"
          + " WORLD_SIZE=2";

  @TempDir private Path folder;
  private Path corpus;
  private Path vocabulary;
  private final List<Process> processes = new ArrayList<>();

  @BeforeEach
  void writeCorpus() throws IOException {
    corpus = SmallCorpus.writeText(folder, 120);
    vocabulary = SmallCorpus.writeVocabulary(folder);
  }

  @AfterEach
  void endProcesses() throws InterruptedException {
    for (Process process : processes) {
      process.destroyForcibly().waitFor();
    }
  }

  private Object[] arguments(Path run, Object... more) {
    List<Object> arguments =
        new ArrayList<>(
            List.of("pretrain", "--corpus", corpus, "--vocabulary", vocabulary, "--size", "tiny"));
    arguments.addAll(List.of("--output", run, "--batch-size", 8, "--sequence-length", 16));
    arguments.addAll(List.of("--dropout", 0.1, "--held-out", 0.1, "--log-every", 1));
    arguments.addAll(List.of("--evaluate-every", 2, "--checkpoint-every", 2, "--threads", 1));
    arguments.addAll(List.of("--peak-tflops", 1));
    arguments.addAll(Arrays.asList(more));
    return arguments.toArray();
  }

  private void runAlone(Path run, Object... more) {
    CommandRun alone = CommandRun.of(arguments(run, more));
    assertEquals(0, alone.code(), alone.err());
  }

  /** Starts one of several processes, which prints into a file of its own. */
  private Process start(int rank, int worldSize, int port, Object... arguments) throws IOException {
    ProcessBuilder builder =
        CommandRun.process(List.of("-Xmx1g"), arguments)
            .redirectOutput(log(worldSize, rank).toFile());
    builder
        .environment()
        .putAll(
            Map.of(
                "RANK", Integer.toString(rank),
                "WORLD_SIZE", Integer.toString(worldSize),
                "MASTER_ADDR", "127.0.0.1",
                "MASTER_PORT", Integer.toString(port)));
    Process process = builder.start();
    processes.add(process);
    return process;
  }

  private List<Process> startAll(int worldSize, Object... arguments) throws IOException {
    int port = freePort();
    List<Process> started = new ArrayList<>();
    for (int rank = 0; rank < worldSize; rank++) {
      started.add(start(rank, worldSize, port, arguments));
    }
    return started;
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    }
  }

  private void runTogether(int worldSize, Path run, Object... more)
      throws IOException, InterruptedException {
    List<Process> started = startAll(worldSize, arguments(run, more));
    for (int rank = 0; rank < worldSize; rank++) {
      assertEquals(0, exitCode(started.get(rank), worldSize, rank), printed(worldSize, rank));
    }
  }

  private int exitCode(Process process, int worldSize, int rank)
      throws IOException, InterruptedException {
    assertTrue(
        process.waitFor(DEADLINE_SECONDS, TimeUnit.SECONDS),
        () -> "still running: " + printed(worldSize, rank));
    return process.exitValue();
  }

  private Path log(int worldSize, int rank) {
    return folder.resolve("log-" + rank + "-of-" + worldSize + ".txt");
  }

  private String printed(int worldSize, int rank) {
    try {
      return Files.readString(log(worldSize, rank));
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  /** What the command says; Gloo prints to standard output, too. */
  private List<String> said(int worldSize, int rank) {
    return printed(worldSize, rank)
        .lines()
        .filter(line -> line.startsWith("electra") || line.startsWith("written"))
        .toList();
  }

  private static void assertSameRun(Path expected, Path actual) throws IOException {
    for (String network : List.of("discriminator", "generator")) {
      Map<String, float[]> wanted = parameters(expected.resolve(network));
      Map<String, float[]> found = parameters(actual.resolve(network));
      assertEquals(wanted.keySet(), found.keySet());
      wanted.forEach((name, values) -> assertArrayEquals(values, found.get(name), TOLERANCE, name));
    }
    List<JsonNode> wanted = metrics(expected);
    List<JsonNode> found = metrics(actual);
    assertEquals(wanted.size(), found.size());
    for (int i = 0; i < wanted.size(); i++) {
      for (Map.Entry<String, JsonNode> entry : wanted.get(i).properties()) {
        JsonNode value = found.get(i).get(entry.getKey());
        if (entry.getValue().isTextual()) {
          assertEquals(entry.getValue(), value);
        } else if (!OF_THE_MACHINE.contains(entry.getKey())) {
          double number = entry.getValue().asDouble();
          assertEquals(
              number, value.asDouble(), TOLERANCE * Math.max(1, Math.abs(number)), entry.getKey());
        }
      }
    }
  }

  private static Map<String, float[]> parameters(Path network) throws IOException {
    return SafeTensors.read(network.resolve("model.safetensors")).entrySet().stream()
        .collect(Collectors.toMap(Map.Entry::getKey, entry -> entry.getValue().floats()));
  }

  private static List<JsonNode> metrics(Path run) throws IOException {
    List<JsonNode> lines = new ArrayList<>();
    for (String line : Files.readAllLines(run.resolve("metrics.jsonl"))) {
      lines.add(new ObjectMapper().readTree(line));
    }
    return lines;
  }

  @Test
  void processesTrainAsOneDoes() throws IOException, InterruptedException {
    Path alone = folder.resolve("alone");
    runAlone(alone, "--steps", 4, "--micro-batches", 4);
    Path two = folder.resolve("two");
    runTogether(2, two, "--steps", 4, "--micro-batches", 4);
    assertSameRun(alone, two);
    assertEquals(
        List.of("written: " + two.resolve("discriminator") + ", " + two.resolve("generator")),
        said(2, 0));
    assertEquals(List.of(), said(2, 1), "only rank 0 talks");
  }

  /** One process starts what four go on with, and three end: so no share is like another. */
  @Test
  void aRunGoesOnOnOtherNumbersOfProcesses() throws IOException, InterruptedException {
    Path alone = folder.resolve("alone");
    runAlone(alone, "--steps", 6, "--micro-batches", 4);
    Path several = folder.resolve("several");
    runAlone(several, "--steps", 2, "--schedule-steps", 6, "--micro-batches", 4);
    runTogether(4, several, "--steps", 4, "--resume");
    runTogether(3, several, "--steps", 6, "--resume");
    assertSameRun(alone, several);
    assertTrue(
        printed(3, 0)
            .contains(
                "warning: the processes wait for those that compute one micro-batch more: --micro-batches is no"
                    + " multiple of WORLD_SIZE=3; --micro-batches=4"),
        printed(3, 0));
  }

  @Test
  void aKilledProcessEndsAllAndTheRunGoesOnOnOne() throws IOException, InterruptedException {
    Path run = folder.resolve("run");
    int steps = 1000;
    List<Process> started = startAll(2, arguments(run, "--steps", steps));
    long start = System.nanoTime();
    while (!Files.exists(run.resolve("checkpoints/step-000000002"))) {
      assertTrue(System.nanoTime() - start < DEADLINE_SECONDS * 1_000_000_000L, printed(2, 0));
      assertFalse(started.get(0).waitFor(20, TimeUnit.MILLISECONDS), () -> printed(2, 0));
    }
    started.get(1).destroyForcibly().waitFor();
    long killed = System.nanoTime();
    assertEquals(1, exitCode(started.get(0), 2, 0), printed(2, 0));
    assertTrue(System.nanoTime() - killed < 60_000_000_000L, "all have ended within a minute");
    assertEquals(List.of(LOST_SECOND), said(2, 0));
    long saved = lastCheckpoint(run);
    runAlone(run, "--steps", saved + 2, "--schedule-steps", steps, "--resume");
    Path undisturbed = folder.resolve("undisturbed");
    runAlone(undisturbed, "--steps", saved + 2, "--schedule-steps", steps, "--micro-batches", 2);
    assertSameRun(undisturbed, run);
  }

  private static long lastCheckpoint(Path run) throws IOException {
    return Checkpoint.state(Checkpoint.newestFirst(run.resolve("checkpoints")).get(0))
        .get("step")
        .asLong();
  }

  @Test
  void aSignalToOneProcessStopsAllAfterTheSameStep() throws IOException, InterruptedException {
    Path run = folder.resolve("run");
    List<Process> started = startAll(2, arguments(run, "--steps", 1000));
    long start = System.nanoTime();
    while (!Files.exists(run.resolve("metrics.jsonl"))) {
      assertTrue(System.nanoTime() - start < DEADLINE_SECONDS * 1_000_000_000L, printed(2, 0));
      assertFalse(started.get(0).waitFor(20, TimeUnit.MILLISECONDS), () -> printed(2, 0));
    }
    started.get(1).destroy();
    assertEquals(0, exitCode(started.get(1), 2, 1), printed(2, 1));
    assertEquals(0, exitCode(started.get(0), 2, 0), printed(2, 0));
    assertTrue(
        printed(2, 0).contains("stopped at step " + lastCheckpoint(run) + ", which is saved"),
        printed(2, 0));
  }

  @Test
  void processesThatWereGivenDifferentSettingsDoNotStart()
      throws IOException, InterruptedException {
    Path run = folder.resolve("run");
    int port = freePort();
    Process first = start(0, 2, port, arguments(run, "--steps", 4));
    Process second = start(1, 2, port, arguments(run, "--steps", 4, "--seed", 2));
    assertEquals(2, exitCode(first, 2, 0), printed(2, 0));
    assertEquals(2, exitCode(second, 2, 1), printed(2, 1));
    List<String> expected =
        List.of(
            "electra pretrain: all processes of a run need the same seed; RANK=0 has 1, RANK=1 has 2");
    assertEquals(expected, said(2, 0));
    assertEquals(expected, said(2, 1));
    assertFalse(Files.exists(run), "nothing was begun");
  }

  @Test
  void aRunTakesNoMoreProcessesThanItHasMicroBatches() throws IOException, InterruptedException {
    Path run = folder.resolve("run");
    runAlone(run, "--steps", 2, "--schedule-steps", 4);
    List<Process> started = startAll(2, arguments(run, "--steps", 4, "--resume"));
    for (int rank = 0; rank < 2; rank++) {
      assertEquals(2, exitCode(started.get(rank), 2, rank), printed(2, rank));
      assertEquals(
          List.of(
              "electra pretrain: microBatches must be at least WORLD_SIZE=2, for each process computes some of a"
                  + " step's; a run keeps those it was started with; microBatches=1"),
          said(2, rank));
    }
  }
}
