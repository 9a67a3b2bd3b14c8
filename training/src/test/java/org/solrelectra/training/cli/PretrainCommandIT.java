package org.solrelectra.training.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.solrelectra.training.SmallCorpus;

/** Pretraining from the command line: saving, resuming, damage, wrong calls. */
class PretrainCommandIT {
  @TempDir private Path folder;
  private Path corpus;
  private Path vocabulary;

  @BeforeEach
  void writeCorpus() throws IOException {
    corpus = SmallCorpus.writeText(folder, 120);
    vocabulary = SmallCorpus.writeVocabulary(folder);
  }

  @Test
  void twiceNStepsAreNStepsSaveResumeAndNSteps() throws IOException {
    Path whole = folder.resolve("whole");
    Path halves = folder.resolve("halves");
    assertSuccess(pretrain(whole, 6, "--schedule-steps", 12));
    assertSuccess(pretrain(halves, 3, "--schedule-steps", 12));
    byte[] afterThree = weights(halves, "discriminator");
    CommandRun resumed = pretrain(halves, 6, "--resume");
    assertSuccess(resumed);
    assertFalse(Arrays.equals(afterThree, weights(halves, "discriminator")));
    for (String file :
        List.of(
            "parameters.safetensors", "first-moments.safetensors", "second-moments.safetensors")) {
      assertArrayEquals(
          Files.readAllBytes(whole.resolve("checkpoints/step-000000006").resolve(file)),
          Files.readAllBytes(halves.resolve("checkpoints/step-000000006").resolve(file)),
          file);
    }
    assertArrayEquals(weights(whole, "discriminator"), weights(halves, "discriminator"));
    assertArrayEquals(weights(whole, "generator"), weights(halves, "generator"));
    assertEquals(losses(whole), losses(halves));
  }

  @Test
  void anotherSeedGivesOtherWeights() throws IOException {
    Path one = folder.resolve("one");
    Path two = folder.resolve("two");
    assertSuccess(pretrain(one, 2));
    assertSuccess(pretrain(two, 2, "--seed", 4));
    assertFalse(Arrays.equals(weights(one, "discriminator"), weights(two, "discriminator")));
  }

  @Test
  void aDamagedNewestCheckpointIsPassedOver() throws IOException {
    Path whole = folder.resolve("whole");
    Path run = folder.resolve("run");
    assertSuccess(pretrain(whole, 6, "--schedule-steps", 12));
    assertSuccess(pretrain(run, 4, "--schedule-steps", 12, "--checkpoint-every", 2));
    Path newest = run.resolve("checkpoints/step-000000004");
    Path damaged = newest.resolve("parameters.safetensors");
    byte[] bytes = Files.readAllBytes(damaged);
    bytes[bytes.length / 2] ^= 1;
    Files.write(damaged, bytes);
    CommandRun resumed = pretrain(run, 6, "--resume");
    assertSuccess(resumed);
    assertEquals(
        "warning: "
            + damaged
            + " is missing or damaged: its SHA-256 differs; the one before is used",
        resumed.errorLine());
    assertArrayEquals(weights(whole, "discriminator"), weights(run, "discriminator"));
    assertEquals(losses(whole), losses(run));
  }

  @Test
  void aTruncatedCheckpointAndAHalfWrittenOneArePassedOver() throws IOException {
    Path whole = folder.resolve("whole");
    Path run = folder.resolve("run");
    assertSuccess(pretrain(whole, 6, "--schedule-steps", 12));
    assertSuccess(pretrain(run, 4, "--schedule-steps", 12, "--checkpoint-every", 2));
    Path newest = run.resolve("checkpoints/step-000000004");
    Path moments = newest.resolve("first-moments.safetensors");
    Files.write(moments, Arrays.copyOf(Files.readAllBytes(moments), 1000));
    Path partial = Files.createDirectory(run.resolve("checkpoints/partial"));
    Files.write(partial.resolve("parameters.safetensors"), new byte[100]);
    assertSuccess(pretrain(run, 6, "--resume"));
    assertArrayEquals(weights(whole, "discriminator"), weights(run, "discriminator"));
    assertFalse(Files.exists(partial));
  }

  @Test
  void aCheckpointWithoutItsStateIsPassedOver() throws IOException {
    Path run = folder.resolve("run");
    assertSuccess(pretrain(run, 4, "--schedule-steps", 12, "--checkpoint-every", 2));
    Files.delete(run.resolve("checkpoints/step-000000004/state.json"));
    CommandRun resumed = pretrain(run, 4, "--resume");
    assertSuccess(resumed);
    assertTrue(resumed.errorLine().endsWith("the one before is used"), resumed.err());
    assertTrue(Files.exists(run.resolve("checkpoints/step-000000004/state.json")));
  }

