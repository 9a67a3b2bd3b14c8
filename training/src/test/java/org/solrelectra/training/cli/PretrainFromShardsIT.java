package org.solrelectra.training.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.solrelectra.training.SmallCorpus;

/** Pretraining on a folder that the corpus command made. */
class PretrainFromShardsIT {
  @TempDir private Path folder;
  private Path text;
  private Path vocabulary;
  private Path shards;

  @BeforeAll
  static void drawWithoutAScreen() {
    System.setProperty("java.awt.headless", "true");
  }

  @BeforeEach
  void writeShards() throws IOException {
    text = SmallCorpus.writeText(folder, 120);
    vocabulary = SmallCorpus.writeVocabulary(folder);
    shards = folder.resolve("shards");
    corpus(shards, 0.05);
  }

  private void corpus(Path output, double heldOut) {
    CommandRun run =
        CommandRun.of(
            "corpus",
            "--input",
            text,
            "--vocabulary",
            vocabulary,
            "--held-out",
            heldOut,
            "--output",
            output);
    assertEquals(0, run.code(), run.err());
  }

  private CommandRun pretrain(Path run, int steps, Object corpus, Object... more) {
    List<Object> arguments =
        new ArrayList<>(
            List.of("pretrain", "--vocabulary", vocabulary, "--size", "tiny", "--batch-size", 2));
    arguments.addAll(List.of("--sequence-length", 16, "--schedule-steps", 4, "--threads", 1));
    arguments.addAll(List.of("--output", run, "--steps", steps, "--corpus", corpus));
    arguments.addAll(List.of(more));
    return CommandRun.of(arguments.toArray());
  }

  private static byte[] weights(Path run) throws IOException {
    return Files.readAllBytes(run.resolve("discriminator/model.safetensors"));
  }

  @Test
  void shardsTrainAsTheirTextDoes() throws IOException {
    Path fromText = folder.resolve("from-text");
    Path fromShards = folder.resolve("from-shards");
    CommandRun one = pretrain(fromText, 2, text, "--held-out", 0.05);
    assertEquals(0, one.code(), one.err());
    CommandRun two = pretrain(fromShards, 2, shards);
    assertEquals(0, two.code(), two.err());
    assertArrayEquals(weights(fromText), weights(fromShards));
    assertFalse(Files.exists(fromShards.resolve("corpus")), "shards are not copied");

    Path moved = Files.move(shards, folder.resolve("moved"));
    CommandRun resumed = pretrain(fromShards, 4, moved, "--resume");
    assertEquals(0, resumed.code(), resumed.err());
    pretrain(fromText, 4, text, "--resume");
    assertArrayEquals(weights(fromText), weights(fromShards));
  }

  @Test
  void anotherCorpusIsNotGoneOnWith() throws IOException {
    Path run = folder.resolve("run");
    assertEquals(0, pretrain(run, 1, shards).code());
    String recorded =
        new com.fasterxml.jackson.databind.ObjectMapper()
            .readTree(run.resolve("run.json").toFile())
            .path("corpus_checksum")
            .asText();
    assertEquals(64, recorded.length());
    assertUsage(
        run + " was started with another corpus; expected " + recorded + "; found text files",
        pretrain(run, 2, text, "--resume"));
    Files.writeString(text, "The bank found new money in the rain .\n\n" + Files.readString(text));
    Path other = folder.resolve("other");
    corpus(other, 0.05);
    String message = pretrain(run, 2, other, "--resume").errorLine();
    String start = "electra pretrain: " + run + " was started with another corpus; expected ";
    assertEquals(start + recorded + "; found ", message.substring(0, message.length() - 64));

    Path textRun = folder.resolve("text-run");
    assertEquals(0, pretrain(textRun, 1, text, "--held-out", 0.05).code());
    message = pretrain(textRun, 2, shards, "--resume").errorLine();
    assertEquals(
        "electra pretrain: "
            + textRun
            + " was started with another corpus; expected text files; found "
            + recorded,
        message);
  }

  @Test
  void wrongUsageIsTwoAndOneLine() throws IOException {
    Path run = folder.resolve("run");
    assertUsage(
        "a folder of shards cannot be mixed with anything else; expected one folder or text files;"
            + " corpus=["
            + shards
            + ", "
            + text
            + "]",
        pretrain(run, 1, shards, text));
    assertUsage(
        "what is held out was chosen when " + shards + " was made; expected 0.05; heldOutShare=0.1",
        pretrain(run, 1, shards, "--held-out", 0.1));
    assertEquals(0, pretrain(run, 1, shards, "--held-out", 0.05).code());
  }

  private static void assertUsage(String message, CommandRun run) {
    assertEquals("electra pretrain: " + message, run.errorLine());
    assertEquals(2, run.code());
  }

  @Test
  void anotherTokenizersShardsAreRefused() {
    Path run = folder.resolve("run");
    String message = pretrain(run, 1, shards, "--cased").errorLine();
    String start =
        "electra pretrain: " + shards + " was tokenized by another vocabulary or set-up; expected ";
    assertEquals(start, message.substring(0, start.length()));
  }
}
