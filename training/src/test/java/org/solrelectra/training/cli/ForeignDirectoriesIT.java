package org.solrelectra.training.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.solrelectra.training.SmallCorpus;
import org.solrelectra.training.checkpoint.SafeTensors;
import org.solrelectra.training.checkpoint.SafeTensors.Values;
import org.solrelectra.training.checkpoint.TorchFileWriter;
import org.solrelectra.training.storage.FileHash;
import org.solrelectra.training.storage.Folders;

/** Model directories as others have them: what is taken, and what is said of the rest. */
class ForeignDirectoriesIT {
  private static final String WORDS = "electra.embeddings.word_embeddings.weight";
  private static final String POSITIONS = "electra.embeddings.position_embeddings.weight";

  /** Rows of the word table that no piece has. */
  private static final int SPARE = 3;

  @TempDir private static Path shared;
  @TempDir private Path folder;
  private Path run;
  private Path model;
  private Path data;

  @BeforeAll
  static void pretrain() throws IOException {
    CommandRun run =
        CommandRun.pretrain(
            SmallCorpus.writeText(shared, 60),
            SmallCorpus.writeVocabulary(shared),
            shared.resolve("run"),
            1,
            "--batch-size",
            2,
            "--sequence-length",
            16);
    assertEquals(0, run.code(), run.err());
  }

  @BeforeEach
  void copy() throws IOException {
    run = folder.resolve("run");
    for (String name : List.of("discriminator", "generator")) {
      Files.createDirectories(run);
      Folders.copy(shared.resolve("run").resolve(name), run.resolve(name));
    }
    model = run.resolve("discriminator");
    data = Files.writeString(folder.resolve("data.tsv"), "text\tlabel\nteam\tsport\nrain\tday\n");
  }

  /** Drops the last pieces of both networks, but not their rows. */
  private Path dropPieces() throws IOException {
    List<String> pieces = SmallCorpus.pieces();
    List<String> fewer = pieces.subList(0, pieces.size() - SPARE);
    for (String name : List.of("discriminator", "generator")) {
      Files.write(run.resolve(name).resolve("vocab.txt"), fewer);
    }
    return model.resolve("vocab.txt");
  }

  private CommandRun fineTune(String task, Path training, Object... more) {
    List<Object> arguments =
        new ArrayList<>(List.of("finetune", "--task", task, "--model", model, "--threads", 1));
    arguments.addAll(List.of("--train", training, "--epochs", 1));
    arguments.addAll(List.of("--output", folder.resolve("tuned")));
    arguments.addAll(Arrays.asList(more));
    return CommandRun.of(arguments.toArray());
  }

  private void assertFails(String message, CommandRun run) {
    assertEquals(message, run.errorLine());
    assertEquals(1, run.code());
  }

  private static long[] shapeOfWords(Path directory) throws IOException {
    return SafeTensors.read(directory.resolve("model.safetensors")).get(WORDS).shape();
  }

  @Test
  void moreRowsThanPiecesAreFineTunedAndExported() throws IOException {
    dropPieces();
    int rows = SmallCorpus.pieces().size();
    CommandRun tuned = fineTune("classify", data, "--dev", data);
    assertEquals(0, tuned.code(), tuned.err());
    Path exported = folder.resolve("exported");
    CommandRun export =
        CommandRun.of("export", "--checkpoint", folder.resolve("tuned"), "--output", exported);
    assertEquals(0, export.code(), export.err());
    assertEquals(rows, shapeOfWords(exported)[0]);
    JsonNode config = new ObjectMapper().readTree(exported.resolve("config.json").toFile());
    assertEquals(rows, config.get("vocab_size").asInt());
    CommandRun score = CommandRun.withInput("{\"text\":\"rain\"}", "score", "--model", exported);
    assertEquals(0, score.code(), score.err());
  }

