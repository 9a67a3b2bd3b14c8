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
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.solrelectra.training.SmallCorpus;
import org.solrelectra.training.checkpoint.SafeTensors;

/** Other objectives and the paper's recipe, from the command line. */
class ObjectivesIT {
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir private Path folder;
  private Path corpus;
  private Path vocabulary;

  @BeforeEach
  void writeCorpus() throws IOException {
    corpus = SmallCorpus.writeText(folder, 120);
    vocabulary = SmallCorpus.writeVocabulary(folder);
  }

  private CommandRun pretrain(Path output, int steps, Object... more) {
    List<Object> options =
        new ArrayList<>(List.of("--batch-size", 4, "--sequence-length", 16, "--log-every", 1));
    options.addAll(Arrays.asList(more));
    return CommandRun.pretrain(corpus, vocabulary, output, steps, options.toArray());
  }

  private static JsonNode json(Path file) throws IOException {
    return JSON.readTree(file.toFile());
  }

  private static Map<String, SafeTensors.Values> weights(Path folder) throws IOException {
    return SafeTensors.read(folder.resolve("model.safetensors"));
  }

  /** Resuming is exact for each objective, and its network is one that Hugging Face knows. */
  @ParameterizedTest
  @CsvSource({"mlm, ElectraForMaskedLM, mlm_loss", "clm, ElectraForCausalLM, clm_loss"})
  void aLanguageModelIsTrainedAloneAndResumedExactly(
      String objective, String architecture, String loss) throws IOException {
    Path whole = folder.resolve("whole");
    Path halves = folder.resolve("halves");
    Object[] options = {"--objective", objective, "--schedule-steps", 9, "--dropout", 0.1};
    assertEquals(0, pretrain(whole, 4, options).code());
    assertEquals(0, pretrain(halves, 2, options).code());
    assertEquals(0, pretrain(halves, 4, "--resume").code());
    assertArrayEquals(
        Files.readAllBytes(whole.resolve("generator/model.safetensors")),
        Files.readAllBytes(halves.resolve("generator/model.safetensors")));
    assertFalse(Files.exists(whole.resolve("discriminator")));
    JsonNode config = json(whole.resolve("generator/config.json"));
    assertEquals(architecture, config.get("architectures").get(0).asText());
    assertEquals(objective.equals("clm"), config.path("is_decoder").asBoolean());
    assertEquals(128, config.get("hidden_size").asInt(), "the discriminator's size");
    JsonNode first = JSON.readTree(Files.readAllLines(whole.resolve("metrics.jsonl")).get(0));
    assertEquals(Math.log(SmallCorpus.pieces().size()), first.get(loss).asDouble(), 0.2);
    assertFalse(first.has("rtd_loss"));
  }

  @Test
  void microBatchesAreResumedExactly() throws IOException {
    Path whole = folder.resolve("whole");
    Path halves = folder.resolve("halves");
    Object[] options = {"--micro-batches", 2, "--schedule-steps", 9, "--recipe", "paper"};
    assertEquals(0, pretrain(whole, 4, options).code());
    assertEquals(0, pretrain(halves, 2, options).code());
    assertEquals(0, pretrain(halves, 4, "--resume").code());
    for (String network : List.of("discriminator", "generator")) {
      assertArrayEquals(
          Files.readAllBytes(whole.resolve(network).resolve("model.safetensors")),
          Files.readAllBytes(halves.resolve(network).resolve("model.safetensors")),
          network);
    }
  }

  @Test
  void thePapersRecipeIsThePapers() throws IOException {
    Path run = folder.resolve("run");
    assertEquals(0, pretrain(run, 2, "--recipe", "paper", "--schedule-steps", 62_500).code());
    JsonNode config = json(run.resolve("run.json")).get("config");
    assertEquals("PAPER", config.get("recipe").asText());
    assertEquals("PADDED", config.get("packing").asText());
    assertEquals("WITH_REPLACEMENT", config.get("masking").get("draw").asText());
    assertEquals("ELECTRA", config.get("masking").get("shown").asText());
    assertEquals(0.15, config.get("masking").get("rate").asDouble());
    assertEquals(0.1, config.get("dropout").asDouble());
    assertEquals(10_000, config.get("warmupSteps").asInt());
    assertEquals("TRUNCATED_NORMAL", config.get("positions").asText());
    assertEquals("NONE", config.get("biasCorrection").asText());
    assertEquals(50, config.get("detection").get("weight").asDouble());
    assertEquals("TIED", config.get("detection").get("embeddings").asText());
    CommandRun other = pretrain(run, 2, "--resume", "--recipe", "recommended");
    assertEquals(2, other.code());
    assertEquals(
        "electra pretrain: " + run + " was started with recipe=PAPER; recipe=RECOMMENDED",
        other.errorLine());
  }

  @Test
  void anAblationIsWhatItSays() throws IOException {
    Path run = folder.resolve("run");
    CommandRun started =
        pretrain(
            run,
            2,
            "--discriminator-loss",
            "all_tokens_mlm",
            "--embeddings",
            "untied",
            "--generator-size",
            0.25,
            "--mask-rate",
            0.3);
    assertEquals(0, started.code(), started.err());
    assertEquals(
        32, json(run.resolve("generator/config.json")).get("hidden_size").asInt(), "a quarter");
    JsonNode config = json(run.resolve("discriminator/config.json"));
    assertEquals("ElectraForMaskedLM", config.get("architectures").get(0).asText());
    JsonNode first = JSON.readTree(Files.readAllLines(run.resolve("metrics.jsonl")).get(0));
    assertTrue(first.has("discriminator_loss") && !first.has("rtd_loss"), first.toString());
  }

