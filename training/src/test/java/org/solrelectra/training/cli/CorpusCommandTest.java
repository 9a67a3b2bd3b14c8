package org.solrelectra.training.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.solrelectra.training.SmallCorpus;

/** Making shards from the command line. */
class CorpusCommandTest {
  @TempDir private Path folder;
  private Path vocabulary;
  private Path output;

  @BeforeAll
  static void drawWithoutAScreen() {
    System.setProperty("java.awt.headless", "true");
  }

  @BeforeEach
  void names() throws IOException {
    vocabulary = SmallCorpus.writeVocabulary(folder);
    output = folder.resolve("shards");
  }

  private CommandRun corpus(Object input, Object... more) {
    List<Object> arguments =
        new ArrayList<>(
            List.of("corpus", "--vocabulary", vocabulary, "--output", output, "--input", input));
    arguments.addAll(List.of(more));
    return CommandRun.of(arguments.toArray());
  }

  @Test
  void jsonBecomesShards() throws IOException {
    Path input =
        Files.writeString(
            folder.resolve("a.jsonl"),
            """
            {"title": "Rain", "body": "The bank."}
            {"title": "Rain", "body": "The bank."}
            {"body": "xy \u20ac"}
            {"other": "wind"}
            """);
    CommandRun run =
        corpus(input, "--field", "title", "--field", "body", "--held-out", 0, "--shard-tokens", 4);
    assertEquals(0, run.code(), run.err());
    assertEquals("", run.err());
    List<String> lines = run.out().lines().toList();
    assertEquals(4, lines.size(), run.out());
    assertTrue(
        lines
            .get(0)
            .startsWith(
                "1 documents (0 copies dropped, 0 without text), 4 words, 4 tokens: 1.0000 a word,"
                    + " 0.0000 % of words [UNK]; "),
        run.out());
    assertTrue(
        lines
            .get(2)
            .matches(
                "2 documents \\(1 copies dropped, 1 without text\\), 6 words, 7 tokens: 1\\.1667 a"
                    + " word, 16\\.6667 % of words \\[UNK\\]; \\d+\\.\\d MB/s"),
        run.out());
    assertEquals("written: " + output, lines.get(3));
    for (String file :
        List.of(
            "corpus.json",
            "report.json",
            "lengths.png",
            "training-00000.tokens",
            "training-00001.tokens")) {
      assertTrue(Files.exists(output.resolve(file)), file);
    }
    assertEquals(
        "nothing to do: " + output + " is complete",
        corpus(input, "--field", "body", "--resume").out().strip());
    assertEquals(
        "electra corpus: " + output + " exists already; name another --output",
        corpus(input, "--field", "body").errorLine());
  }

  @Test
  void aFailureAfterAShardSaysHowToGoOn() throws IOException {
    Path input =
        Files.writeString(
            folder.resolve("a.jsonl"),
            "{\"text\": \"the bank\"}\n{\"text\": \"the rain\"}\n{\"text\": 3}\n");
    CommandRun failed = corpus(input, "--shard-tokens", 3);
    assertEquals(1, failed.code());
    String reason =
        input + " line 3: field 'text' must be a string or an array of strings; found number";
    assertEquals(
        "electra corpus: " + reason + "; run again with --resume to go on", failed.errorLine());
    assertFalse(Files.exists(output));
    CommandRun whole = corpus(input);
    assertEquals(2, whole.code());
    assertEquals(
        "electra corpus: "
            + output
            + " is written in part; say --resume to go on, or delete "
            + folder.resolve(".shards.electra-partial")
            + " to start anew",
        whole.errorLine());
    CommandRun atOnce = corpus(input, "--output", folder.resolve("other"));
    assertEquals(2, atOnce.code(), "--output twice");
  }

  @Test
  void wrongUsageIsTwoAndOneLine() throws IOException {
    Path text = SmallCorpus.writeText(folder, 5);
    assertUsage("rows must be at least 1; rows=0", corpus("http://h/solr/a", "--rows", 0));
    assertUsage(
        "documentsPerSecond must be above 0; documentsPerSecond=0.0",
        corpus("http://h/solr/a", "--documents-per-second", 0));
    assertUsage(
        "what to ask of Solr was said, but no input is a Solr; inputs=[" + text + "]",
        corpus(text, "--query", "a:b"));
    assertUsage(
        "plain text has no fields; a field is for JSONL, Lucene and Solr; fields=[body]",
        corpus(text, "--field", "body"));
    assertUsage(
        "a Solr's URL must name one collection and nothing after it; expected"
            + " http://host:8983/solr/collection; http://h",
        corpus("solr:http://me:secret@h"));
    assertUsage("heldOutShare must be in [0, 1); heldOutShare=1.0", corpus(text, "--held-out", 1));
    assertUsage(
        "shardTokens must be in 1..268435456; shardTokens=0", corpus(text, "--shard-tokens", 0));
    assertUsage(
        "Missing required option: '--input=SOURCE'",
        CommandRun.of("corpus", "--vocabulary", vocabulary, "--output", output));
  }

  private static void assertUsage(String message, CommandRun run) {
    assertEquals("electra corpus: " + message, run.errorLine());
    assertEquals(2, run.code());
  }

