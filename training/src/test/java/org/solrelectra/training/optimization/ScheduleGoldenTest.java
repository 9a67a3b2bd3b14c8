package org.solrelectra.training.optimization;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.solrelectra.training.GoldenFiles;
import org.solrelectra.training.optimization.LayerwiseDecay.Variant;
import org.solrelectra.training.optimization.LearningRateSchedule.Shape;

/** Learning rates and layer-wise factors against reference values. */
class ScheduleGoldenTest {
  /** Relative, of golden/README.md. */
  private static final double TOLERANCE = 1e-12;

  @Test
  void learningRatesAgree() throws IOException {
    JsonNode cases = GoldenFiles.json("schedules/learning-rates.json");
    assertEquals(7, cases.size());
    for (JsonNode one : cases) {
      for (Shape shape : Shape.values()) {
        LearningRateSchedule schedule =
            new LearningRateSchedule(
                shape,
                one.get("peak").asDouble(),
                one.get("total").asLong(),
                one.get("warmup").asDouble());
        JsonNode expected = one.get(shape.name().toLowerCase(java.util.Locale.ROOT));
        for (int i = 0; i < expected.size(); i++) {
          long step = one.get("steps").get(i).asLong();
          double rate = expected.get(i).asDouble();
          assertEquals(
              rate,
              schedule.rate(step),
              rate * TOLERANCE,
              one.get("name").asText() + " " + shape + " step " + step);
        }
      }
    }
  }

  @Test
  void layerwiseFactorsAgree() throws IOException {
    JsonNode cases = GoldenFiles.json("schedules/layerwise.json");
    int compared = 0;
    for (JsonNode one : cases) {
      if (!one.has("multipliers")) {
        continue;
      }
      int layers = one.get("layers").asInt();
      double decay = one.get("decay").asDouble();
      LayerwiseDecay official = new LayerwiseDecay(layers, decay, Variant.OFFICIAL);
      LayerwiseDecay corrected = new LayerwiseDecay(layers, decay, Variant.CORRECTED);
      for (Map.Entry<String, JsonNode> entry : one.get("multipliers").properties()) {
        String name = entry.getKey();
        double first = entry.getValue().get(0).asDouble();
        double second = entry.getValue().get(1).asDouble();
        assertEquals(first, official.multiplier(name), first * TOLERANCE, name);
        assertEquals(second, corrected.multiplier(name), second * TOLERANCE, name);
        compared++;
      }
    }
    assertTrue(compared > 100, "factors compared: " + compared);
  }
}
