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
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.solrelectra.training.SmallCorpus;
import org.solrelectra.training.checkpoint.SafeTensors;

/** A run that starts from another run's networks. */
class PretrainFromRunIT {
  @TempDir Path folder;
  private Path corpus;
  private Path vocabulary;
  private Path first;

  @BeforeEach
  void pretrainTheFirst() throws IOException {
    corpus = SmallCorpus.writeText(folder, 120);
    vocabulary = SmallCorpus.writeVocabulary(folder);
    first = folder.resolve("first");
    assertEquals(0, pretrain(first, 2, 24).code());
  }

  private CommandRun pretrain(Path output, int steps, int sequenceLength, Object... more) {
    List<Object> options =
        new ArrayList<>(List.of("--batch-size", 2, "--sequence-length", sequenceLength));
    options.addAll(Arrays.asList(more));
    return CommandRun.pretrain(corpus, vocabulary, output, steps, options.toArray());
  }

  private static byte[] bytes(Path run, String file) throws IOException {
    return Files.readAllBytes(run.resolve(file));
  }

  @Test
  void startsWithItsNetworksAndAFreshOptimizer() throws IOException {
    Path second = folder.resolve("second");
    CommandRun started = pretrain(second, 2, 16, "--init-from", first, "--checkpoint-every", 9);
    assertEquals(0, started.code(), started.err());
    assertArrayEquals(
        bytes(first, "checkpoints/step-000000002/parameters.safetensors"),
        bytes(second, "checkpoints/step-000000000/parameters.safetensors"));
    assertFalse(
        Arrays.equals(
            bytes(first, "checkpoints/step-000000002/first-moments.safetensors"),
            bytes(second, "checkpoints/step-000000000/first-moments.safetensors")));
    JsonNode tokenizer =
        new ObjectMapper().readTree(second.resolve("discriminator/tokenizer_config.json").toFile());
    assertEquals(24, tokenizer.get("model_max_length").asInt(), "the longest either run has seen");
    Path exported = folder.resolve("exported");
    assertEquals(0, CommandRun.of("export", "--run", second, "--output", exported).code());
    JsonNode before =
        new ObjectMapper()
            .readTree(exported.resolve("manifest.json").toFile())
            .get("provenance")
            .get("initial_run");
    assertEquals("BOTH", before.get("parts").asText());
    assertEquals(2, before.get("steps").asInt());
    assertEquals(24, before.get("config").get("sequenceLength").asInt());
  }

  @Test
  void aDiscriminatorCanStartAnewAgainstATrainedGenerator() throws IOException {
    Path second = folder.resolve("second");
    CommandRun started = pretrain(second, 1, 16, "--init-from", first, "--init-parts", "generator");
    assertEquals(0, started.code(), started.err());
    Map<String, SafeTensors.Values> before =
        SafeTensors.read(first.resolve("checkpoints/step-000000002/parameters.safetensors"));
    Map<String, SafeTensors.Values> after =
        SafeTensors.read(second.resolve("checkpoints/step-000000000/parameters.safetensors"));
    String bias = "discriminator_predictions.dense_prediction.bias";
    double replaced = 0.85 * 0.15;
    assertEquals(Math.log(replaced / (1 - replaced)), after.get(bias).floats()[0], 1e-6);
    for (String name : after.keySet()) {
      boolean ofDiscriminator =
          !name.startsWith("generator.") && !name.startsWith("electra.embeddings.");
      if (!ofDiscriminator) {
        assertArrayEquals(before.get(name).floats(), after.get(name).floats(), name);
      } else if (name.endsWith("weight") && !name.contains("LayerNorm")) {
        assertFalse(Arrays.equals(before.get(name).floats(), after.get(name).floats()), name);
      }
    }
  }

  @Test
  void resumingItNeedsTheFirstRunNoMore() throws IOException {
    Path whole = folder.resolve("whole");
    Path halves = folder.resolve("halves");
    assertEquals(0, pretrain(whole, 4, 16, "--init-from", first, "--schedule-steps", 8).code());
    assertEquals(0, pretrain(halves, 2, 16, "--init-from", first, "--schedule-steps", 8).code());
    Files.move(first, folder.resolve("elsewhere"));
    CommandRun resumed = pretrain(halves, 4, 16, "--resume");
    assertEquals(0, resumed.code(), resumed.err());
    for (String file :
        new String[] {
          "discriminator/model.safetensors",
          "generator/model.safetensors",
          "discriminator/tokenizer_config.json"
        }) {
      assertArrayEquals(bytes(whole, file), bytes(halves, file), file);
    }
  }

