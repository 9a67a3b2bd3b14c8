package org.solrelectra.training.cli;

import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.LongSupplier;
import picocli.CommandLine;

/** What a call of {@code electra} ended with, in this JVM. */
record CommandRun(int code, String out, String err) {

  static CommandRun of(Object... arguments) {
    return of(TrainingCli.commandLine(), arguments);
  }

  /** The seconds of pretraining are read from the clock. */
  static CommandRun withClock(LongSupplier nanoClock, Object... arguments) {
    return of(TrainingCli.commandLine(nanoClock), arguments);
  }

  private static CommandRun of(CommandLine command, Object... arguments) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    command.setOut(new PrintWriter(out, true));
    command.setErr(new PrintWriter(err, true));
    int code =
        command.execute(Arrays.stream(arguments).map(Object::toString).toArray(String[]::new));
    return new CommandRun(code, out.toString(), err.toString());
  }

  /** Pretrains a tiny network on one thread. */
  static CommandRun pretrain(Path corpus, Path vocabulary, Path output, int steps, Object... more) {
    List<Object> arguments =
        new ArrayList<>(
            List.of("pretrain", "--corpus", corpus, "--vocabulary", vocabulary, "--size", "tiny"));
    arguments.addAll(List.of("--steps", steps, "--output", output, "--threads", 1));
    arguments.addAll(Arrays.asList(more));
    return of(arguments.toArray());
  }

  /** Gives the command standard input. */
  static CommandRun withInput(String input, Object... arguments) {
    return withInput(input.getBytes(StandardCharsets.UTF_8), arguments);
  }

  static CommandRun withInput(byte[] input, Object... arguments) {
    InputStream before = System.in;
    System.setIn(new ByteArrayInputStream(input));
    try {
      return of(arguments);
    } finally {
      System.setIn(before);
    }
  }

  /** Returns a JVM of its own that will run the command, its error stream added to its output. */
  static ProcessBuilder process(List<String> jvmOptions, Object... arguments) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(jvmOptions);
    command.addAll(List.of("-cp", classPath(), TrainingCli.class.getName()));
    Arrays.stream(arguments).map(Object::toString).forEach(command::add);
    return new ProcessBuilder(command).redirectErrorStream(true);
  }

  /** Surefire may start this JVM from a jar that only names the class path. */
  private static String classPath() {
    return System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
  }

  /** Returns the last line of standard output. */
  String lastLine() {
    return out.lines().reduce("", (before, line) -> line);
  }

  /** Returns standard error without its line end; it must be one line. */
  String errorLine() {
    String line = err.strip();
    if (line.contains("\n")) {
      throw new AssertionError("expected one line on standard error:\n" + err);
    }
    return line;
  }
}
