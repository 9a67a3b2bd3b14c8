package org.solrelectra.training.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.solrelectra.training.SmallCorpus;
import org.solrelectra.training.checkpoint.HuggingFaceModel;
import org.solrelectra.training.checkpoint.SafeTensors.Values;

/** What later work found better than the paper: the written networks stay plain ELECTRAs. */
class ImprovementsIT {
  private static final String[] PAIR = {"discriminator", "generator"};

  @TempDir private Path folder;
  private Path corpus;
  private Path vocabulary;

  @BeforeEach
  void writeCorpus() throws IOException {
    corpus = SmallCorpus.writeText(folder, 120);
    vocabulary = SmallCorpus.writeVocabulary(folder);
  }

  private Path pretrained(String name, int steps, Object... more) {
    Path run = folder.resolve(name);
    List<Object> options = new ArrayList<>(List.of("--batch-size", 4, "--sequence-length", 32));
    options.addAll(List.of(more));
    CommandRun command = CommandRun.pretrain(corpus, vocabulary, run, steps, options.toArray());
    assertEquals(0, command.code(), command.err());
    return run;
  }

  private static Map<String, Values> weights(Path run, String network) throws IOException {
    return HuggingFaceModel.read(run.resolve(network)).weights();
  }

  /** A run of six steps is one of three, stopped, and three more; both networks load. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "--matrix-optimizer muon",
        "--vocabulary-multiple 64",
        "--packing block_diagonal",
        "--packing block_diagonal --objective clm",
        "--embeddings gdes",
        "--generator-dropout 0 --dropout 0.1",
        "--matrix-optimizer muon --vocabulary-multiple 64 --packing block_diagonal --embeddings gdes",
      })
  void resumingIsExactAndTheNetworksAreOfTheUsualForm(String options) throws IOException {
    List<Object> given = new ArrayList<>(List.of("--schedule-steps", 12));
    given.addAll(List.of(options.split(" ")));
    Object[] scheduled = given.toArray();
    Path whole = pretrained("whole", 6, scheduled);
    Path halves = pretrained("halves", 3, scheduled);
    pretrained("halves", 6, "--resume");
    Path plain = pretrained("plain", 6, "--schedule-steps", 12);
    boolean clm = options.contains("clm");
    for (String network : clm ? new String[] {"generator"} : PAIR) {
      assertArrayEquals(
          Files.readAllBytes(whole.resolve(network).resolve("model.safetensors")),
          Files.readAllBytes(halves.resolve(network).resolve("model.safetensors")),
          network);
      assertEquals(
          shapes(plain, clm ? "discriminator" : network, clm), shapes(whole, network, clm));
    }
    // Padding the vocabulary changes no more than rounding, if that.
    if (!options.equals("--vocabulary-multiple 64")) {
      assertFalse(
          Arrays.equals(
              Files.readAllBytes(whole.resolve("generator/model.safetensors")),
              Files.readAllBytes(plain.resolve("generator/model.safetensors"))));
    }
  }

  private static Map<String, String> shapes(Path run, String network, boolean bodyAlone)
      throws IOException {
    Map<String, String> shapes = new HashMap<>();
    weights(run, network)
        .forEach(
            (name, values) -> {
              if (!bodyAlone || name.startsWith("electra.")) {
                shapes.put(name, Arrays.toString(values.shape()));
              }
            });
    return shapes;
  }

  /** From plain networks, and from there on with difference and padding, nothing is lost. */
  @Test
  void aRunMayStartFromNetworksOfAnotherLayout() throws IOException {
    Path first = pretrained("first", 2);
    Path second =
        pretrained(
            "second",
            1,
            "--init-from",
            first,
            "--learning-rate",
            0,
            "--embeddings",
            "gdes",
            "--vocabulary-multiple",
            64);
    for (String network : PAIR) {
      Map<String, Values> before = weights(first, network);
      Map<String, Values> after = weights(second, network);
      assertEquals(new TreeSet<>(before.keySet()), new TreeSet<>(after.keySet()));
      before.forEach(
          (name, values) ->
              assertArrayEquals(values.floats(), after.get(name).floats(), 1e-7f, name));
    }
  }

  /** A discriminator is what it was, whatever its tables are differences to. */
  @ParameterizedTest
  @ValueSource(strings = {"body", "discriminator"})
  void disentangledTablesStartFromAnyParts(String parts) throws IOException {
    Path first = pretrained("first", 2);
    Path second =
        pretrained(
            "second",
            1,
            "--init-from",
            first,
            "--init-parts",
            parts,
            "--learning-rate",
            0,
            "--embeddings",
            "gdes");
    String words = "electra.embeddings.word_embeddings.weight";
    float[] before = weights(first, "discriminator").get(words).floats();
    assertArrayEquals(before, weights(second, "discriminator").get(words).floats(), 1e-7f);
    // Not noise that a run would have to unlearn, while the difference to it stays.
    assertArrayEquals(before, weights(second, "generator").get(words).floats(), 1e-7f);
  }

  /** Of tiny: 5e-4 at 128 x 128 tokens a step. */
  @ParameterizedTest
  @CsvSource({"none, 5e-4", "sqrt, 1.5625e-5", "linear, 4.8828125e-7"})
  void theSizesRateFollowsTheBatch(String scaling, double expected) throws IOException {
    Path run = folder.resolve("run");
    CommandRun command =
        CommandRun.pretrain(
            corpus,
            vocabulary,
            run,
            1,
            "--batch-tokens",
            16,
            "--sequence-length",
            16,
            "--rate-scaling",
            scaling);
    assertEquals(0, command.code(), command.err());
    double rate =
        new ObjectMapper()
            .readTree(run.resolve("run.json").toFile())
            .get("config")
            .get("learningRate")
            .asDouble();
    assertEquals(expected, rate, 1e-12);
  }
}