  @Test
  void moreRowsThanPiecesAreImported() throws IOException {
    dropPieces();
    Path output = folder.resolve("imported");
    CommandRun imported = CommandRun.of("import", "--from", run, "--output", output);
    assertEquals(0, imported.code(), imported.err());
    assertEquals(
        "written: "
            + output.resolve("discriminator")
            + ": 4 layers of 128, vocabulary of "
            + (SmallCorpus.pieces().size() - SPARE)
            + ", 0.9 million weights; the word table has 3 rows more than there are pieces",
        imported.out().lines().findFirst().orElseThrow());
    assertEquals(SmallCorpus.pieces().size(), shapeOfWords(output.resolve("discriminator"))[0]);
  }

  /** A run's own tables have a row for each piece and no more. */
  @ParameterizedTest
  @ValueSource(strings = {"tied", "gdes"})
  void moreRowsThanPiecesArePretrainedOn(String embeddings) throws IOException {
    Path vocabulary = dropPieces();
    Path second = folder.resolve("second");
    CommandRun started =
        CommandRun.pretrain(
            shared.resolve("corpus.txt"),
            vocabulary,
            second,
            1,
            "--batch-size",
            2,
            "--sequence-length",
            16,
            "--init-from",
            run,
            "--embeddings",
            embeddings);
    assertEquals(0, started.code(), started.err());
    assertEquals(
        SmallCorpus.pieces().size() - SPARE, shapeOfWords(second.resolve("discriminator"))[0]);
    Map<String, Values> before = SafeTensors.read(model.resolve("model.safetensors"));
    Map<String, Values> after =
        SafeTensors.read(second.resolve("checkpoints/step-000000000/parameters.safetensors"));
    assertArrayEquals(before.get(POSITIONS).floats(), after.get(nameIn(after)).floats());
  }

  private static String nameIn(Map<String, Values> weights) {
    String ofGenerator = "generator." + POSITIONS;
    return weights.containsKey(ofGenerator) ? ofGenerator : POSITIONS;
  }

  @ParameterizedTest
  @CsvSource({"tied, both", "gdes, discriminator", "gdes, body"})
  void aDirectoryWithoutAPositionTableIsNamed(String embeddings, String parts) throws IOException {
    Map<String, Values> weights = SafeTensors.read(model.resolve("model.safetensors"));
    weights.remove(POSITIONS);
    Files.delete(model.resolve("model.safetensors"));
    SafeTensors.write(model.resolve("model.safetensors"), weights, SafeTensors.DataType.F32);
    assertFails(
        "electra pretrain: "
            + model
            + " does not fit the network; missing weights: ["
            + POSITIONS
            + "]; unexpected weights: []",
        CommandRun.pretrain(
            shared.resolve("corpus.txt"),
            shared.resolve("vocab.txt"),
            folder.resolve("second"),
            1,
            "--init-from",
            run,
            "--init-parts",
            parts,
            "--embeddings",
            embeddings));
    assertFails(
        "electra finetune: the model to start from does not fit the network; missing weights: ["
            + POSITIONS
            + "]; unexpected weights: []",
        fineTune("classify", data, "--dev", data));
  }

  @Test
  void aPyTorchFileIsEnough() throws IOException {
    Path file = model.resolve("pytorch_model.bin");
    TorchFileWriter.writeZip(file, SafeTensors.read(model.resolve("model.safetensors")));
    Files.delete(model.resolve("model.safetensors"));
    CommandRun tuned = fineTune("classify", data, "--dev", data);
    assertEquals(0, tuned.code(), tuned.err());
    JsonNode record = new ObjectMapper().readTree(folder.resolve("tuned/finetuning.json").toFile());
    assertEquals(FileHash.of(file), record.get("start_sha256").asText());
  }

  @Test
  void filesInPartsAreEnough() throws IOException {
    Files.move(model.resolve("model.safetensors"), model.resolve("part.safetensors"));
    ObjectNode index = new ObjectMapper().createObjectNode();
    ObjectNode map = index.putObject("weight_map");
    SafeTensors.read(model.resolve("part.safetensors"))
        .keySet()
        .forEach(name -> map.put(name, "part.safetensors"));
    Files.writeString(model.resolve("model.safetensors.index.json"), index.toString());
    CommandRun tuned = fineTune("classify", data, "--dev", data);
    assertEquals(0, tuned.code(), tuned.err());
    JsonNode record = new ObjectMapper().readTree(folder.resolve("tuned/finetuning.json").toFile());
    assertEquals(64, record.get("start_sha256").asText().length());
  }

