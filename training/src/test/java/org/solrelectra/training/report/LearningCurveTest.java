package org.solrelectra.training.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LearningCurveTest {
  @TempDir Path run;

  @BeforeAll
  static void drawWithoutAScreen() {
    System.setProperty("java.awt.headless", "true");
  }

  private static String heldOut(int step, double accuracy) {
    return "{\"step\":"
        + step
        + ",\"split\":\"held-out\",\"mlm_accuracy\":"
        + accuracy
        + ",\"rtd_accuracy\":0.9,\"rtd_recall\":0.3,\"replaced_fraction\":0.12}";
  }

  @Test
  void drawsAPicture() throws IOException {
    Files.write(
        run.resolve("metrics.jsonl"),
        List.of("{\"step\":50,\"split\":\"training\"}", heldOut(100, 0.1), heldOut(200, 0.4)));
    Path picture = run.resolve("curve.png");
    LearningCurve.read(run).write(picture);
    BufferedImage image = ImageIO.read(picture.toFile());
    assertEquals(900, image.getWidth());
    long colours = 0;
    for (int x = 0; x < image.getWidth(); x++) {
      if (image.getRGB(x, 250) != image.getRGB(0, 0)) {
        colours++;
      }
    }
    assertTrue(colours > 100, "the plot's middle is empty");
  }

  @Test
  void whatAnObjectiveDoesNotHaveIsLeftOut() throws IOException {
    Files.writeString(
        run.resolve("metrics.jsonl"), "{\"step\":5,\"split\":\"held-out\",\"mlm_accuracy\":0.5}\n");
    Path picture = run.resolve("curve.png");
    LearningCurve.read(run).write(picture);
    assertEquals(500, ImageIO.read(picture.toFile()).getHeight());
  }

  @Test
  void aRunWithoutMeasurementsIsNamed() throws IOException {
    assertEquals(
        run + " holds no metrics.jsonl: it is no run, or one that has measured nothing yet",
        assertThrows(IllegalArgumentException.class, () -> LearningCurve.read(run)).getMessage());
    Files.writeString(run.resolve("metrics.jsonl"), "{\"step\":50,\"split\":\"training\"}\n");
    assertEquals(
        run.resolve("metrics.jsonl") + " has no line with the split 'held-out'",
        assertThrows(IllegalArgumentException.class, () -> LearningCurve.read(run)).getMessage());
  }
}
