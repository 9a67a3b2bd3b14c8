package org.solrelectra.training.metrics;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MetricsFileTest {
  private static final String FIRST = "{\"step\":4,\"split\":\"training\",\"mlm_loss\":9.5}";

  @TempDir private Path run;
  private Path file;

  @BeforeEach
  void nameTheFile() {
    file = run.resolve("metrics.jsonl");
  }

  @Test
  void readsWhatARunMeasured() throws IOException {
    Files.writeString(
        file, FIRST + "\n{\"step\":4,\"split\":\"held-out\",\"mlm_loss\":9,\"tokens\":512}\n");
    List<MetricsLine> lines = MetricsFile.read(run);
    assertEquals(
        List.of(
            new MetricsLine(4, Split.TRAINING, new TreeMap<>(Map.of("mlm_loss", 9.5))),
            new MetricsLine(
                4, Split.HELD_OUT, new TreeMap<>(Map.of("mlm_loss", 9.0, "tokens", 512.0)))),
        lines);
    assertEquals(OptionalDouble.of(4), lines.get(0).value("step"));
    assertEquals(OptionalDouble.empty(), lines.get(0).value("rtd_loss"));
  }

  @Test
  void aLastLineThatAKillCutShortIsLeftOut() throws IOException {
    for (int length = 0; length < FIRST.length(); length++) {
      Files.writeString(file, FIRST + "\n" + FIRST.substring(0, length));
      assertEquals(1, MetricsFile.read(run).size(), FIRST.substring(0, length));
    }
  }

  @Test
  void whatIsNotFiniteCountsAsNotMeasured() throws IOException {
    Files.writeString(
        file,
        "{\"step\":1,\"split\":\"training\",\"mlm_loss\":\"NaN\",\"rtd_loss\":1e999,\"total_loss\":2}\n");
    assertEquals(Map.of("total_loss", 2.0), MetricsFile.read(run).get(0).values());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '#',
      quoteCharacter = '~',
      value = {
        "{\"step\":5,\"split\" # ' line 2 must be a JSON object; it is '{\"step\":5,\"split\"'",
        "[1] # ' line 2 must be a JSON object; it is '[1]'",
        "~~ # ' line 2 must be a JSON object; it is ''",
        "no JSON, and more than forty characters of it"
            + " # ' line 2 must be a JSON object; it is 'no JSON, and more than forty characters ...'",
        "{\"split\":\"training\"} # ' line 2: step must be a whole number; step=missing",
        "{\"step\":1.5} # ' line 2: step must be a whole number; step=1.5",
        "{\"step\":-1,\"split\":\"training\"} # ' line 2: step must be at least 0; step=-1",
        "{\"step\":5,\"split\":\"test\"}"
            + " # ' line 2: split must be one of [training, held-out]; split=test",
        "{\"step\":5,\"split\":\"training\",\"mlm_loss\":\"9\"}"
            + " # ' line 2: mlm_loss must be a number; mlm_loss=\"9\"",
        "{\"step\":3,\"split\":\"training\"}"
            + " # ' line 2: step must be at least the one before, 4; step=3",
      })
  void damageIsNamed(String line, String message) throws IOException {
    Files.writeString(file, FIRST + "\n" + line + "\n");
    assertEquals(
        file + message.substring(1),
        assertThrows(InvalidMetricsException.class, () -> MetricsFile.read(run)).getMessage());
  }

  @Test
  void bytesThatAreNotTextAreDamage() throws IOException {
    Files.write(file, new byte[] {'{', (byte) 0xff, '}', '\n'});
    assertEquals(
        file + " line 1 must be a JSON object; it is '{\uFFFD}'",
        assertThrows(InvalidMetricsException.class, () -> MetricsFile.read(run)).getMessage());
  }

  @Test
  void aFolderWithoutMetricsIsNamed() {
    assertEquals(
        run + " holds no metrics.jsonl: it is no run, or one that has measured nothing yet",
        assertThrows(IllegalArgumentException.class, () -> MetricsFile.read(run)).getMessage());
  }
}
