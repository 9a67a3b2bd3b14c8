package org.solrelectra.training.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.solrelectra.training.GoldenFiles;
import org.solrelectra.training.SmallCorpus;
import org.solrelectra.training.checkpoint.HuggingFaceModel;
import org.solrelectra.training.checkpoint.HuggingFaceWeights;
import org.solrelectra.training.checkpoint.SafeTensors;
import org.solrelectra.training.checkpoint.SafeTensors.Values;
import org.solrelectra.training.network.Attention;
import org.solrelectra.training.network.ElectraEmbeddings;
import org.solrelectra.training.network.ElectraEncoder;
import org.solrelectra.training.network.Mode;
import org.solrelectra.training.network.ParameterSet;
import org.solrelectra.training.network.Tensors;

/** What is imported of a BERT computes what Hugging Face's class does, and can be trained on. */
class ImportedBertIT {
  /** Both in float32; the states are about 1. */
  private static final float TOLERANCE = 1e-5f;

  private static final String NARROW = "8";

  @TempDir private Path folder;
  private Path from;
  private Path output;

  @BeforeEach
  void copy() throws IOException {
    from = BertGolden.copy("bare", folder.resolve("from"));
    output = folder.resolve("output");
  }

  private List<String> importIt(Object... more) {
    List<Object> arguments = new ArrayList<>(List.of("import", "--from", from, "--output", output));
    arguments.addAll(Arrays.asList(more));
    CommandRun run = CommandRun.of(arguments.toArray());
    assertEquals(0, run.code(), run.err());
    return run.out().lines().toList();
  }

  /** Returns the last hidden states of a batch, 0 at padding. */
  private float[] states(JsonNode batch) throws IOException {
    Path directory = output.resolve("discriminator");
    HuggingFaceModel model = HuggingFaceModel.read(directory);
    ParameterSet parameters = new ParameterSet(1, GoldenFiles.DEVICE);
    ElectraEmbeddings embeddings = new ElectraEmbeddings(parameters, "", model.config());
    ElectraEncoder encoder =
        new ElectraEncoder(parameters, "", model.config(), embeddings, Attention.BIDIRECTIONAL);
    HuggingFaceWeights.load(
        model.weights(), parameters, "", name -> false, name -> false, directory.toString());
    try (PointerScope scope = new PointerScope()) {
      Tensor mask = input(batch, "attention_mask");
      Tensor states =
          encoder.forward(
              input(batch, "input_ids"), input(batch, "token_type_ids"), mask, Mode.EVALUATION);
      return Tensors.floats(states.mul(mask.unsqueeze(2)));
    }
  }

  private static Tensor input(JsonNode batch, String key) {
    JsonNode rows = batch.get(key);
    return Tensors.ofLongs(
        GoldenFiles.longs(rows), GoldenFiles.DEVICE, rows.size(), rows.get(0).size());
  }

  private static float[] withoutPadding(Values states, JsonNode batch) {
    float[] kept = states.floats().clone();
    long[] mask = GoldenFiles.longs(batch.get("attention_mask"));
    int width = kept.length / mask.length;
    for (int i = 0; i < kept.length; i++) {
      kept[i] *= mask[i / width];
    }
    return kept;
  }

  private void assertStates(String name) throws IOException {
    JsonNode batches = BertGolden.inputs();
    int compared = 0;
    for (Map.Entry<String, Values> expected : BertGolden.expected(folder).entrySet()) {
      if (expected.getKey().startsWith(name + ".")) {
        JsonNode batch = batches.get(expected.getKey().substring(name.length() + 1));
        assertArrayEquals(
            withoutPadding(expected.getValue(), batch),
            states(batch),
            TOLERANCE,
            expected.getKey());
        compared++;
      }
    }
    assertTrue(compared >= 2, name);
  }

  @ParameterizedTest
  @ValueSource(strings = {"bare", "masked"})
  void hiddenStatesAreHuggingFaces(String name) throws IOException {
    from = BertGolden.copy(name, folder.resolve("other"));
    importIt();
    assertStates(name);
  }

  @Test
  void keptLayersComputeAsTheyDid() throws IOException {
    importIt("--layers", "2");
    assertStates("layer-2");
  }

  @Test
  void aNarrowBlockKeepsTheLargestDirections() throws IOException {
    List<String> lines = importIt("--embedding-size", NARROW);
    assertEquals(
        String.format(
            Locale.ROOT,
            "embeddings of 8: the word table's relative error is %.3f (Frobenius norm), so the network needs a realignment: train all"
                + " of it before it is used",
            BertGolden.expected(folder).get("word_table_error").floats()[0]),
        lines.get(1));
    assertEquals(2, lines.size());
    assertStates("factorized");
    byte[] once = Files.readAllBytes(output.resolve("discriminator/model.safetensors"));
    importIt("--embedding-size", NARROW);
    assertArrayEquals(once, Files.readAllBytes(output.resolve("discriminator/model.safetensors")));
  }

