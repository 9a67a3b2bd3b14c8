package org.solrelectra.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
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
      assertSelectIsSolrsOwn(url.replaceFirst("/ask\\?.*", "/select"));
    }
  }

  /** As whoever knows Solr tries a new core first. */
  private static void assertSelectIsSolrsOwn(String select) {
    Map<String, Integer> found = new LinkedHashMap<>();
    for (String query :
        List.of(
            "*:*",
            "message:[* TO *]",
            "title:[* TO *]",
            "topic:Accounts",
            "+title:spare +title:card",
            "spare cards",
            "\"ordering a spare card\"")) {
      Http.Answer answer = Http.form(select, "q", query, "rows", "1");
      assertEquals(200, answer.status(), query);
      found.put(query, answer.json().path("response").path("numFound").asInt());
    }
    assertEquals(
        "{*:*=387, message:[* TO *]=154, title:[* TO *]=233, topic:Accounts=15,"
            + " +title:spare +title:card=1, spare cards=89, \"ordering a spare card\"=1}",
        found.toString());
    Http.Answer message = Http.form(select, "q", "message:[* TO *]", "rows", "1");
    assertTrue(message.documents().get(0).has("message"), "all stored fields come back");
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
    List<String> shown = Files.readString(module.resolveSibling("README.md")).lines().toList();
    List<String> lines = report.lines().toList();
    String title = lines.get(0).substring(0, lines.get(0).indexOf(':'));
    int start = 0;
    while (!shown.get(start).startsWith(title)) {
      start++;
    }
    for (int i = 0; i < lines.size(); i++) {
      String line = lines.get(i);
      assertTrue(
          isShownAs(line, shown.get(start + i)),
          () -> "README.md does not show '" + line + "' of\n" + report);
    }
  }

  /**
   * The same but for the last digit of a probability: where a processor adds up in another order,
   * int8 rounds some values the other way. With the graphs of standard operators in int8, three
   * last digits are others and nothing else is.
   */
  private static boolean isShownAs(String line, String shown) {
    Pattern number = Pattern.compile("0\\.\\d\\d");
    Matcher here = number.matcher(line);
    Matcher there = number.matcher(shown);
    while (here.find() && there.find()) {
      double difference = Double.parseDouble(here.group()) - Double.parseDouble(there.group());
      if (Math.abs(difference) > 0.015) {
        return false;
      }
    }
    return number.matcher(line).replaceAll("").equals(number.matcher(shown).replaceAll(""));
  }

  @Test
  void missingModelIsNamedWithTheFolderThatWantsIt(@TempDir Path models) {
    IOException error =
        assertThrows(
            IOException.class, () -> Demo.start(Path.of("").toAbsolutePath(), models, 0).close());
    assertEquals(
        "the core 'help-desk' cannot be created: CrossEncoderQParserPlugin: there is no model 'passage-ranker' in "
            + models
            + "; models there: []. Copy its directory there, or set solr.electra.models to the"
            + " folder that holds it",
        error.getMessage());
  }

  private static long count(List<String> lines, String pattern) {
    return lines.stream().filter(line -> line.matches(pattern)).count();
  }
}
