package org.solrelectra.training.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.StringReader;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.parsers.ParserConfigurationException;
import org.junit.jupiter.api.Test;
import org.solrelectra.training.metrics.MetricsLine;
import org.solrelectra.training.metrics.Split;
import org.xml.sax.InputSource;
import org.xml.sax.SAXException;

class HtmlReportTest {
  private static final Map<String, String> SETTINGS =
      new LinkedHashMap<>(
          Map.of(
              "size", "TINY", "batchSize", "8", "seed", "1", "dropout", "0", "mask_rate", "0.15"));

  private static MetricsLine line(long step, Split split, Map<String, Double> values) {
    TreeMap<String, Double> all = new TreeMap<>(values);
    all.put("tokens", 100.0 * step);
    all.put("seconds", 2.0 * step);
    return new MetricsLine(step, split, all);
  }

  /** Losses from 10 at step 0 down to 0 at step 10, held-out ones at the ends only. */
  private static ReportedRun electra(String name) {
    List<MetricsLine> lines = new ArrayList<>();
    for (int step = 0; step <= 10; step += 5) {
      lines.add(
          line(
              step,
              Split.TRAINING,
              Map.of("mlm_loss", 10.0 - step, "learning_rate", 1e-4, "peak_rss_bytes", 2e9)));
    }
    lines.add(
        line(
            10,
            Split.HELD_OUT,
            Map.of("mlm_loss", 5.0, "rtd_accuracy", 0.9, "replaced_fraction", 0.2)));
    return new ReportedRun(name, SETTINGS, lines);
  }

  private static ReportedRun bert(String name) {
    Map<String, String> settings = new LinkedHashMap<>(SETTINGS);
    settings.put("seed", "2");
    settings.put("objective", "mlm");
    return new ReportedRun(
        name, settings, List.of(line(10, Split.HELD_OUT, Map.of("mlm_loss", 2.5))));
  }

  private static String html(ReportedRun... runs) throws IOException {
    return new HtmlReport(List.of(runs), XAxis.TOKENS).html();
  }

  private static List<String> all(String pattern, String text) {
    return Pattern.compile(pattern, Pattern.DOTALL)
        .matcher(text)
        .results()
        .map(MatchResult::group)
        .toList();
  }

  private static String chart(String html, String title) {
    return all("<figure class=\"chart\">.*?</figure>", html).stream()
        .filter(figure -> figure.contains("\">" + title + "</h3>"))
        .findFirst()
        .orElseThrow();
  }

  /** Returns the cells after a row's head. */
  private static List<String> row(String html, String label) {
    String row =
        all("<tr[^>]*><th scope=\"row\">.*?</tr>", html).stream()
            .filter(text -> text.contains("<th scope=\"row\">" + label))
            .findFirst()
            .orElseThrow();
    return all("(?<=<td>).*?(?=</td>)", row);
  }

  @Test
  void pointsStandWhereTheirNumbersAre() throws IOException {
    String loss = chart(html(electra("a"), bert("b")), "MLM loss");
    // The plot is from x 56 to 546 for 0 to 1000 tokens, and from y 258 up to 10 for 0 to 10.
    assertTrue(
        loss.contains(
            "data-plot=\"56 546 10 258\" data-range=\"0.0 1000.0 0.0 10.0\" data-decimals=\"2\""),
        loss);
    assertTrue(
        loss.contains("<polyline class=\"training\" points=\"56,10 301,134 546,258\"/>"), loss);
    assertTrue(loss.contains("<polyline class=\"held-out\" points=\"546,134\"/>"), loss);
    assertTrue(loss.contains("<polyline class=\"held-out\" points=\"546,196\"/>"), loss);
    assertTrue(loss.contains("<title>a, held-out: 5 at 1000 tokens</title>"), loss);
    assertTrue(
        loss.contains("<text x=\"48\" y=\"158.8\" dy=\"4\" text-anchor=\"end\">4</text>"), loss);
    assertTrue(loss.contains("<text x=\"252\" y=\"277\" text-anchor=\"middle\">400</text>"), loss);
    assertTrue(
        loss.contains(
            ">MLM loss against tokens. a: training from 10 to 0, held-out from 5 to 5. b: held-out from"
                + " 2.5 to 2.5.</desc>"),
        loss);
  }

