package org.solrelectra.training.cli;

import java.io.File;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.Callable;
import org.solrelectra.training.bundle.BundleWriter;
import org.solrelectra.training.bundle.JavaRuntime;
import org.solrelectra.training.storage.Folders;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(
    name = "bundle",
    mixinStandardHelpOptions = true,
    description =
        "Packs this program, a Java runtime and libtorch for a Linux machine (x86-64) that has neither Java nor a"
            + " network. Packs the libtorch that is on the class path; training/bin/make-gpu-bundle puts the one for"
            + " GPUs there.")
final class BundleCommand implements Callable<Integer> {
  private static final long MEBIBYTE = 1L << 20;

  /** What is worth a line of its own. */
  private static final long LARGE = MEBIBYTE;

  @CommandLine.Spec private CommandLine.Model.CommandSpec spec;

  @Option(
      names = "--output",
      required = true,
      paramLabel = "DIR",
      description = "A folder that does not exist yet.")
  private Path output;

  @Option(
      names = "--architectures",
      split = ",",
      defaultValue = "90",
      paramLabel = "N",
      description =
          "GPUs that the bundle is for, by compute capability times ten: 80 is A100, 90 H100 and H200, 100 B200, 120"
              + " RTX 50. Code for others is blanked. Default: ${DEFAULT-VALUE}.")
  private Set<Integer> architectures;

  @Option(
      names = "--part-size",
      defaultValue = "32",
      paramLabel = "MIB",
      description = "Largest size of a file, in MiB. Default: ${DEFAULT-VALUE}.")
  private int partMebibytes;

  @Option(
      names = "--preset",
      defaultValue = "4",
      description = "Of xz, 0 (fast) to 9 (small). Default: ${DEFAULT-VALUE}.")
  private int preset;

  @Override
  public Integer call() throws IOException {
    if (partMebibytes < 1) {
      throw new IllegalArgumentException(
          "--part-size must be at least 1; --part-size=" + partMebibytes);
    }
    BundleWriter.Settings settings =
        new BundleWriter.Settings(architectures, partMebibytes * MEBIBYTE, preset);
    if (Files.exists(output)) {
      throw new FileAlreadyExistsException(output.toString());
    }
    long start = System.nanoTime();
    List<Path> classPath =
        Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
            .map(Path::of)
            .toList();
    Path scratch = Files.createTempDirectory("electra-runtime");
    BundleWriter.Report report;
    try {
      Path runtime = scratch.resolve("runtime");
      JavaRuntime.link(runtime);
      report = BundleWriter.write(classPath, runtime, settings, output);
    } finally {
      Folders.deleteIfExists(scratch);
    }
    PrintWriter out = spec.commandLine().getOut();
    report
        .compressed()
        .forEach(
            (name, bytes) -> {
              if (bytes >= LARGE) {
                out.printf(Locale.ROOT, "%6.1f MiB  %s%n", bytes / (double) MEBIBYTE, name);
              }
            });
    out.printf(
        Locale.ROOT,
        "%6.1f MiB  in %d parts, written to %s in %.0f s; there: ./unpack.sh FOLDER%n",
        report.bytes() / (double) MEBIBYTE,
        report.parts(),
        output,
        (System.nanoTime() - start) / 1e9);
    return 0;
  }
}
