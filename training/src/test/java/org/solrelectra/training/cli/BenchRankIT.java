package org.solrelectra.training.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.solrelectra.training.checkpoint.HuggingFaceDirectory.Head;
import org.solrelectra.training.export.FixtureModelMaker;
import org.solrelectra.training.export.ModelExporter;
import org.solrelectra.training.task.Calibration;

class BenchRankIT {
  private static final String AT_ONCE =
      "model\\.onnx +[0-9.]+ ms until 2 queries at once are answered \\([0-9.]+ to [0-9.]+\\):"
          + " [0-9.]+ times one alone";

  private static final String MEMORY =
      "resident MB: [0-9.]+, [+-][0-9.]+ when the graph was open, [+-][0-9.]+ after all queries";

  @TempDir private Path folder;

  private CommandRun bench(int tokens, Object... more) throws IOException {
    List<Object> arguments =
        new ArrayList<>(
            List.of(
                "bench",
                "rank",
                "--model",
                model(),
                "--passages",
                3,
                "--tokens",
                tokens,
                "--rounds",
                2));
    arguments.addAll(List.of(more));
    return CommandRun.of(arguments.toArray());
  }

  private Path model() throws IOException {
    Path model = folder.resolve("model");
    ModelExporter.export(
        FixtureModelMaker.model(Head.ranker()),
        new ModelExporter.Options(
            "a-model",
            "1",
            null,
            ModelExporter.Graphs.ALL,
            Calibration.NONE,
            new ObjectMapper().createObjectNode()),
        model);
    return model;
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 24})
  void eachGraphScoresTheSamePassages(int tokens) throws IOException {
    CommandRun run = bench(tokens, "--json");
    assertEquals(0, run.code(), run.err());
    JsonNode graphs = new ObjectMapper().readTree(run.lastLine());
    assertEquals(2, graphs.size());
    assertEquals("model.onnx", graphs.get(0).get("graph").asText());
    assertEquals(1, graphs.get(0).get("speed").asDouble());
    assertEquals("model.fast.onnx", graphs.get(1).get("graph").asText());
    assertTrue(graphs.get(1).get("medianMillis").asDouble() > 0);
    assertTrue(graphs.get(1).get("largestDifference").asDouble() < 1e-4);
  }

  @Test
  void queriesAtOnceAreTimedBesideOneAlone() throws IOException {
    CommandRun run = bench(24, "--queries", 2, "--json");
    assertEquals(0, run.code(), run.err());
    JsonNode graphs = new ObjectMapper().readTree(run.lastLine());
    assertTrue(graphs.get(1).get("atOnceMillis").asDouble() > 0);
    assertTrue(run.out().lines().anyMatch(line -> line.matches(AT_ONCE)), run.out());
  }

  @Test
  @EnabledOnOs(OS.LINUX)
  void oneGraphAloneCanBeAskedForItsMemory() throws IOException {
    CommandRun run = bench(24, "--memory", "model.fast.onnx");
    assertEquals(0, run.code(), run.err());
    assertTrue(run.lastLine().matches(MEMORY), run.out());
    assertFalse(run.out().contains("model.onnx"), run.out());
  }

  @Test
  void countsMustBeAtLeastOne() throws IOException {
    CommandRun run = bench(24, "--queries", 0);
    assertEquals(2, run.code());
    assertEquals(
        "electra bench rank: --passages, --threads, --rounds and --queries must be at least 1;"
            + " --passages=3, --threads=2, --rounds=2, --queries=0",
        run.err().strip());
  }

  @Test
  void aPairThatHoldsNoPassageIsRefused() throws IOException {
    CommandRun run = CommandRun.of("bench", "rank", "--model", model(), "--tokens", 5);
    assertEquals(2, run.code());
    assertTrue(run.err().contains("--tokens must be 0 or at least 20"), run.err());
  }

  @Test
  void aPairThatTheModelWouldCutIsRefused() throws IOException {
    CommandRun run = CommandRun.of("bench", "rank", "--model", model(), "--tokens", 65);
    assertEquals(2, run.code());
    assertTrue(run.err().contains("--tokens must be at most the model's 64"), run.err());
  }
}