  @Test
  void callingAllOriginalIsDashedBesideTheAccuracy() throws IOException {
    String accuracy = chart(html(electra("a"), bert("b")), "RTD accuracy");
    // From 0.8 = 1 - 0.2 to the accuracy, 0.9.
    assertTrue(accuracy.contains("data-range=\"0.0 1000.0 0.8 0.9"), accuracy);
    assertTrue(accuracy.contains("<polyline class=\"reference\" points=\"546,258\"/>"), accuracy);
    assertTrue(accuracy.contains("<polyline class=\"held-out\" points=\"546,10\"/>"), accuracy);
    assertTrue(accuracy.contains("<p class=\"without\">Not measured by b</p>"), accuracy);
    assertFalse(accuracy.contains("data-name=\"b\""), accuracy);
  }

  @Test
  void onlyWhatWasMeasuredIsDrawn() throws IOException {
    assertEquals(
        List.of("MLM loss", "RTD accuracy", "Fraction replaced", "Learning rate"),
        all("(?<=<h3 id=\"chart-\\d\">).*?(?=</h3>)", html(electra("a"), bert("b"))));
    ReportedRun other =
        new ReportedRun("c", Map.of(), List.of(line(1, Split.TRAINING, Map.of("other_loss", 3.0))));
    assertEquals(List.of("other_loss"), all("(?<=<h3 id=\"chart-\\d\">).*?(?=</h3>)", html(other)));
  }

  @Test
  void theTableSaysWhatDiffers() throws IOException {
    String html = html(electra("a"), bert("b"));
    assertEquals(List.of("TINY", "TINY"), row(html, "size"));
    assertEquals(List.of("–", "mlm"), row(html, "objective"));
    assertEquals(List.of("1", "2"), row(html, "seed"));
    assertEquals(List.of("10", "10"), row(html, "steps"));
    assertEquals(List.of("1,000", "1,000"), row(html, "tokens"));
    assertEquals(List.of("20.0 s", "20.0 s"), row(html, "time"));
    assertEquals(List.of("50", "50"), row(html, "tokens a second"));
    assertEquals(List.of("2.00 GB", "–"), row(html, "peak memory"));
    assertEquals(List.of("10", "10"), row(html, "at step"));
    assertEquals(List.of("5.0000", "2.5000"), row(html, "MLM loss"));
    assertEquals(List.of("0.9000", "–"), row(html, "RTD accuracy"));
    assertEquals(
        List.of("objective", "seed"),
        all("(?<=<tr class=\"differs\"><th scope=\"row\">)\\w+", html));
    String shared = all("<details>.*?</details>", html).get(0);
    assertTrue(shared.contains("<summary>Settings that are the same in all runs</summary>"));
    assertEquals(List.of("0"), row(shared, "dropout"));
    assertEquals(List.of("0.15"), row(shared, "mask rate"));
    assertEquals(2, all("<th scope=\"row\">", shared).size(), shared);
  }

  @Test
  void aSingleRunDiffersFromNothing() throws IOException {
    String html = html(electra("a"));
    assertFalse(html.contains("<tr class=\"differs\">"));
    assertTrue(html.contains("<summary>Other settings</summary>"));
  }

  /** With every element closed and every text escaped, the body is XML too. */
  @Test
  void textOfFilesIsEscaped() throws IOException, ParserConfigurationException, SAXException {
    String evil = "</title><script>alert('&\"')</script>\u0000";
    String escaped =
        "&lt;/title&gt;&lt;script&gt;alert(&#39;&amp;&quot;&#39;)&lt;/script&gt;\uFFFD";
    Map<String, String> settings = Map.of(evil, evil, "seed", evil);
    ReportedRun run =
        new ReportedRun(
            evil,
            settings,
            List.of(
                line(1, Split.TRAINING, Map.of(evil, 1.0)),
                line(1, Split.HELD_OUT, Map.of(evil, 1.0))));
    String html = html(run, bert("b"));
    assertFalse(html.contains("alert('"), html);
    assertTrue(html.contains("<title>Pretraining: " + escaped + ", b</title>"), html);
    assertTrue(html.contains("data-name=\"" + escaped + "\""), html);
    assertEquals(List.of(escaped, "2"), row(html, "seed"));
    String body = html.substring(html.indexOf("<body>"), html.indexOf("<script>")) + "</body>";
    DocumentBuilderFactory.newInstance()
        .newDocumentBuilder()
        .parse(new InputSource(new StringReader(body.replace(" checked>", "/>"))));
  }