  @Test
  void badSettingsAreRefused() {
    assertEquals(
        "electra pretrain: microBatches must be in 1..batchSize=4; microBatches=5",
        pretrain(folder.resolve("a"), 1, "--micro-batches", 5).errorLine());
    assertEquals(
        "electra pretrain: generatorFraction must be in (0, 1]; generatorFraction=1.5",
        pretrain(folder.resolve("a"), 1, "--generator-size", 1.5).errorLine());
    assertFalse(Files.exists(folder.resolve("a")));
  }

  /** Clark et al. 2020, section 3.2: a discriminator that starts from a generator of its size. */
  @Test
  void aDiscriminatorCanStartFromALanguageModelsLayers() throws IOException {
    Path first = folder.resolve("first");
    Path second = folder.resolve("second");
    assertEquals(0, pretrain(first, 2, "--objective", "mlm").code());
    CommandRun started =
        pretrain(
            second,
            1,
            "--init-from",
            first,
            "--init-parts",
            "body",
            "--generator-size",
            1,
            "--checkpoint-every",
            5);
    assertEquals(0, started.code(), started.err());
    Map<String, SafeTensors.Values> before = weights(first.resolve("generator"));
    Map<String, SafeTensors.Values> after =
        SafeTensors.read(second.resolve("checkpoints/step-000000000/parameters.safetensors"));
    String layer = "electra.encoder.layer.3.output.dense.weight";
    assertArrayEquals(before.get(layer).floats(), after.get(layer).floats());
    assertArrayEquals(before.get(layer).floats(), after.get("generator." + layer).floats());
    String head = "generator_predictions.dense.weight";
    assertArrayEquals(before.get(head).floats(), after.get("generator." + head).floats());
    double replaced = 0.85 * 0.15;
    assertEquals(
        Math.log(replaced / (1 - replaced)),
        after.get("discriminator_predictions.dense_prediction.bias").floats()[0],
        1e-6);
  }

  /** Of a pair with a smaller generator, the discriminator has the body that fits. */
  @Test
  void aLanguageModelCanStartFromADiscriminatorsLayers() throws IOException {
    Path first = folder.resolve("first");
    Path second = folder.resolve("second");
    assertEquals(0, pretrain(first, 2).code());
    CommandRun started =
        pretrain(second, 1, "--objective", "mlm", "--init-from", first, "--checkpoint-every", 5);
    assertEquals(0, started.code(), started.err());
    String layer = "electra.encoder.layer.3.output.dense.weight";
    assertArrayEquals(
        weights(first.resolve("discriminator")).get(layer).floats(),
        SafeTensors.read(second.resolve("checkpoints/step-000000000/parameters.safetensors"))
            .get(layer)
            .floats());
  }

  @Test
  void oneDirectoryIsEnoughToStartFrom() throws IOException {
    Path first = folder.resolve("first");
    assertEquals(0, pretrain(first, 2).code());
    Path second = folder.resolve("second");
    CommandRun started =
        pretrain(second, 1, "--init-from", first.resolve("discriminator"), "--checkpoint-every", 5);
    assertEquals(0, started.code(), started.err());
    Map<String, SafeTensors.Values> before = weights(first.resolve("discriminator"));
    Map<String, SafeTensors.Values> after =
        SafeTensors.read(second.resolve("checkpoints/step-000000000/parameters.safetensors"));
    for (Map.Entry<String, SafeTensors.Values> weight : before.entrySet()) {
      if (!weight.getKey().contains("attention.self")) {
        assertArrayEquals(
            weight.getValue().floats(), after.get(weight.getKey()).floats(), weight.getKey());
      }
    }
    CommandRun wrong =
        pretrain(
            folder.resolve("third"),
            1,
            "--init-from",
            first.resolve("discriminator"),
            "--init-parts",
            "generator");
    assertEquals(2, wrong.code());
    assertEquals(
        "electra pretrain: "
            + first.resolve("discriminator")
            + " holds no generator, which --init-parts asks for",
        wrong.errorLine());
    CommandRun nothing = pretrain(folder.resolve("third"), 1, "--init-from", folder);
    assertEquals(2, nothing.code());
    assertEquals(
        "electra pretrain: "
            + folder
            + " holds no network; expected a run, or a directory with config.json",
        nothing.errorLine());
  }

  @Test
  void aLanguageModelIsFineTuned() throws IOException {
    Path run = folder.resolve("run");
    assertEquals(0, pretrain(run, 1, "--objective", "clm").code());
    Path data =
        Files.writeString(
            folder.resolve("data.jsonl"),
            "{\"text\": \"the bank\", \"label\": \"a\"}\n{\"text\": \"rain\", \"label\": \"b\"}\n");
    CommandRun tuned =
        CommandRun.of(
            "finetune",
            "--task",
            "classify",
            "--model",
            run.resolve("generator"),
            "--train",
            data,
            "--dev",
            data,
            "--epochs",
            1,
            "--threads",
            1,
            "--output",
            folder.resolve("tuned"));
    assertEquals(0, tuned.code(), tuned.err());
    assertFalse(json(folder.resolve("tuned/config.json")).has("is_decoder"));
  }
}
