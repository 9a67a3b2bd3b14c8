package org.solrelectra.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The demo as a user starts it, with the fixtures for models. */
class DemoIT {
  @AfterEach
  void forgetTheModels() {
    System.clearProperty(Demo.MODELS_PROPERTY);
  }

  @Test
  void labelsAnswersAndGoesOnServing() throws IOException {
    StringWriter printed = new StringWriter();
    try (Demo demo = Demo.start(Path.of("").toAbsolutePath(), FixtureModels.FOLDER, 0)) {
      demo.report(new PrintWriter(printed, true));
      List<String> lines = printed.toString().lines().toList();
      assertTrue(
          lines
              .get(0)
              .matches(
                  "Labels of 154 customer messages: \\d+ \\(\\d+ %\\) are what the author meant"),
          lines.get(0));
      assertEquals(
          1, count(lines, "MRR@10 of 30 questions: 0\\.\\d\\d in .*, 0\\.\\d\\d reranked"));
      assertEquals(
          10,
          count(lines, "[ x] 0\\.\\d\\d +(lost_or_stolen_card|exchange_rate|top_up_failed) .*"));
      assertEquals(List.of(), lines.stream().filter(line -> line.length() > 100).toList());
      assertTrue(lines.size() <= 55, printed.toString());

      String url = lines.get(lines.size() - 1).strip();
      Http.Answer answer = Http.form(url);
      assertEquals(200, answer.status());
      assertEquals(10, answer.documents().size());
      assertEquals("ok", answer.header().path("crossEncoder").path("status").asText());
    }
  }

  @Test
  void measuresHowSoonQuestionsAreAnswered() throws IOException, InterruptedException {
    StringWriter printed = new StringWriter();
    try (Demo demo = Demo.start(Path.of("").toAbsolutePath(), FixtureModels.FOLDER, 0)) {
      demo.measure(new PrintWriter(printed, true), 1);
    }
    List<String> lines = printed.toString().lines().toList();
    assertEquals(
        1, count(lines, "Capacity: \\d+\\.\\d questions a second from \\d+ clients \\(.*\\)\\."));
    for (int percent : new int[] {50, 80}) {
      assertEquals(
          1,
          count(lines, "\\| " + percent + " % \\| [^|]+\\| \\d+ \\| 0 \\|.*"),
          printed::toString);
    }
    assertEquals(1, count(lines, "Not the model's runs: .*"), printed::toString);
  }

  /** With the shipped models, as someone who follows the quick start. */
  @Test
  void printsWhatTheReadmeShows() throws IOException {
    Path module = Path.of("").toAbsolutePath();
    StringWriter printed = new StringWriter();
    try (Demo demo = Demo.start(module, module.resolve("models"), 0)) {
      demo.report(new PrintWriter(printed, true));
    }
    String report = printed.toString().replaceAll(":\\d+/solr", ":8983/solr");
    String readme = Files.readString(module.resolveSibling("README.md"));
    assertTrue(readme.contains(report), () -> "README.md does not show this:\n" + report);
  }

  @Test
  void missingModelIsNamedWithTheFolderThatWantsIt(@TempDir Path models) {
    IOException error =
        assertThrows(
            IOException.class, () -> Demo.start(Path.of("").toAbsolutePath(), models, 0).close());
    assertEquals(
        "the core 'help-desk' cannot be created: there is no model 'passage-ranker' in "
            + models
            + "; models there: []. Copy its directory there, or set solr.electra.models to the"
            + " folder that holds it",
        error.getMessage());
  }

  private static long count(List<String> lines, String pattern) {
    return lines.stream().filter(line -> line.matches(pattern)).count();
  }
}