  @Test
  void checkpointsThatAreAllDamagedAreNotStartedOverSilently() throws IOException {
    Path run = folder.resolve("run");
    assertSuccess(pretrain(run, 2, "--schedule-steps", 12));
    Files.writeString(run.resolve("checkpoints/step-000000002/state.json"), "{");
    CommandRun resumed = pretrain(run, 4, "--resume");
    assertEquals(1, resumed.code());
    assertEquals(
        "electra pretrain: no checkpoint in "
            + run.resolve("checkpoints")
            + " is sound; delete them to start from step 0; found [step-000000002]",
        resumed.errorLine());
  }

  /** A kill between the checkpoint and the directories leaves directories of an earlier step. */
  @Test
  void resumingBringsTheDirectoriesUpToTheCheckpoint() throws IOException {
    Path run = folder.resolve("run");
    assertSuccess(pretrain(run, 2, "--schedule-steps", 12));
    byte[] expected = weights(run, "discriminator");
    Files.write(run.resolve("discriminator/model.safetensors"), new byte[8]);
    Files.move(run.resolve("generator"), run.resolve(".generator.electra-old"));
    assertSuccess(pretrain(run, 2, "--resume"));
    assertArrayEquals(expected, weights(run, "discriminator"));
    assertTrue(Files.exists(run.resolve("generator/model.safetensors")));
    assertFalse(Files.exists(run.resolve(".generator.electra-old")));
  }

  @Test
  void firstLossesAreThoseOfGuessing() throws IOException {
    Path run = folder.resolve("run");
    assertSuccess(pretrain(run, 1));
    JsonNode first = new ObjectMapper().readTree(Files.readAllLines(metrics(run)).get(0));
    assertEquals(
        Math.log(SmallCorpus.pieces().size()), first.get("mlm_loss").asDouble(), 0.2, "untrained");
    assertEquals(Math.log(2), first.get("rtd_loss").asDouble(), 0.1, "untrained");
  }

  @Test
  void aRunIsNotOverwritten() throws IOException {
    Path run = folder.resolve("run");
    assertSuccess(pretrain(run, 1));
    CommandRun again = pretrain(run, 1);
    assertEquals(2, again.code());
    assertEquals(
        "electra pretrain: "
            + run
            + " holds a run; say --resume to continue it, or name another --output",
        again.errorLine());
  }

  @Test
  void aRunIsResumedAsItWasStartedOnly() throws IOException {
    Path run = folder.resolve("run");
    assertSuccess(pretrain(run, 1, "--schedule-steps", 12));
    CommandRun other = pretrain(run, 2, "--resume", "--learning-rate", "1e-3");
    assertEquals(2, other.code());
    assertEquals(
        "electra pretrain: " + run + " was started with learningRate=5.0E-4; learningRate=0.001",
        other.errorLine());
    List<String> pieces = new ArrayList<>(SmallCorpus.pieces());
    pieces.set(pieces.size() - 1, "another");
    Files.write(vocabulary, pieces);
    CommandRun mismatch = pretrain(run, 2, "--resume");
    assertEquals(2, mismatch.code());
    assertEquals(
        "electra pretrain: "
            + run
            + " was started with another vocabulary or casing; give the one it was started with",
        mismatch.errorLine());
  }

  @Test
  void aRunOfAnotherVersionIsCalledSo() throws IOException {
    Path run = folder.resolve("run");
    assertSuccess(pretrain(run, 1, "--schedule-steps", 12));
    Path description = run.resolve("run.json");
    Files.writeString(
        description,
        Files.readString(description).replaceFirst("\"matrixOptimizer\" : \"ADAMW\",", ""));
    CommandRun resumed = pretrain(run, 2, "--resume");
    assertEquals(2, resumed.code());
    assertEquals(
        "electra pretrain: "
            + run
            + " was started by another version of electra, which had other settings; start a new run, with --init-from"
            + " for its networks",
        resumed.errorLine());
  }

