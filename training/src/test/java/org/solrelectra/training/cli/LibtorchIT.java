package org.solrelectra.training.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

class LibtorchIT {

  /** A platform for which there is none stands for a library that is missing or damaged. */
  @Test
  void aLibraryThatCannotBeLoadedIsOneLine() throws IOException, InterruptedException {
    Process process =
        CommandRun.process(
                List.of("-Dorg.bytedeco.javacpp.platform=nowhere-x86_64"),
                "bench",
                "pretrain",
                "--size",
                "tiny")
            .start();
    String printed = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertEquals(1, process.waitFor(), printed);
    assertEquals(1, printed.lines().count(), printed);
    assertTrue(printed.startsWith("electra bench pretrain: libtorch cannot be loaded ("), printed);
    assertTrue(
        printed.endsWith(
            "); it is there for Linux x86-64, macOS ARM and Windows x86-64, and if another electra"
                + " started at the same moment, it helps to start this one again\n"),
        printed);
  }
}
