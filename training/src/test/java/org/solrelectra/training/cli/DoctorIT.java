package org.solrelectra.training.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.solrelectra.training.machine.ElfFixture;
import org.solrelectra.training.machine.FatBinaryFixture;
import org.solrelectra.training.machine.FatBinaryFixture.Code;

class DoctorIT {
  private static final String GPU =
      "  GPU 0         NVIDIA H100, compute capability 9\\.0, memory 79\\.6 GiB, driver 580\\.65\\.06";

  @TempDir private Path folder;

  /** Where electra is built for CPUs, a GPU is no more than a note. */
  @Test
  @DisabledOnOs(value = OS.WINDOWS, disabledReason = "The tool of a made-up GPU is a shell script")
  void thisMachineIsWell() throws IOException, InterruptedException {
    makeGpu();
    Finished run = doctor(List.of());
    assertEquals(0, run.code(), run.printed());
    for (String line :
        List.of(
            GPU,
            "Note: the GPU is not used, for this electra is built for CPUs; training/docs/gpu\\.md says how to build it"
                + " for GPUs",
            "  system        .+",
            "  JVM           "
                + Pattern.quote(System.getProperty("java.version"))
                + ", heap up to \\d+\\.\\d GiB, /.+",
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

  /** libtorch_cuda.so with code for another GPU than the one that is there. */
  @Test
  @EnabledOnOs(OS.LINUX)
  void aGpuWithoutCodeIsNamedWithWhatToDo() throws IOException, InterruptedException {
    makeGpu();
    ElfFixture.write(folder.resolve("libjnitorch.so"), null, "libc.so.6", "libcupti.so.0");
    Path library =
        ElfFixture.write(folder.resolve("libtorch_cuda.so"), "$ORIGIN", "libcudart.so.0");
    int bytes = Math.toIntExact(Files.size(library));
    Files.write(library, new byte[Math.floorMod(-bytes, 8)], StandardOpenOption.APPEND);
    Files.write(
        library,
        FatBinaryFixture.of(new Code(80, 64, 16), new Code(120, 64, 16)),
        StandardOpenOption.APPEND);
    Finished run =
        doctor(List.of("-Djava.library.path=" + folder, "-Dorg.bytedeco.javacpp.pathsFirst=true"));
    assertEquals(1, run.code(), run.printed());
    for (String line :
        List.of(
            GPU,
            "  libtorch for  GPUs and CPUs",
            "  GPU code      for sm_80, sm_120",
            "  MISSING       libcudart\\.so\\.0, needed by libtorch_cuda\\.so",
            "Problem: GPU 0 has compute capability 9\\.0, for which libtorch_cuda\\.so has no code; make a bundle with"
                + " --architectures 90")) {
      assertTrue(
          Pattern.compile("^" + line + "$", Pattern.MULTILINE).matcher(run.printed()).find(),
          "no line '" + line + "' in\n" + run.printed());
    }
  }

  /** Puts a driver's tool that shows one GPU into the folder of tools that {@link #doctor} uses. */
  private void makeGpu() throws IOException {
    Path tool = folder.resolve("nvidia-smi");
    Files.writeString(tool, "#!/bin/sh\necho '0, NVIDIA H100, 9.0, 81559, 580.65.06'\n");
    Files.setPosixFilePermissions(tool, PosixFilePermissions.fromString("rwx------"));
  }

  private record Finished(int code, String printed) {}

  private Finished doctor(List<String> options) throws IOException, InterruptedException {
    ProcessBuilder builder = CommandRun.process(options, "doctor", "--threads", 1);
    builder.environment().merge("PATH", folder.toString(), (path, tools) -> tools + ":" + path);
    Process process = builder.start();
    String printed = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    return new Finished(process.waitFor(), printed);
  }
}