  /** So a pretrained model is shipped: the network to fine-tune, and what it takes to go on. */
  @Test
  void aDiscriminatorMayHaveItsGeneratorBelowIt() throws IOException {
    Path shipped = folder.resolve("shipped");
    assertEquals(
        0,
        CommandRun.of(
                "export",
                "--run",
                first,
                "--output",
                shipped,
                "--safetensors",
                "f32",
                "--graphs",
                "none")
            .code());
    Path generator = Files.createDirectory(shipped.resolve("generator"));
    for (String file :
        List.of("config.json", "model.safetensors", "vocab.txt", "tokenizer_config.json")) {
      Files.copy(first.resolve("generator").resolve(file), generator.resolve(file));
    }
    Path second = folder.resolve("second");
    CommandRun started = pretrain(second, 1, 24, "--init-from", shipped, "--checkpoint-every", 9);
    assertEquals(0, started.code(), started.err());
    assertArrayEquals(
        bytes(first, "checkpoints/step-000000002/parameters.safetensors"),
        bytes(second, "checkpoints/step-000000000/parameters.safetensors"));
  }

  /** Tied, the discriminator's tables would take the place of the generator's without a word. */
  @Test
  void networksWithEmbeddingsOfTheirOwnAreNotTied() throws IOException {
    Path apart = folder.resolve("apart");
    assertEquals(0, pretrain(apart, 2, 16, "--embeddings", "gdes").code());
    Path second = folder.resolve("second");
    CommandRun refused = pretrain(second, 1, 16, "--init-from", apart);
    assertEquals(2, refused.code());
    assertTrue(refused.err().contains("say --embeddings gdes or untied"), refused.err());
    CommandRun body = pretrain(second, 1, 16, "--init-from", apart, "--init-parts", "body");
    assertEquals(2, body.code());
    assertTrue(body.err().contains("say --embeddings gdes or untied"), body.err());
    assertFalse(Files.exists(second));
    for (String[] allowed :
        new String[][] {
          {"--embeddings", "gdes"}, {"--init-parts", "generator"}, {"--init-parts", "discriminator"}
        }) {
      Path output = folder.resolve("with-" + allowed[1]);
      CommandRun run = pretrain(output, 1, 16, "--init-from", apart, allowed[0], allowed[1]);
      assertEquals(0, run.code(), run.err());
    }
  }

  @Test
  void anotherVocabularyIsRefused() throws IOException {
    Files.writeString(vocabulary, Files.readString(vocabulary).replace("\nthe\n", "\nqqq\n"));
    CommandRun refused = pretrain(folder.resolve("second"), 2, 16, "--init-from", first);
    assertEquals(2, refused.code());
    assertTrue(refused.errorLine().contains("has another vocabulary or casing"), refused.err());
    assertFalse(Files.exists(folder.resolve("second")));
  }

  @Test
  void anotherCasingIsRefused() {
    CommandRun refused = pretrain(folder.resolve("second"), 2, 16, "--init-from", first, "--cased");
    assertEquals(2, refused.code());
    assertTrue(refused.errorLine().contains("has another vocabulary or casing"), refused.err());
  }

  @Test
  void anotherSizeIsRefusedBeforeTheCorpusIsRead() {
    CommandRun refused =
        CommandRun.of(
            "pretrain",
            "--corpus",
            corpus,
            "--vocabulary",
            vocabulary,
            "--size",
            "small",
            "--steps",
            2,
            "--output",
            folder.resolve("second"),
            "--init-from",
            first);
    assertEquals(2, refused.code());
    assertTrue(
        refused
            .errorLine()
            .contains(
                "has a discriminator of another size; expected hidden_size=256; hidden_size=128, expected num_hidden_layers=12; num_hidden_layers=4"),
        refused.err());
    assertFalse(Files.exists(folder.resolve("second")));
  }

  @Test
  void partsNeedARun() {
    CommandRun refused = pretrain(folder.resolve("second"), 2, 16, "--init-parts", "generator");
    assertEquals(2, refused.code());
    assertTrue(refused.errorLine().contains("--init-parts needs --init-from"), refused.err());
  }

  @Test
  void itBelongsToTheStartOfARun() {
    CommandRun refused = pretrain(first, 4, 24, "--resume", "--init-from", first);
    assertEquals(2, refused.code());
    assertTrue(refused.errorLine().contains("leave out --resume"), refused.err());
  }
}
