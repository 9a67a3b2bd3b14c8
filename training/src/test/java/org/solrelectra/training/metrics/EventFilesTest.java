package org.solrelectra.training.metrics;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.solrelectra.training.metrics.EventFileReader.Event;

class EventFilesTest {
  @TempDir private Path run;

  private static MetricsLine line(long step, Split split, double seconds, double loss) {
    return new MetricsLine(
        step,
        split,
        new TreeMap<>(Map.of("tokens", 64.0 * step, "seconds", seconds, "mlm_loss", loss)));
  }

  private void writeMetrics(String... lines) throws IOException {
    Files.write(run.resolve("metrics.jsonl"), List.of(lines));
  }

  private static String json(int step, String split, double seconds, double loss) {
    return String.format(
        Locale.ROOT,
        "{\"step\":%d,\"split\":\"%s\",\"tokens\":%d,\"seconds\":%s,\"mlm_loss\":%s}",
        step,
        split,
        64 * step,
        seconds,
        loss);
  }

  /** From RFC 3720, appendix B.4, and the check value of CRC-32C. */
  @Test
  void checksumsAreCrc32c() {
    byte[] digits = "123456789".getBytes(StandardCharsets.US_ASCII);
    byte[] ones = new byte[32];
    Arrays.fill(ones, (byte) 0xff);
    Map<Integer, byte[]> vectors =
        Map.of(0xe3069283, digits, 0x8a9136aa, new byte[32], 0x62a8ab43, ones);
    vectors.forEach(
        (checksum, content) -> {
          assertEquals(checksum, EventFileReader.crc32c(content));
          assertEquals(
              Integer.rotateRight(checksum, 15) + 0xa282ead8, EventRecord.maskedChecksum(content));
        });
  }

  /** The first twelve bytes of every event file that TensorFlow writes: length 24 and its sum. */
  @Test
  void aFileBeginsAsTensorFlowsDo() {
    byte[] first = EventRecord.fileVersion(0);
    assertEquals("1800000000000000a37f4b22", HexFormat.of().formatHex(Arrays.copyOf(first, 12)));
    assertEquals(
        "090000000000000000"
            + "1a0d"
            + HexFormat.of().formatHex("brain.Event:2".getBytes(StandardCharsets.US_ASCII)),
        HexFormat.of().formatHex(Arrays.copyOfRange(first, 12, 36)));
  }

  @Test
  void linesAreAppendedToTheFileOfTheirSplit() throws IOException {
    double before = System.currentTimeMillis() / 1e3;
    EventFiles.append(run, line(1, Split.TRAINING, 0.5, 10.25));
    EventFiles.append(run, line(300, Split.TRAINING, 1.5, 8.5));
    EventFiles.append(run, line(300, Split.HELD_OUT, 1.75, 9.125));
    List<Event> training = EventFileReader.readOnly(run, "training");
    assertEquals(3, training.size());
    assertEquals("brain.Event:2", training.get(0).fileVersion());
    assertEquals(Map.of("pretraining/mlm_loss", 10.25f), training.get(1).scalars());
    assertEquals(Map.of("pretraining/mlm_loss", 8.5f), training.get(2).scalars());
    assertEquals(List.of(1L, 300L), EventFileReader.steps(run, "training"));
    assertEquals(List.of(300L), EventFileReader.steps(run, "held-out"));
    double after = System.currentTimeMillis() / 1e3;
    for (Event event : training) {
      assertTrue(before <= event.wallTimeSeconds() && event.wallTimeSeconds() <= after);
    }
    try (Stream<Path> files = Files.list(run.resolve("tensorboard/training"))) {
      String name = files.findFirst().orElseThrow().getFileName().toString();
      assertTrue(name.matches("events\\.out\\.tfevents\\.\\d{10}\\.electra"), name);
    }
  }

  @Test
  void noStepIsThereTwiceAfterALossOfSteps() throws IOException {
    for (int step = 1; step <= 3; step++) {
      EventFiles.append(run, line(step, Split.TRAINING, step, 10 - step));
    }
    writeMetrics(json(1, "training", 1, 9), json(2, "training", 2, 8), json(2, "held-out", 2.5, 7));
    EventFiles.rewrite(run);
    EventFiles.append(run, line(3, Split.TRAINING, 3, 6.5));
    assertEquals(List.of(1L, 2L, 3L), EventFileReader.steps(run, "training"));
    assertEquals(List.of(2L), EventFileReader.steps(run, "held-out"));
    List<Event> training = EventFileReader.readOnly(run, "training");
    assertEquals("brain.Event:2", training.get(0).fileVersion());
    assertEquals(Map.of("pretraining/mlm_loss", 9f), training.get(1).scalars());
    assertEquals(Map.of("pretraining/mlm_loss", 6.5f), training.get(3).scalars());
    assertEquals(
        1,
        training.get(2).wallTimeSeconds() - training.get(1).wallTimeSeconds(),
        1e-6,
        "seconds apart as they were measured");
  }

  @Test
  void rewritingMendsARecordThatWasCutShort() throws IOException {
    EventFiles.append(run, line(1, Split.TRAINING, 1, 9));
    writeMetrics(json(1, "training", 1, 9));
    try (Stream<Path> files = Files.list(run.resolve("tensorboard/training"))) {
      Path file = files.findFirst().orElseThrow();
      byte[] bytes = Files.readAllBytes(file);
      Files.write(file, Arrays.copyOf(bytes, bytes.length - 5));
    }
    EventFiles.rewrite(run);
    assertEquals(List.of(1L), EventFileReader.steps(run, "training"));
  }

  @Test
  void aRunThatMeasuredNothingHasNoFiles() throws IOException {
    EventFiles.append(run, line(1, Split.TRAINING, 1, 9));
    EventFiles.rewrite(run);
    assertFalse(Files.exists(run.resolve("tensorboard")));
  }
}
