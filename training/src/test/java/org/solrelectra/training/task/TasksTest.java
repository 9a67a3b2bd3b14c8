package org.solrelectra.training.task;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.solrelectra.training.checkpoint.HuggingFaceDirectory.Head;

class TasksTest {
  private static final String CLASSIFIER = NetworkHead.SEQUENCE_CLASSIFICATION.architecture();

  @Test
  void eachNameIsThatOfOneTask() {
    for (ModelTask<?> task : Tasks.all()) {
      assertSame(task, Tasks.named(task.name()));
      assertSame(task, Tasks.named(task.name().toUpperCase(Locale.ROOT)));
    }
    assertEquals(
        Tasks.all().size(),
        new TreeSet<>(Tasks.all().stream().map(ModelTask::name).toList()).size());
    assertEquals(
        "--task must be one of "
            + Tasks.all().stream().map(ModelTask::name).toList()
            + "; --task=translate",
        assertThrows(IllegalArgumentException.class, () -> Tasks.named("translate")).getMessage());
  }

  /** What is trained for one task is never exported or measured as another. */
  @Test
  void noHeadIsThatOfTwoTasks() {
    for (String problem :
        new String[] {
          null, "single_label_classification", "multi_label_classification", "regression"
        }) {
      for (List<String> labels : List.of(List.of("a"), List.of("a", "b"))) {
        Head head = new Head(CLASSIFIER, labels, problem);
        long tasks = Tasks.all().stream().filter(task -> task.isTaskOf(head)).count();
        assertTrue(tasks <= 1, head + ": " + tasks);
      }
    }
    assertTrue(Tasks.of(Head.discriminator()).isEmpty());
    assertEquals("rank", Tasks.of(Head.ranker()).orElseThrow().name());
    assertEquals("classify", Tasks.of(Head.classifier(List.of("a", "b"))).orElseThrow().name());
    assertEquals(
        "multi-label",
        Tasks.of(new Head(CLASSIFIER, List.of("a", "b"), "multi_label_classification"))
            .orElseThrow()
            .name());
    assertEquals(
        "regression",
        Tasks.of(new Head(CLASSIFIER, List.of("LABEL_0"), "regression")).orElseThrow().name());
  }

  @Test
  void aCalibrationIsReadAsItWasWritten() {
    Map<String, Double> thresholds = new LinkedHashMap<>();
    thresholds.put("sport", 0.25);
    thresholds.put("business", 0.5);
    Calibration calibration = new Calibration(1.5, thresholds);
    ObjectNode json = new ObjectMapper().createObjectNode();
    calibration.writeTo(json);
    assertEquals(
        "{\"temperature\":1.5,\"thresholds\":{\"sport\":0.25,\"business\":0.5}}", json.toString());
    assertEquals(calibration, Calibration.fromJson(json));
    assertEquals(Calibration.NONE, Calibration.fromJson(new ObjectMapper().createObjectNode()));
    ObjectNode plain = new ObjectMapper().createObjectNode();
    Calibration.NONE.writeTo(plain);
    assertFalse(plain.has("thresholds"));
    assertEquals(
        "temperature must be above 0; temperature=0.0",
        assertThrows(IllegalArgumentException.class, () -> Calibration.of(0)).getMessage());
  }
}
