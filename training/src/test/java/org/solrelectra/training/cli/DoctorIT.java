package org.solrelectra.training.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.solrelectra.training.machine.ElfFixture;

class DoctorIT {
  @TempDir private Path folder;

  @Test
  void thisMachineIsWell() throws IOException, InterruptedException {
    Finished run = doctor(List.of());
    assertEquals(0, run.code(), run.printed());
    for (String line :
        List.of(
            "  system        .+",
            "  JVM           " + Pattern.quote(System.getProperty("java.version")) + ", heap up to \\d+\\.\\d GiB, /.+",
            "  libtorch for  CPUs",
            OS.LINUX.isCurrentOs()
                ? "  found         libc\\.so\\.6  /.+/libc\\.so\\.6"
                : "  others        not looked for: this is not Linux",
            "  version       2\\.10\\.0, CPU capability \\w+, oneDNN v[\\d.]+",
            "  BLAS          (OpenBLAS|MKL) \\(/.+\\)",
            "  threads       1",
            "  cpu           ok; generator 6\\.\\d+ \\(ln 1000 = 6\\.9078\\), discriminator 0\\.\\d+"
                + " \\(ln 2 = 0\\.6931\\), gradient \\d.+, loss \\d+\\.\\d+ -> \\d+\\.\\d+, \\d+\\.\\d s",
            "All that is needed works.")) {
      assertTrue(
          Pattern.compile("^" + line + "$", Pattern.MULTILINE).matcher(run.printed()).find(),
          "no line '" + line + "' in\n" + run.printed());
    }
    assertFalse(run.printed().contains("Problem"), run.printed());
  }

  /** A platform for which there is none stands for any reason that loading fails for. */
  @Test
  void aLibraryThatCannotBeLoadedIsAReport() throws IOException, InterruptedException {
    Finished run = doctor(List.of("-Dorg.bytedeco.javacpp.platform=nowhere-x86_64"));
    assertEquals(1, run.code(), run.printed());
    assertFalse(run.printed().contains("\tat "), run.printed());
    assertTrue(
        run.printed()
            .contains(
                "  libtorch      none for this platform on the class path or in java.library.path\n"),
        run.printed());
    assertTrue(run.printed().contains("\nProblem: libtorch cannot be loaded: "), run.printed());
    assertTrue(
        run.printed().endsWith("\nNot all that is needed works: 1 problem(s).\n"), run.printed());
  }

  /** libtorch's own libraries replaced by one that needs what is nowhere. */
  @Test
  @EnabledOnOs(OS.LINUX)
  void aMissingLibraryIsNamedWithWhatToDo() throws IOException, InterruptedException {
    ElfFixture.write(folder.resolve("libjnitorch.so"), null, "libcupti.so.0", "libc.so.6");
    Finished run =
        doctor(List.of("-Djava.library.path=" + folder, "-Dorg.bytedeco.javacpp.pathsFirst=true"));
    assertEquals(1, run.code(), run.printed());
    assertTrue(
        run.printed().contains("\n  MISSING       libcupti.so.0, needed by libjnitorch.so\n"),
        run.printed());
    assertTrue(
        Pattern.compile("^  found         libc\\.so\\.6  /.*libc\\.so\\.6$", Pattern.MULTILINE)
            .matcher(run.printed())
            .find(),
        run.printed());
    assertTrue(
        run.printed().contains("\nProblem: libcupti.so.0: of CUDA 13, cuDNN 9 or NCCL 2; "),
        run.printed());
    assertFalse(run.printed().contains("\tat "), run.printed());
  }

  private record Finished(int code, String printed) {}

  private static Finished doctor(List<String> options) throws IOException, InterruptedException {
    Process process = CommandRun.process(options, "doctor", "--threads", 1).start();
    String printed = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    return new Finished(process.waitFor(), printed);
  }
}
