package org.solrelectra.training.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.LongSupplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.solrelectra.training.SmallCorpus;
import org.solrelectra.training.checkpoint.Checkpoint;
import org.solrelectra.training.metrics.MetricsFile;
import org.solrelectra.training.metrics.MetricsLine;
import org.solrelectra.training.metrics.Split;
import org.solrelectra.training.optimization.LearningRateSchedule;
import org.solrelectra.training.storage.Folders;

/** Pretraining until so many tokens are seen, or so much time has passed. */
class BudgetedPretrainingIT {
  /** Peak of the tiny size; 6 % of the time are warm-up. */
  private static final LearningRateSchedule NINETY_SECONDS =
      new LearningRateSchedule(LearningRateSchedule.Shape.ORIGINAL_LINEAR, 5e-4, 90, 5.4);

  @TempDir private Path folder;
  private Path corpus;
  private Path vocabulary;

  @BeforeEach
  void writeCorpus() throws IOException {
    corpus = SmallCorpus.writeText(folder, 120);
    vocabulary = SmallCorpus.writeVocabulary(folder);
  }

  @Test
  void aBudgetOfTokensIsItsSteps() throws IOException {
    Path steps = folder.resolve("steps");
    Path tokens = folder.resolve("tokens");
    assertSuccess(pretrain(steps, "--steps", 6));
    assertSuccess(pretrain(tokens, "--budget", "223-tokens"));
    assertSameNetworks(steps, tokens);
    assertEquals(6, config(tokens).get("scheduleSteps").asInt());
    assertEquals(config(steps), config(tokens));
  }

  @Test
  void aBudgetOfTokensGoesOnBitForBit() throws IOException {
    Path whole = folder.resolve("whole");
    Path halves = folder.resolve("halves");
    assertSuccess(pretrain(whole, "--budget", "192-tokens"));
    assertSuccess(pretrain(halves, "--budget", "192-tokens", "--checkpoint-every", 4));
    forgetLastCheckpoint(halves);
    assertSuccess(pretrain(halves, "--resume"));
    assertSameNetworks(whole, halves);
    assertEquals(learningRates(whole), learningRates(halves));
    forgetLastCheckpoint(halves);
    assertSuccess(pretrain(halves, "--resume", "--budget", "192-tokens"));
    assertSameNetworks(whole, halves);
  }

  @Test
  void aBudgetOfTimeDecaysByTheClockAndEndsAsItIsUsedUp() throws IOException {
    Path run = folder.resolve("run");
    assertSuccess(pretrain(run, "--budget", "90s", "--held-out", 0.2));
    List<MetricsLine> training = training(run);
    assertRatesFollowTheClock(training, 0);
    MetricsLine lastStep = training.get(training.size() - 1);
    assertTrue(value(lastStep, "learning_rate") > 0, "no step is made at the rate 0");
    double secondsOfAStep = value(lastStep, "seconds") / training.size();
    assertTrue(value(lastStep, "seconds") > 90 - 2 * secondsOfAStep, "all of the time is used");
    List<MetricsLine> lines = MetricsFile.read(run);
    MetricsLine last = lines.get(lines.size() - 1);
    assertEquals(Split.HELD_OUT, last.split());
    assertEquals(training.size(), last.step());
    assertTrue(value(last, "seconds") >= 90, "measured when the time is used up");
    JsonNode state = Checkpoint.state(newestCheckpoint(run));
    assertEquals(training.size(), state.get("step").asLong());
    assertTrue(state.get("seconds").asDouble() > value(last, "seconds"), state.toString());
    CommandRun again = pretrain(run, "--resume", "--held-out", 0.2);
    assertSuccess(again);
    assertTrue(
        again.out().contains("nothing to do: the run has " + training.size() + " steps"),
        again.out());
  }

  @Test
  void aBudgetOfTimeGoesOnWithWhatIsLeft() throws IOException {
    Path run = folder.resolve("run");
    assertSuccess(pretrain(run, "--budget", "90s", "--checkpoint-every", 5));
    forgetLastCheckpoint(run);
    JsonNode before = Checkpoint.state(newestCheckpoint(run));
    assertSuccess(pretrain(run, "--resume"));
    List<MetricsLine> training = training(run);
    List<MetricsLine> rest =
        training.stream().filter(line -> line.step() > before.get("step").asLong()).toList();
    double secondsBefore = before.get("seconds").asDouble();
    assertTrue(secondsBefore > 30 && secondsBefore < 90, before.toString());
    assertRatesFollowTheClock(rest, secondsBefore);
    double end = Checkpoint.state(newestCheckpoint(run)).get("seconds").asDouble();
    assertTrue(end >= 90 && end < 100, "end " + end);
  }

