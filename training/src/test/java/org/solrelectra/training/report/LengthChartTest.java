package org.solrelectra.training.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LengthChartTest {
  @TempDir private Path folder;

  @BeforeAll
  static void drawWithoutAScreen() {
    System.setProperty("java.awt.headless", "true");
  }

  /** Two bars of one width, the left twice as high, and nothing between them. */
  @Test
  void barsAreAsHighAsTheirDocuments() throws IOException {
    Path picture = folder.resolve("lengths.png");
    new LengthChart(List.of(new LengthChart.Bar(10, 19, 50), new LengthChart.Bar(40, 79, 25)))
        .write(picture);
    BufferedImage image = ImageIO.read(picture.toFile());
    assertEquals(900, image.getWidth());
    long left = blue(image, 150, 250);
    long right = blue(image, 700, 800);
    assertEquals(2.0, (double) left / right, 0.1);
    assertTrue(blue(image, 420, 520) < right / 20, "the middle is empty");
  }

  @Test
  void oneBarIsDrawnToo() throws IOException {
    Path picture = folder.resolve("lengths.png");
    new LengthChart(List.of(new LengthChart.Bar(1, 1, 3))).write(picture);
    assertTrue(blue(ImageIO.read(picture.toFile()), 300, 500) > 1000);
  }

  private static long blue(BufferedImage image, int fromX, int toX) {
    long count = 0;
    for (int x = fromX; x < toX; x++) {
      for (int y = 0; y < image.getHeight(); y++) {
        int colour = image.getRGB(x, y);
        if ((colour & 0xff) > ((colour >> 16) & 0xff) + 100) {
          count++;
        }
      }
    }
    return count;
  }
}
