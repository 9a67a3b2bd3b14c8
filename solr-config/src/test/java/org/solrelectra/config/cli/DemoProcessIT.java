package org.solrelectra.config.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The demo in a JVM of its own: what a native library may do to one. */
class DemoProcessIT {
  @TempDir private Path module;

  /** A module with the fixtures for models. */
  @BeforeEach
  void makeModule() throws IOException {
    Path here = Path.of("").toAbsolutePath();
    Files.createDirectory(module.resolve("target"));
    for (String part : List.of("target/plugin", "configset", "sample")) {
      Files.createSymbolicLink(module.resolve(part), here.resolve(part));
    }
    Files.createSymbolicLink(module.resolve("models"), here.resolve("src/test/resources/models"));
  }

  private record Ended(int code, String printed) {}

  private Ended run(String... options) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of(options));
    command.add("-D" + DemoCli.MODULE_PROPERTY + "=" + module);
    command.addAll(
        List.of(
            "-cp",
            System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"))));
    command.addAll(List.of(DemoCli.class.getName(), "--exit", "--port", "0"));
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String printed = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    return new Ended(process.waitFor(), printed);
  }

  /**
   * Solr's start script gives threads 256 KiB of stack, and its command line is some thousand
   * characters long: as much as ONNX Runtime's start overflows, if nothing is done about it.
   */
  @Test
  void smallStacksAndALongCommandLineDoNoHarm() throws IOException, InterruptedException {
    Ended ended = run("-Xss256k", "-Dlong=" + "x".repeat(20_000));
    assertEquals(0, ended.code(), ended.printed());
    assertTrue(ended.printed().contains("MRR@10 of 30 questions: "), ended.printed());
  }

  @Test
  void libraryThatCannotBeLoadedIsExplained() throws IOException, InterruptedException {
    Path empty = Files.createDirectory(module.resolve("empty"));
    Ended ended = run("-Donnxruntime.native.path=" + empty);
    assertEquals(1, ended.code(), ended.printed());
    assertTrue(
        ended.printed().contains("ONNX Runtime's native library cannot be loaded ("),
        ended.printed());
    assertTrue(
        ended
            .printed()
            .contains(
                "). It needs: on Linux glibc (Alpine's musl is not enough); a temporary folder that"
                    + " libraries can be loaded from, java.io.tmpdir="
                    + System.getProperty("java.io.tmpdir")
                    + "; with Solr's security manager the line 'permission"
                    + " java.lang.RuntimePermission \"loadLibrary.*\";' in"
                    + " server/etc/security.policy"),
        ended.printed());
  }
}
