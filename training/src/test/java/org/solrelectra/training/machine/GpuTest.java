package org.solrelectra.training.machine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

class GpuTest {
  @TempDir private Path folder;

  @Test
  void everyLineIsOneGpu() throws IOException {
    assertEquals(
        List.of(
            new Gpu(0, "NVIDIA H100 80GB HBM3", "9.0", 81559, "580.65.06"),
            new Gpu(1, "NVIDIA GB10", "12.1", -1, "580.65.06")),
        Gpu.parse(
            "0, NVIDIA H100 80GB HBM3, 9.0, 81559, 580.65.06\n1, NVIDIA GB10, 12.1, [N/A], 580.65.06\n"));
    assertEquals(List.of(), Gpu.parse("\n"));
    assertEquals(121, Gpu.parse("1, NVIDIA GB10, 12.1, [N/A], 580.65.06").get(0).architecture());
  }

  @Test
  void anotherAnswerIsNamed() {
    assertEquals(
        "nvidia-smi must say index, name, compute capability, memory and driver; line: No devices were found",
        assertThrows(IOException.class, () -> Gpu.parse("No devices were found")).getMessage());
    assertEquals(
        "nvidia-smi must say index, name, compute capability, memory and driver; line: 0, A, [N/A], 1, 2",
        assertThrows(IOException.class, () -> Gpu.parse("0, A, [N/A], 1, 2")).getMessage());
  }

  @Test
  @EnabledOnOs({OS.LINUX, OS.MAC})
  void theDriversToolIsAsked() throws IOException {
    Path tool = script("case $1 in --query-gpu=index,*) echo '0, A, 9.0, 5, 6';; *) exit 3;; esac");
    assertEquals(List.of(new Gpu(0, "A", "9.0", 5, "6")), Gpu.list(tool.toString()));
    Path failing = script("echo 'cannot communicate with the NVIDIA driver'; exit 9");
    assertEquals(
        failing + " ended with 9: cannot communicate with the NVIDIA driver",
        assertThrows(IOException.class, () -> Gpu.list(failing.toString())).getMessage());
    assertThrows(IOException.class, () -> Gpu.list(folder.resolve("missing").toString()));
  }

  private Path script(String commands) throws IOException {
    Path file = Files.createTempFile(folder, "nvidia-smi", "");
    Files.writeString(file, "#!/bin/sh\n" + commands + "\n");
    return Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwx------"));
  }
}
