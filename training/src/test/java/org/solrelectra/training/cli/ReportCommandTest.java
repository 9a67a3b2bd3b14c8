package org.solrelectra.training.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReportCommandTest {
  @TempDir private Path folder;
  private Path page;

  @BeforeEach
  void nameThePage() {
    page = folder.resolve("new/report.html");
  }

  private Path run(String name, String config) throws IOException {
    Path run = Files.createDirectories(folder.resolve(name));
    Files.writeString(
        run.resolve("run.json"),
        "{\"config\":" + config + ",\"tokenizer_hash\":\"abc\",\"initial_run\":{\"run\":\"old\"}}");
    Files.write(
        run.resolve("metrics.jsonl"),
        List.of(
            "{\"step\":5,\"split\":\"training\",\"tokens\":40,\"seconds\":1.5,\"mlm_loss\":9.5}",
            "{\"step\":5,\"split\":\"held-out\",\"tokens\":40,\"seconds\":1.6,\"mlm_loss\":9.25}",
            "{\"step\":10,\"spl"));
    // As a kill leaves it.
    Files.writeString(
        run.resolve("metrics.jsonl"),
        Files.readString(run.resolve("metrics.jsonl")).stripTrailing());
    return run;
  }

  @Test
  void severalRunsAreOnePage() throws IOException {
    Path one = run("one", "{\"size\":\"TINY\",\"learningRate\":5.0E-4}");
    Path two = run("two", "{\"size\":\"SMALL\",\"learningRate\":5.0E-4}");
    CommandRun report = CommandRun.of("report", "--run", one, two, "--output", page);
    assertEquals("", report.err());
    assertEquals(0, report.code());
    assertEquals("written: " + page, report.out().strip());
    String html = Files.readString(page);
    assertTrue(html.startsWith("<!DOCTYPE html>\n<html lang=\"en\">\n"), html);
    assertTrue(html.endsWith("</html>\n"), html);
    assertTrue(html.contains("<title>Pretraining: one, two</title>"), html);
    assertTrue(html.contains("<title>two, held-out: 9.25 at 40 tokens</title>"), html);
    assertTrue(
        html.contains(
            "<tr class=\"differs\"><th scope=\"row\">size <span title=\"differs between the runs\">≠</span></th>"
                + "<td>TINY</td><td>SMALL</td></tr>"),
        html);
    assertTrue(
        html.contains(
            "<th scope=\"row\">peak learning rate</th><td>0.0005</td><td>0.0005</td></tr>"),
        html);
    assertTrue(html.contains("<th scope=\"row\">initial run run</th><td>old</td>"), html);
    try (Stream<Path> left = Files.list(page.getParent())) {
      assertEquals(List.of(page), left.toList());
    }
  }

  @Test
  void runsAreCalledAsIsSaid() throws IOException {
    Path one = run("a/run", "{}");
    Path two = run("b/run", "{}");
    assertEquals(0, CommandRun.of("report", "--run", one, two, "--output", page).code());
    assertTrue(
        Files.readString(page).contains("<title>Pretraining: " + one + ", " + two + "</title>"));
    CommandRun named =
        CommandRun.of(
            "report",
            "--run",
            one,
            two,
            "--name",
            "first",
            "second",
            "--x",
            "steps",
            "--output",
            page);
    assertEquals(0, named.code(), named.err());
    String html = Files.readString(page);
    assertTrue(html.contains("<title>Pretraining: first, second</title>"), html);
    assertTrue(html.contains("<title>first, held-out: 9.25 at 5 steps</title>"), html);
  }

  @Test
  void wrongUsageIsTwoAndOneLine() throws IOException {
    Path run = run("run", "{}");
    assertError(2, "no page", "--output must end in .html; --output=no page", run);
    assertError(
        2,
        page.toString(),
        "--name must be given once for each --run; runs: 1, names: 2",
        run,
        "--name",
        "a",
        "b");
    assertError(2, page.toString(), "each run needs a name of its own; twice: " + run, run, run);
    assertError(2, page.toString(), folder + " is no run: it holds no run.json", folder);
    Files.delete(run.resolve("metrics.jsonl"));
    assertError(
        2,
        page.toString(),
        run + " holds no metrics.jsonl: it is no run, or one that has measured nothing yet",
        run);
    assertFalse(Files.exists(page));
  }

  @Test
  void damageIsOneAndOneLine() throws IOException {
    Path run = run("run", "{}");
    Files.writeString(run.resolve("metrics.jsonl"), "{\"step\":1\n");
    assertError(
        1,
        page.toString(),
        run.resolve("metrics.jsonl") + " line 1 must be a JSON object; it is '{\"step\":1'",
        run);
    Files.writeString(run.resolve("run.json"), "{\n\"config\":\n");
    assertError(
        1, page.toString(), run.resolve("run.json") + " is not JSON; damaged at line 3", run);
  }

  private static void assertError(int code, String output, String message, Object... runs) {
    CommandRun report =
        CommandRun.of(
            Stream.concat(Stream.of("report", "--output", output, "--run"), Stream.of(runs))
                .toArray());
    assertEquals("electra report: " + message, report.errorLine());
    assertEquals(code, report.code());
    assertEquals("", report.out());
  }
}