  /** Tables of few directions lose nothing: the states show that LayerNorm is carried over. */
  @Test
  void tablesOfFewDirectionsLoseNothing() throws IOException {
    Map<String, Values> weights = new LinkedHashMap<>(BertGolden.weights(from));
    for (String table : List.of("word", "position", "token_type")) {
      weights.computeIfPresent(
          "embeddings." + table + "_embeddings.weight", (name, values) -> ofFewDirections(values));
    }
    BertGolden.replaceWeights(from, weights);
    importIt();
    JsonNode batch = BertGolden.inputs().get("pair");
    float[] before = states(batch);
    List<String> lines = importIt("--embedding-size", NARROW, "--layers", "1,2");
    assertTrue(lines.get(1).contains("relative error is 0.000 "), lines.get(1));
    assertEquals(
        8, HuggingFaceModel.read(output.resolve("discriminator")).config().embeddingSize());
    assertArrayEquals(before, states(batch), 10 * TOLERANCE);
  }

  /** Makes each value a mix of the first five of its row, by weights that rows share. */
  private static Values ofFewDirections(Values table) {
    float[] floats = table.floats().clone();
    int width = (int) table.shape()[1];
    for (int i = 0; i < floats.length; i++) {
      int column = i % width;
      if (column >= 5) {
        float sum = 0;
        for (int part = 0; part < 5; part++) {
          sum += floats[i - column + part] * (float) Math.sin(column * (part + 1.0));
        }
        floats[i] = sum;
      }
    }
    return new Values(floats, table.shape());
  }

  @Test
  void itIsFineTunedExportedAndServed() throws IOException {
    importIt("--embedding-size", NARROW, "--layers", "2");
    Path data =
        Files.writeString(
            folder.resolve("data.tsv"), "text\tlabel\nthe cat sat\tcat\nthe dog ran\tdog\n");
    Path tuned = folder.resolve("tuned");
    CommandRun fineTuned =
        CommandRun.of(
            "finetune",
            "--task",
            "classify",
            "--model",
            output.resolve("discriminator"),
            "--threads",
            1,
            "--train",
            data,
            "--dev",
            data,
            "--epochs",
            1,
            "--output",
            tuned);
    assertEquals(0, fineTuned.code(), fineTuned.err());
    Path exported = folder.resolve("exported");
    CommandRun export = CommandRun.of("export", "--checkpoint", tuned, "--output", exported);
    assertEquals(0, export.code(), export.err());
    CommandRun score = CommandRun.withInput("{\"text\":\"a dog\"}", "score", "--model", exported);
    assertEquals(0, score.code(), score.err());
  }

  private CommandRun pretrain(Path corpusFolder, Path initial, Path run) {
    return CommandRun.pretrain(
        corpusFolder.resolve("corpus.txt"),
        corpusFolder.resolve("vocab.txt"),
        run,
        1,
        "--batch-size",
        2,
        "--sequence-length",
        16,
        "--init-from",
        initial);
  }

  @Test
  void itIsPretrainedOnAgainstANewGenerator() throws IOException {
    SmallCorpus.writeText(folder, 60);
    SmallCorpus.writeVocabulary(folder);
    CommandRun first =
        CommandRun.pretrain(
            folder.resolve("corpus.txt"),
            folder.resolve("vocab.txt"),
            folder.resolve("first"),
            1,
            "--batch-size",
            2,
            "--sequence-length",
            16);
    assertEquals(0, first.code(), first.err());
    from = folder.resolve("first/discriminator");
    Map<String, Values> bert = new LinkedHashMap<>();
    BertGolden.weights(from)
        .forEach(
            (name, values) -> {
              if (name.startsWith("electra.")) {
                bert.put(name.replace("electra.", "bert."), values);
              }
            });
    BertGolden.replaceWeights(from, bert);
    BertGolden.configure(from, "model_type", "bert");
    BertGolden.configure(from, "architectures", List.of("BertForMaskedLM"));
    BertGolden.configure(from, "embedding_size", null);
    importIt();
    Path second = folder.resolve("second");
    CommandRun started = pretrain(folder, output, second);
    assertEquals(0, started.code(), started.err());
    Map<String, Values> start =
        SafeTensors.read(second.resolve("checkpoints/step-000000000/parameters.safetensors"));
    String bias = "encoder.layer.3.output.dense.weight";
    assertArrayEquals(bert.get("bert." + bias).floats(), start.get("electra." + bias).floats());
    assertTrue(start.containsKey("generator.electra." + bias));
    importIt("--layers", "1,3");
    assertEquals(
        "electra pretrain: "
            + output
            + " has a discriminator of another size; expected num_hidden_layers=4; num_hidden_layers=2",
        pretrain(folder, output, folder.resolve("third")).errorLine());
  }
}