  @Test
  void thePageLoadsNothing() throws IOException {
    String html = html(electra("a"), bert("b"));
    assertEquals(
        List.of(),
        all("<(link|img|iframe|script src|object|embed)|url\\([^#]|@import|fetch\\(", html));
    assertEquals(List.of("http://www.w3.org/2000/svg"), all("https?://[^\"' ]*", html));
    assertTrue(html.contains("content=\"default-src 'none'; style-src"), html);
    assertEquals(
        all("<svg viewBox=\"0 0 560 300\"", html).size(),
        all("role=\"img\" aria-labelledby=\"chart-\\d\" aria-describedby=\"chart-\\d-text\"", html)
            .size());
  }

  @Test
  void runsCanBeHidden() throws IOException {
    String html = html(electra("a"), bert("b"));
    assertTrue(
        html.contains("body:has(#show-1:not(:checked)) svg .run-1 { display: none; }"), html);
    assertTrue(
        html.contains(
            "<label class=\"run run-1 colour-1\"><input type=\"checkbox\" id=\"show-1\" checked>"),
        html);
  }

  @Test
  void longRunsStaySmallAndKeepTheirPeaks() throws IOException {
    List<MetricsLine> lines = new ArrayList<>();
    for (int step = 1; step <= 20_000; step++) {
      double norm = step == 12_345 ? 1000 : step % 7;
      lines.add(line(step, Split.TRAINING, Map.of("gradient_norm", norm)));
    }
    String html = html(new ReportedRun("long", SETTINGS, lines));
    assertTrue(html.length() < 60_000, "characters: " + html.length());
    String raw = all("(?<=class=\"raw\" points=\")[-0-9., ]+", chart(html, "Gradient norm")).get(0);
    assertTrue(raw.split(" ").length <= 1000, raw);
    // From 258 for 0 up by 248 for 12.
    assertTrue(raw.contains(",-20408.67 "), "the peak is kept, far above the picture: " + raw);
    assertTrue(
        html.contains("<p class=\"beyond\">Outside the picture: training up to 1000.</p>"), html);
  }

  @Test
  void moreRunsThanColoursHaveOtherShapes() throws IOException {
    ReportedRun[] runs = new ReportedRun[10];
    for (int i = 0; i < runs.length; i++) {
      runs[i] = bert("run " + i);
    }
    String html = html(runs);
    assertTrue(html.contains("<g class=\"run run-8 colour-0\" data-name=\"run 8\">"), html);
    List<String> shapes = all("(?<=class=\"marker\" d=\"M14 6)[^\"]*", html);
    assertEquals(20, shapes.size());
    assertFalse(shapes.get(0).equals(shapes.get(8)));
  }

  @Test
  void stepsOrSecondsCanBeTheAxis() throws IOException {
    String steps = new HtmlReport(List.of(electra("a")), XAxis.STEPS).html();
    assertTrue(steps.contains("data-range=\"0.0 10.0 0.0 10.0\""), steps);
    assertTrue(steps.contains(">steps</text>"), steps);
    String seconds = new HtmlReport(List.of(electra("a")), XAxis.SECONDS).html();
    assertTrue(seconds.contains("data-range=\"0.0 20.0 0.0 10.0\""), seconds);
    ReportedRun hours =
        new ReportedRun(
            "h",
            Map.of(),
            List.of(
                new MetricsLine(
                    9,
                    Split.TRAINING,
                    new TreeMap<>(Map.of("seconds", 4 * 3600.0, "mlm_loss", 1.0)))));
    String inHours = new HtmlReport(List.of(hours), XAxis.SECONDS).html();
    assertTrue(inHours.contains("data-range=\"0.0 4.0 "), inHours);
    assertTrue(inHours.contains(">hours</text>"), inHours);
  }

  @Test
  void errors() {
    assertEquals(
        "each run needs a name of its own; twice: a",
        assertThrows(IllegalArgumentException.class, () -> html(electra("a"), bert("a")))
            .getMessage());
    assertEquals(
        "no run has measured anything yet",
        assertThrows(
                IllegalArgumentException.class,
                () -> html(new ReportedRun("a", SETTINGS, List.of())))
            .getMessage());
  }
}