  @Test
  void missingInputIsOneAndOneLine() {
    Path missing = folder.resolve("missing.txt");
    CommandRun run = corpus(missing);
    assertEquals(1, run.code());
    assertEquals(
        "electra corpus: " + missing + " is not a file; expected UTF-8 text, .gz or .xz",
        run.errorLine());
  }

  @Test
  void aVocabularyIsLearnedFromFieldsToo() throws IOException {
    Path input = Files.writeString(folder.resolve("a.jsonl"), "{\"body\": \"abab abab\"}\n");
    Path learned = folder.resolve("learned.txt");
    CommandRun run =
        CommandRun.of(
            "vocabulary",
            "--corpus",
            input,
            "--field",
            "body",
            "--alphabet-coverage",
            1,
            "--min-frequency",
            2,
            "--output",
            learned);
    assertEquals(0, run.code(), run.err());
    assertEquals(List.of("a", "##a", "##b", "ab"), Files.readAllLines(learned).subList(5, 9));
  }

  private static String unknown(String share) {
    return "warning: "
        + share
        + " % of words are [UNK], of which a network learns nothing: the vocabulary does not fit the text; expected at most"
        + " 20 %; are language and casing the vocabulary's, and do blanks stand between words?";
  }

  /** One of five words is no more than a fifth. */
  @Test
  void aVocabularyThatDoesNotFitIsSaid() throws IOException {
    Path fits = Files.writeString(folder.resolve("fits.txt"), "the bank the bank \u20ac\n");
    assertEquals("", corpus(fits, "--held-out", 0).err());
    output = folder.resolve("other");
    Path text =
        Files.writeString(folder.resolve("other.txt"), "the \u043a\u043e\u0442 \u20ac rain\n");
    CommandRun run = corpus(text, "--held-out", 0);
    assertEquals(unknown("50.0"), run.errorLine());
    assertEquals(0, run.code());
  }

  private CommandRun vocabulary(Path text, Object... more) {
    List<Object> arguments =
        new ArrayList<>(
            List.of("vocabulary", "--corpus", text, "--output", folder.resolve("learned.txt")));
    arguments.addAll(List.of(more));
    return CommandRun.of(arguments.toArray());
  }

  @Test
  void aVocabularyOfNothingIsNotWritten() throws IOException {
    Path text =
        Files.writeString(folder.resolve("no-blanks.txt"), ("MKV".repeat(40) + "\n").repeat(9));
    CommandRun run = vocabulary(text);
    assertEquals(
        "electra vocabulary: no word to learn a vocabulary from; expected text with blanks between words of at most 100"
            + " characters; longer words=9",
        run.errorLine());
    assertEquals(1, run.code());
    assertFalse(Files.exists(folder.resolve("learned.txt")));
    Files.writeString(text, "the the the bank " + "x".repeat(101));
    assertEquals("", vocabulary(text).err());
    Files.writeString(text, "the the " + "x".repeat(101));
    assertEquals(unknown("33.3"), vocabulary(text).errorLine());
    // Half of the letters is an alphabet of a, which makes no other word.
    Files.writeString(text, "aaa b c d");
    assertEquals(unknown("75.0"), vocabulary(text, "--alphabet-coverage", 0.5).errorLine());
  }

  @Test
  void accentsAreKeptThoughCaseIsNot() throws IOException {
    Path text =
        Files.writeString(
            folder.resolve("german.txt"), "M\u00f6chte MOCHTE F\u00fc\u00dfe Fusse\n".repeat(9));
    assertEquals(0, vocabulary(text, "--no-strip-accents", "--alphabet-coverage", 1).code());
    List<String> pieces = Files.readAllLines(folder.resolve("learned.txt"));
    assertTrue(
        pieces.containsAll(List.of("m\u00f6chte", "mochte", "f\u00fc\u00dfe", "fusse")),
        pieces.toString());
    assertEquals(0, vocabulary(text, "--alphabet-coverage", 1).code());
    List<String> stripped = Files.readAllLines(folder.resolve("learned.txt"));
    assertTrue(stripped.containsAll(List.of("mochte", "fu\u00dfe")), stripped.toString());
    assertFalse(stripped.contains("m\u00f6chte"), stripped.toString());
  }

  @Test
  void theBenchmarkMeasuresBothClocks() throws IOException {
    CommandRun run =
        CommandRun.of(
            "bench",
            "corpus",
            "--input",
            SmallCorpus.writeText(folder, 50),
            "--vocabulary",
            vocabulary,
            "--runs",
            3,
            "--json");
    assertEquals(0, run.code(), run.err());
    List<String> lines = run.out().lines().toList();
    assertTrue(
        lines
            .get(0)
            .matches(
                "\\d+\\.\\d MB/s \\(median of 3 runs; .*\\); in a second of the thread's CPU time"
                    + " \\d+\\.\\d MB \\(.*\\)"),
        run.out());
    assertTrue(
        lines
            .get(1)
            .matches(
                "\\{\"megabytesPerSecond\": [\\d.]+, \"megabytesPerCpuSecond\": [\\d.]+, \"runs\":"
                    + " 3\\}"),
        String.format(Locale.ROOT, "%s", lines));
    CommandRun none =
        CommandRun.of("bench", "corpus", "--input", "a", "--vocabulary", vocabulary, "--runs", 0);
    assertEquals("electra bench corpus: --runs must be at least 1; --runs=0", none.errorLine());
  }
}