  @Test
  void resumingNeedsNoOptionOfTheStart() throws IOException {
    Path whole = folder.resolve("whole");
    Path halves = folder.resolve("halves");
    Object[] options = {
      "--schedule-steps", 12, "--seed", 5, "--dropout", 0.1, "--bias-correction", "none"
    };
    assertSuccess(pretrain(whole, 4, options));
    assertSuccess(pretrain(halves, 2, options));
    assertSuccess(
        CommandRun.of(
            "pretrain",
            "--corpus",
            corpus,
            "--vocabulary",
            vocabulary,
            "--size",
            "tiny",
            "--steps",
            4,
            "--output",
            halves,
            "--resume",
            "--threads",
            1));
    assertArrayEquals(weights(whole, "discriminator"), weights(halves, "discriminator"));
  }

  @Test
  void aFolderWithSomethingElseIsLeftAlone() throws IOException {
    Path project = Files.createDirectory(folder.resolve("project"));
    Path text = Files.createDirectory(project.resolve("corpus")).resolve("a.txt");
    Files.copy(corpus, text);
    CommandRun refused = pretrain(project, 1);
    assertEquals(2, refused.code());
    assertEquals(
        "electra pretrain: "
            + project
            + " holds files of something else; name a new or empty folder as --output",
        refused.errorLine());
    assertArrayEquals(Files.readAllBytes(corpus), Files.readAllBytes(text));
  }

  @Test
  void aStartThatDidNotEndIsDoneAgain() throws IOException {
    String text = Files.readString(corpus);
    Path run = folder.resolve("run");
    Files.writeString(corpus, "the bank\n");
    assertEquals(1, pretrain(run, 1).code());
    Files.writeString(corpus, text);
    assertSuccess(pretrain(run, 1));
    assertFalse(Files.exists(run.resolve(".starting")));
  }

  @Test
  void aCorpusWithoutHeldOutTextIsSaid() throws IOException {
    Files.writeString(corpus, Files.readString(corpus).replace("\n\n", "\n"));
    CommandRun run =
        CommandRun.of(
            "pretrain",
            "--corpus",
            corpus,
            "--vocabulary",
            vocabulary,
            "--size",
            "tiny",
            "--steps",
            1,
            "--output",
            folder.resolve("run"),
            "--batch-size",
            2,
            "--sequence-length",
            16,
            "--threads",
            1);
    assertSuccess(run);
    assertEquals(
        "warning: too little text is held out to measure on: 0.005 of 1 documents; a blank line must stand between"
            + " documents",
        run.errorLine());
  }

  @Test
  void thereMustBeARunToResume() throws IOException {
    CommandRun none = pretrain(folder.resolve("none"), 1, "--resume");
    assertEquals(2, none.code());
    assertEquals(
        "electra pretrain: " + folder.resolve("none") + " holds no run to resume",
        none.errorLine());
  }

  @Test
  void aCorpusThatIsTooSmallLeavesNoRun() throws IOException {
    Files.writeString(corpus, "the bank\n");
    Path run = folder.resolve("run");
    CommandRun small = pretrain(run, 1);
    assertEquals(1, small.code());
    assertEquals(
        "electra pretrain: the corpus is too small; expected at least 28 tokens for sequences of 16;"
            + " tokens=3",
        small.errorLine());
    assertFalse(Files.exists(run.resolve("run.json")));
  }

  @Test
  void stepsBeyondTheScheduleAreRefused() throws IOException {
    CommandRun beyond = pretrain(folder.resolve("run"), 3, "--schedule-steps", 2);
    assertEquals(2, beyond.code());
    assertEquals(
        "electra pretrain: --steps must be in 1..--schedule-steps=2, for the learning rate is 0 from"
            + " there on; --steps=3",
        beyond.errorLine());
  }

  private CommandRun pretrain(Path output, int steps, Object... more) {
    List<Object> options =
        new ArrayList<>(
            List.of("--batch-size", 2, "--sequence-length", 16, "--log-every", 1, "--held-out", 0));
    options.addAll(Arrays.asList(more));
    return CommandRun.pretrain(corpus, vocabulary, output, steps, options.toArray());
  }

  private static void assertSuccess(CommandRun run) {
    assertEquals(0, run.code(), run.err());
  }

  private static byte[] weights(Path run, String network) throws IOException {
    return Files.readAllBytes(run.resolve(network).resolve("model.safetensors"));
  }

  private static Path metrics(Path run) {
    return run.resolve("metrics.jsonl");
  }

  /** Returns step and loss of each line on training. */
  private static List<String> losses(Path run) throws IOException {
    List<String> losses = new ArrayList<>();
    for (String line : Files.readAllLines(metrics(run))) {
      JsonNode json = new ObjectMapper().readTree(line);
      if (json.get("split").asText().equals("training")) {
        losses.add(json.get("step") + " " + json.get("total_loss"));
      }
    }
    return losses;
  }
}