  @Test
  void whatImportWroteNamesTheFoldersBelow() throws IOException {
    String message =
        run
            + " is not a model directory: it holds no config.json, but folders that do; name one of ["
            + run.resolve("discriminator")
            + ", "
            + run.resolve("generator")
            + "]";
    assertFails(
        "electra export: " + message,
        CommandRun.of("export", "--checkpoint", run, "--output", folder.resolve("exported")));
    model = run;
    assertFails("electra finetune: " + message, fineTune("classify", data, "--dev", data));
  }

  @Test
  void aTensorFlowCheckpointNamesTheCommandThatReadsIt() throws IOException {
    model = Files.createDirectory(folder.resolve("google"));
    Files.createFile(model.resolve("electra_small.index"));
    assertFails(
        "electra finetune: "
            + model
            + " is not a model directory: it holds a TensorFlow checkpoint, of which electra import makes one",
        fineTune("classify", data, "--dev", data));
    model = data;
    assertFails(
        "electra finetune: " + data + " is not a model directory: it is a file",
        fineTune("classify", data, "--dev", data));
  }

  private void edit(String key, String json) throws IOException {
    ObjectMapper mapper = new ObjectMapper();
    Path file = model.resolve("config.json");
    ObjectNode config = (ObjectNode) mapper.readTree(file.toFile());
    config.set(key, mapper.readTree(json));
    Files.writeString(file, config.toString());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "type_vocab_size | 1 | type_vocab_size must be at least 2, one for a text and one for its pair; type_vocab_size=1",
        "type_vocab_size | [2] | type_vocab_size must be a number; type_vocab_size=[2]",
        "layer_norm_eps | true | layer_norm_eps must be a number; layer_norm_eps=true",
        "id2label | {\"0\":null} | id2label must name each label; id2label.0=null",
        "id2label | {\"0\":\"\"} | id2label must name each label; id2label.0=\"\"",
        "id2label | {\"0\":{\"x\":1}} | id2label must name each label; id2label.0={\"x\":1}",
      })
  void configurationsThatCannotBeTrainedAreRefusedByKey(String key, String value, String message)
      throws IOException {
    edit(key, value);
    assertFails(
        "electra finetune: " + model.resolve("config.json") + ": " + message,
        fineTune("classify", data, "--dev", data));
    assertFails(
        "electra import: " + model.resolve("config.json") + ": " + message,
        CommandRun.of("import", "--from", model, "--output", folder.resolve("imported")));
  }

  @ParameterizedTest
  @CsvSource({"1, 2", "0, 0", "-1, 0"})
  void aRankerNeedsRelevantPassagesAndOthers(int grade, int relevant) throws IOException {
    String header = "query\tpassage\tlabel\n";
    Path training =
        Files.writeString(
            folder.resolve("pairs.tsv"),
            header + "late\tteam\t" + grade + "\nlate\train\t" + grade + "\n");
    Path development =
        Files.writeString(folder.resolve("dev.tsv"), header + "late\tteam\t1\nlate\train\t0\n");
    assertFails(
        "electra finetune: training pairs must be relevant (label 1 and above) and not (0 and below), or there is nothing to"
            + " learn; relevant="
            + relevant
            + ", pairs=2",
        fineTune("rank", training, "--dev", development));
  }

  @Test
  void labelsWithBlanksAreTheSameLabels() throws IOException {
    Path training =
        Files.writeString(
            folder.resolve("train.tsv"),
            "text\tlabel\nteam\tsport\ngoal\tsport \nrain\t day\nwind\tday\n");
    CommandRun tuned = fineTune("classify", training, "--dev", data);
    assertEquals(0, tuned.code(), tuned.err());
    assertEquals(
        "warning: "
            + training
            + ": blanks around labels were removed; labels with blanks: 2, the first in line 3: 'sport '",
        tuned.errorLine());
    JsonNode config = new ObjectMapper().readTree(folder.resolve("tuned/config.json").toFile());
    assertEquals("{\"0\":\"day\",\"1\":\"sport\"}", config.get("id2label").toString());
  }
}