  @Test
  void aRunGoesOnInTheUnitItWasStartedInOnly() throws IOException {
    Path timed = folder.resolve("timed");
    assertSuccess(pretrain(timed, "--budget", "9s"));
    String start = "electra pretrain: " + timed + " was started with --budget=9s, which goes on; ";
    assertRefused(start + "--steps=9", timed, "--steps", 9);
    assertRefused(start + "--schedule-steps=9", timed, "--schedule-steps", 9);
    assertRefused(start + "--warmup-steps=9", timed, "--warmup-steps", 9);
    assertRefused(start + "--budget=1h", timed, "--budget", "1h");
    assertRefused(start + "--budget=64-tokens", timed, "--budget", "64-tokens");
    assertSuccess(pretrain(timed, "--resume", "--budget", "9s"));
    Path counted = folder.resolve("counted");
    assertSuccess(pretrain(counted, "--budget", "64-tokens"));
    assertRefused(
        "electra pretrain: "
            + counted
            + " was started with a schedule of 2 steps, which goes on; --budget=1h",
        counted,
        "--budget",
        "60m");
    assertRefused(
        "electra pretrain: " + counted + " was started with scheduleSteps=2; scheduleSteps=3",
        counted,
        "--budget",
        "96-tokens");
  }

  /** Each rate is the schedule's at a moment between the line before and its own. */
  private static void assertRatesFollowTheClock(List<MetricsLine> lines, double secondsBefore) {
    double before = secondsBefore;
    for (MetricsLine line : lines) {
      double after = value(line, "seconds");
      double rate = value(line, "learning_rate");
      double one = NINETY_SECONDS.rate(before);
      double other = NINETY_SECONDS.rate(after);
      double highest =
          before < NINETY_SECONDS.warmup() && after > NINETY_SECONDS.warmup()
              ? NINETY_SECONDS.rate(NINETY_SECONDS.warmup())
              : Math.max(one, other);
      assertTrue(rate >= Math.min(one, other) && rate <= highest, line.toString());
      before = after;
    }
  }

  private void assertRefused(String message, Path run, Object... options) {
    List<Object> all = new ArrayList<>(List.of("--resume"));
    all.addAll(Arrays.asList(options));
    CommandRun refused = pretrain(run, all.toArray());
    assertEquals(2, refused.code());
    assertEquals(message, refused.errorLine());
  }

  private CommandRun pretrain(Path output, Object... more) {
    List<Object> arguments =
        new ArrayList<>(
            List.of("pretrain", "--corpus", corpus, "--vocabulary", vocabulary, "--size", "tiny"));
    arguments.addAll(List.of("--output", output, "--threads", 1));
    arguments.addAll(List.of("--batch-size", 2, "--sequence-length", 16, "--log-every", 1));
    if (!Arrays.asList(more).contains("--held-out")) {
      arguments.addAll(List.of("--held-out", 0));
    }
    arguments.addAll(Arrays.asList(more));
    return CommandRun.withClock(new TickingClock(), arguments.toArray());
  }

  /** Each look at it takes a second. */
  private static final class TickingClock implements LongSupplier {
    private long nanos;

    @Override
    public long getAsLong() {
      nanos += 1_000_000_000L;
      return nanos;
    }
  }

  /** As a kill before the last checkpoint leaves it. */
  private static void forgetLastCheckpoint(Path run) throws IOException {
    Folders.deleteIfExists(newestCheckpoint(run));
  }

  private static Path newestCheckpoint(Path run) throws IOException {
    return Checkpoint.newestFirst(run.resolve("checkpoints")).get(0);
  }

  private static void assertSuccess(CommandRun run) {
    assertEquals(0, run.code(), run.err());
    assertEquals("", run.err());
  }

  private static void assertSameNetworks(Path one, Path other) throws IOException {
    for (String file : List.of("discriminator/model.safetensors", "generator/model.safetensors")) {
      assertArrayEquals(
          Files.readAllBytes(one.resolve(file)), Files.readAllBytes(other.resolve(file)), file);
    }
  }

  private static JsonNode config(Path run) throws IOException {
    return new ObjectMapper().readTree(run.resolve("run.json").toFile()).get("config");
  }

  private static List<Double> learningRates(Path run) throws IOException {
    return training(run).stream().map(line -> value(line, "learning_rate")).toList();
  }

  private static List<MetricsLine> training(Path run) throws IOException {
    Stream<MetricsLine> lines = MetricsFile.read(run).stream();
    return lines.filter(line -> line.split() == Split.TRAINING).toList();
  }

  private static double value(MetricsLine line, String key) {
    return line.value(key).orElseThrow();
  }
}
