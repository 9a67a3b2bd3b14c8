package org.solrelectra.training.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** The real thing for CPUs: what is built here, packed, unpacked elsewhere, run without a JDK. */
@EnabledOnOs(value = OS.LINUX, architectures = "amd64")
class BundleIT {
  /** What a small container has. There is no java among them. */
  private static final List<String> TOOLS =
      List.of(
          "bash", "cat", "dirname", "env", "mkdir", "mv", "readlink", "rm", "sha256sum", "tar", "xz");

  @TempDir private Path folder;

  @Test
  void aBundleTrainsWhereThereIsNoJava() throws IOException, InterruptedException {
    Path module = Path.of(System.getProperty("solrelectra.root"), "training", "target");
    String classPath =
        module.resolve("classes") + ":" + Files.readString(module.resolve("electra.classpath"));
    Path bundle = folder.resolve("bundle");
    Run made =
        run(
            Map.copyOf(System.getenv()),
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-cp",
            classPath,
            TrainingCli.class.getName(),
            "bundle",
            "--output",
            bundle.toString(),
            "--preset",
            "0",
            "--part-size",
            "16");
    assertEquals(0, made.code(), made.printed());
    Path tools = Files.createDirectory(folder.resolve("bin"));
    for (String tool : TOOLS) {
      Files.createSymbolicLink(tools.resolve(tool), find(tool));
    }
    Path userHome = Files.createDirectory(folder.resolve("user"));
    Map<String, String> environment =
        Map.of("PATH", tools.toString(), "HOME", userHome.toString(), "OMP_NUM_THREADS", "1");
    Path home = folder.resolve("opt/electra");
    Run unpacked = run(environment, bundle.resolve("unpack.sh").toString(), home.toString());
    assertEquals(0, unpacked.code(), unpacked.printed());
    String electra = home.resolve("electra").toString();
    Run doctor = run(environment, electra, "doctor", "--threads", "1");
    assertEquals(0, doctor.code(), doctor.printed());
    assertTrue(doctor.printed().endsWith("All that is needed works.\n"), doctor.printed());
    assertTrue(doctor.printed().contains(home.resolve("runtime").toString()), doctor.printed());
    Run bench =
        run(
            environment,
            List.of(electra, "bench", "pretrain", "--size", "tiny", "--steps", "2", "--threads", "1")
                .toArray(String[]::new));
    assertEquals(0, bench.code(), bench.printed());
    assertTrue(
        bench.printed().matches("(?s).*TINY, 16 x 128 tokens.* tokens/s \\(median of 2 steps; .*"),
        bench.printed());
    assertFalse(Files.exists(userHome.resolve(".javacpp")));
  }

  private record Run(int code, String printed) {}

  private static Run run(Map<String, String> environment, String... command)
      throws IOException, InterruptedException {
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().clear();
    builder.environment().putAll(environment);
    Process process = builder.start();
    String printed = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    return new Run(process.waitFor(), printed);
  }

  private static Path find(String tool) {
    List<Path> looked = new ArrayList<>();
    for (String folder : System.getenv("PATH").split(":")) {
      Path candidate = Path.of(folder, tool);
      if (Files.isExecutable(candidate)) {
        return candidate;
      }
      looked.add(candidate);
    }
    throw new AssertionError("this test needs " + tool + "; looked at " + looked);
  }
}
