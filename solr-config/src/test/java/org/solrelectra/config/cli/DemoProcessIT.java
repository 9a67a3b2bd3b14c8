package org.solrelectra.config.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The demo in a JVM of its own: what a native library may do to one. */
class DemoProcessIT {
  /** 128 and the number of the signal. */
  private static final int TERMINATED = 143;

  private Path module;

  /** A module with the fixtures for models. */
  @BeforeEach
  void makeModule() throws IOException {
    Path here = Path.of("").toAbsolutePath();
    module = Files.createTempDirectory(here.resolve("target"), "demo-module");
    Files.createDirectory(module.resolve("target"));
    for (String part : List.of("target/plugin", "configset", "sample")) {
      Files.createSymbolicLink(module.resolve(part), here.resolve(part));
    }
    Files.createSymbolicLink(module.resolve("models"), here.resolve("src/test/resources/models"));
  }

  private Process start(List<String> options, String... arguments) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(options);
    command.add("-D" + DemoCli.MODULE_PROPERTY + "=" + module);
    command.addAll(
        List.of(
            "-cp",
            System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"))));
    command.addAll(List.of(DemoCli.class.getName(), "--port", "0"));
    command.addAll(List.of(arguments));
    return new ProcessBuilder(command).redirectErrorStream(true).start();
  }

  private static String printed(Process process) throws IOException {
    return new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
  }

  /**
   * Solr's start script gives threads 256 KiB of stack, and its command line is some thousand
   * characters long: as much as ONNX Runtime's start overflows, if nothing is done about it.
   */
  @Test
  void smallStacksAndALongCommandLineDoNoHarm() throws IOException, InterruptedException {
    Process process = start(List.of("-Xss256k", "-Dlong=" + "x".repeat(20_000)));
    StringBuilder printed = new StringBuilder();
    try (BufferedReader lines = process.inputReader(StandardCharsets.UTF_8)) {
      String line = lines.readLine();
      while (line != null && !line.equals("Solr runs until you press Ctrl-C.")) {
        printed.append(line).append('\n');
        line = lines.readLine();
      }
      assertEquals("Solr runs until you press Ctrl-C.", line, printed.toString());
      assertTrue(printed.toString().contains("MRR@10 of 30 questions: "), printed.toString());
      // As Ctrl-C does, but for the number.
      process.toHandle().destroy();
      assertEquals(null, lines.readLine());
    } finally {
      process.destroyForcibly();
    }
    assertEquals(TERMINATED, process.waitFor());
  }

  @Test
  void libraryThatCannotBeLoadedIsExplained() throws IOException, InterruptedException {
    Path empty = Files.createDirectory(module.resolve("empty"));
    Process process =
        start(List.of("-XX:TieredStopAtLevel=1", "-Donnxruntime.native.path=" + empty), "--exit");
    String printed = printed(process);
    assertEquals(1, process.waitFor(), printed);
    assertTrue(printed.contains("ONNX Runtime's native library cannot be loaded ("), printed);
    assertTrue(
        printed.contains(
            "). It needs: on Linux glibc (Alpine's musl is not enough); a temporary folder that"
                + " libraries can be loaded from, java.io.tmpdir="
                + System.getProperty("java.io.tmpdir")
                + "; with Solr's security manager the line 'permission"
                + " java.lang.RuntimePermission \"loadLibrary.*\";' in"
                + " server/etc/security.policy"),
        printed);
  }
}
