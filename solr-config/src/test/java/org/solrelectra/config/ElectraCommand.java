package org.solrelectra.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

/**
 * The command {@code electra} as users start it, in a JVM of its own: its module may not be on the
 * class path of this one. The root pom lists that module before this one, so that a build of all
 * has it; a build of this module alone uses what an earlier one left, or skips the test.
 */
final class ElectraCommand {
  private static final Path TRAINING = Path.of("").toAbsolutePath().resolveSibling("training");
  private static final Path BUILT = TRAINING.resolve("target/electra.classpath");
  private static final Path VOCABULARY =
      Path.of("models/electra-tiny-en/vocab.txt").toAbsolutePath();

  private ElectraCommand() {}

  /** What a call ended with. */
  record Run(int code, String out, String err) {
    void assertSuccess() {
      assertEquals("", err);
      assertEquals(0, code, out);
    }

    void assertFailure(String line) {
      assertEquals(line + System.lineSeparator(), err);
      assertEquals(1, code, out);
    }
  }

  /** Skips the test where the command is not built. */
  static void assumeBuilt() {
    assumeTrue(Files.exists(BUILT), "skipped: training is not built; " + BUILT + " is not there");
  }

  /** Starts {@code electra corpus}, with a fifth of the documents held out. */
  static Process startCorpus(Object input, Path output, String... more) throws IOException {
    List<String> command =
        new ArrayList<>(List.of(TRAINING.resolve("bin/electra").toString(), "corpus"));
    command.addAll(List.of("--vocabulary", VOCABULARY.toString(), "--held-out", "0.2"));
    command.addAll(List.of("--input", input.toString(), "--output", output.toString()));
    command.addAll(Arrays.asList(more));
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
    // Most of the time goes into starting the JVM.
    String options = "-Xmx512m -XX:TieredStopAtLevel=1 -XX:+UseSerialGC -Djava.awt.headless=true";
    builder.environment().put("ELECTRA_JAVA_OPTIONS", options);
    return builder.start();
  }

  /** Runs {@code electra corpus} to its end. */
  static Run corpus(Object input, Path output, String... more)
      throws IOException, InterruptedException {
    Process process = startCorpus(input, output, more);
    String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    String err = new String(process.getErrorStream().readAllBytes(), StandardCharsets.UTF_8);
    return new Run(process.waitFor(), out, err);
  }

  /** Returns a corpus's report without what depends on the clock. */
  static ObjectNode report(Path corpus) throws IOException {
    ObjectNode report =
        (ObjectNode) new ObjectMapper().readTree(corpus.resolve("report.json").toFile());
    return report.without(List.of("seconds", "bytes_per_second"));
  }

  /** Compares all files of two corpora. */
  static void assertSameCorpus(Path expected, Path actual) throws IOException {
    assertEquals(report(expected), report(actual));
    List<String> names = files(expected);
    assertEquals(names, files(actual));
    names.remove("report.json");
    for (String name : names) {
      assertEquals(-1, Files.mismatch(expected.resolve(name), actual.resolve(name)), name);
    }
  }

  private static List<String> files(Path corpus) throws IOException {
    try (Stream<Path> files = Files.list(corpus)) {
      return new ArrayList<>(files.map(file -> file.getFileName().toString()).sorted().toList());
    }
  }
}
