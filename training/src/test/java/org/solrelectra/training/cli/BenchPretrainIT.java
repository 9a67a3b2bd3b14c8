package org.solrelectra.training.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.solrelectra.training.network.Libtorch;

class BenchPretrainIT {
  private static CommandRun bench(Object... more) {
    List<Object> arguments =
        new ArrayList<>(List.of("bench", "pretrain", "--size", "tiny", "--vocabulary-size", 200));
    arguments.addAll(List.of("--batch-size", 2, "--sequence-length", 32));
    arguments.addAll(List.of("--steps", 3, "--threads", 1, "--json"));
    arguments.addAll(Arrays.asList(more));
    return CommandRun.of(arguments.toArray());
  }

  @ParameterizedTest
  @CsvSource({
    "rtd, paper, fp32, 'batch, tensors, generator, sampling, discriminator, backward, update'",
    "rtd, recommended, bf16, 'batch, tensors, generator, sampling, discriminator, backward, update'",
    "mlm, recommended, fp32, 'batch, tensors, network, backward, update'",
  })
  void aStepIsTimedByPhase(String objective, String recipe, String precision, String phases)
      throws IOException {
    CommandRun run = bench("--objective", objective, "--recipe", recipe, "--precision", precision);
    assertEquals(0, run.code(), run.err());
    List<String> lines = run.out().lines().toList();
    String first = "TINY, 2 x 32 tokens, " + precision + ", " + recipe + " recipe, 1 threads: ";
    assertTrue(
        lines.get(0).toLowerCase(Locale.ROOT).startsWith(first.toLowerCase(Locale.ROOT)),
        run.out());
    JsonNode json = new ObjectMapper().readTree(lines.get(lines.size() - 1));
    double rate = json.get("tokensPerSecond").asDouble();
    assertTrue(rate > 0);
    double flops = json.get("flopsPerToken").asDouble();
    assertTrue(flops > 0);
    if (json.has("mfu")) { // not where bfloat16 is emulated
      assertEquals(
          rate * flops / json.get("peakFlops").asDouble(), json.get("mfu").asDouble(), 1e-3);
    }
    List<String> named = new ArrayList<>();
    json.get("phaseMillis").fieldNames().forEachRemaining(named::add);
    assertEquals(phases, String.join(", ", named));
    double millis = 0;
    // On a CPU the program computes what it gives to the device.
    assertEquals(json.get("phaseMillis"), json.get("hostMillis"));
    for (JsonNode phase : json.get("phaseMillis")) {
      millis += phase.asDouble();
    }
    double step = 1000 * 64 / rate;
    assertTrue(millis > step / 20 && millis < step * 20, "phases add up to about a step");
  }

  @Test
  void optionsOfTrainingAreTimed() {
    CommandRun run = bench("--matrix-optimizer", "muon", "--vocabulary-multiple", 64);
    assertEquals(0, run.code(), run.err());
    CommandRun wrong = bench("--vocabulary-multiple", 0);
    assertEquals(2, wrong.code());
    assertEquals(
        "electra bench pretrain: vocabularyMultiple must be in 1..1024; vocabularyMultiple=0",
        wrong.errorLine());
  }

  @Test
  void aPeakCanBeGiven() throws IOException {
    CommandRun run = bench("--peak-tflops", 989);
    assertEquals(0, run.code(), run.err());
    List<String> lines = run.out().lines().toList();
    JsonNode json = new ObjectMapper().readTree(lines.get(lines.size() - 1));
    assertEquals(989e12, json.get("peakFlops").asDouble());
  }

  @Test
  void aGpuThatIsNotThereIsAClearError() {
    assumeFalse(Libtorch.start(1, Libtorch.Choice.AUTO).usesGpu());
    CommandRun run = bench("--device", "cuda");
    assertEquals(2, run.code());
    assertEquals(
        "electra bench pretrain: --device cuda needs a GPU that libtorch finds, and a build with the profile gpu; found"
            + " none",
        run.errorLine());
  }
}
