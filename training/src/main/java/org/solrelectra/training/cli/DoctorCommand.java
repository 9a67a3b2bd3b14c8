package org.solrelectra.training.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.solrelectra.training.machine.ElfFile;
import org.solrelectra.training.machine.Gpu;
import org.solrelectra.training.machine.GpuCode;
import org.solrelectra.training.machine.LibraryCheck;
import org.solrelectra.training.machine.LibraryCheck.Need;
import org.solrelectra.training.machine.LibrarySearch;
import org.solrelectra.training.machine.SystemLibraryFolders;
import org.solrelectra.training.network.Libtorch;
import org.solrelectra.training.network.LibtorchBuild;
import org.solrelectra.training.network.NativeFiles;
import org.solrelectra.training.pretrain.SelfTest;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

@Command(
    name = "doctor",
    mixinStandardHelpOptions = true,
    description =
        "Says what this machine has and whether electra works on it: devices, native libraries, libtorch, and a few"
            + " updates of a tiny network on each device, whose losses must agree. Ends with 0 if all that is needed"
            + " works, else with 1 and what to do.")
final class DoctorCommand implements Callable<Integer> {
  private static final boolean LINUX = System.getProperty("os.name").equals("Linux");
  private static final double GIBIBYTE = 1L << 30;

  @CommandLine.Spec private CommandLine.Model.CommandSpec spec;
  @Mixin private ThreadOptions threads;

  private final List<String> problems = new ArrayList<>();
  private final List<String> notes = new ArrayList<>();
  private PrintWriter out;

  @Override
  public Integer call() throws IOException {
    out = spec.commandLine().getOut();
    out.println("Machine");
    machine();
    List<Gpu> gpus = gpus();
    out.println("Native libraries");
    NativeFiles natives = NativeFiles.unpack();
    if (natives.libraries().containsKey(NativeFiles.CPU)) {
      libraries(natives, gpus);
    } else {
      row("libtorch", "none for this platform on the class path or in java.library.path");
    }
    out.println("libtorch");
    LibtorchBuild build = load(natives);
    if (build != null) {
      describe(build, natives, gpus);
      out.println("Self-test");
      selfTest(build);
    }
    return verdict();
  }

  private void machine() {
    row(
        "system",
        "%s %s, %s",
        System.getProperty("os.name"),
        System.getProperty("os.version"),
        System.getProperty("os.arch"));
    row("processors", "%d", Runtime.getRuntime().availableProcessors());
    row(
        "JVM",
        "%s, heap up to %.1f GiB, %s",
        System.getProperty("java.version"),
        Runtime.getRuntime().maxMemory() / GIBIBYTE,
        System.getProperty("java.home"));
  }

  private List<Gpu> gpus() {
    List<Gpu> gpus;
    try {
      gpus = Gpu.list(Gpu.COMMAND);
    } catch (IOException e) {
      row("GPU", "none that the driver's tool shows (%s)", firstLine(e));
      return List.of();
    }
    if (gpus.isEmpty()) {
      row("GPU", "none");
    }
    for (Gpu gpu : gpus) {
      row(
          "GPU " + gpu.index(),
          "%s, compute capability %s, memory %s, driver %s",
          gpu.name(),
          gpu.computeCapability(),
          gpu.memoryMebibytes() < 0
              ? "unknown"
              : String.format(Locale.ROOT, "%.1f GiB", gpu.memoryMebibytes() / 1024.0),
          gpu.driver());
    }
    return gpus;
  }

  private void libraries(NativeFiles natives, List<Gpu> gpus) throws IOException {
    Set<Path> own =
        natives.libraries().values().stream()
            .map(Path::getParent)
            .collect(Collectors.toCollection(LinkedHashSet::new));
    row("libtorch for", natives.forGpus() ? "GPUs and CPUs" : "CPUs");
    own.forEach(folder -> row("in", "%s", folder));
    if (natives.forGpus()) {
      gpuCode(natives.libraries().get(NativeFiles.GPU), gpus);
    } else if (!gpus.isEmpty()) {
      notes.add(
          "the GPU is not used, for this electra is built for CPUs; training/docs/gpu.md says how to build it for GPUs");
    }
    if (!LINUX) {
      row("others", "not looked for: this is not Linux");
      return;
    }
    List<Path> first = new ArrayList<>(own);
    Arrays.stream(Objects.requireNonNullElse(System.getenv("LD_LIBRARY_PATH"), "").split(":"))
        .filter(folder -> !folder.isEmpty())
        .forEach(folder -> first.add(Path.of(folder)));
    first.addAll(natives.folders());
    List<String> roots =
        natives.forGpus() ? List.of(NativeFiles.CPU, NativeFiles.GPU) : List.of(NativeFiles.CPU);
    LibraryCheck check =
        LibraryCheck.of(
            new LibrarySearch(first, SystemLibraryFolders.under(Path.of("/"))),
            own,
            roots.stream().map(natives.libraries()::get).toList(),
            natives.libraries().containsKey(NativeFiles.NCCL)
                ? List.of(natives.libraries().get(NativeFiles.NCCL))
                : List.of(),
            natives.forGpus());
    for (LibraryCheck.Entry entry : check.entries()) {
      row(
          entry.missing() ? entry.need() == Need.REQUIRED ? "MISSING" : "missing" : "found",
          "%s%s",
          entry.name(),
          entry.missing()
              ? ", needed by " + String.join(", ", entry.neededBy())
              : "  " + entry.path());
    }
    problems.addAll(check.remedies(Need.REQUIRED));
    check.remedies(Need.OPTIONAL).forEach(remedy -> notes.add("not always needed: " + remedy));
  }

  private void gpuCode(Path library, List<Gpu> gpus) throws IOException {
    Set<Integer> architectures = GpuCode.architectures(library).keySet();
    row(
        "GPU code",
        "for %s",
        architectures.stream().map(number -> "sm_" + number).collect(Collectors.joining(", ")));
    for (Gpu gpu : gpus) {
      if (!GpuCode.runsOn(gpu.architecture(), architectures)) {
        problems.add(
            String.format(
                Locale.ROOT,
                "GPU %d has compute capability %s, for which %s has no code; make a bundle with --architectures %d",
                gpu.index(),
                gpu.computeCapability(),
                library.getFileName(),
                gpu.architecture()));
      }
    }
  }

  /** Returns null if libtorch cannot be loaded. */
  private LibtorchBuild load(NativeFiles natives) {
    try {
      Libtorch.start(threads.count, Libtorch.Choice.AUTO);
    } catch (UncheckedIOException e) {
      List<String> reasons = reasons(e.getCause().getCause());
      reasons.forEach(reason -> row("FAILED", "%s", reason));
      problems.add(
          "libtorch cannot be loaded: "
              + reasons.get(reasons.size() - 1)
              + (reasons.stream().anyMatch(reason -> reason.matches(".*GLIBC(XX)?_.* not found.*"))
                  ? "; this Linux is too old: libtorch needs glibc 2.35, as Ubuntu 22.04 and Debian 12 have"
                  : ""));
      return null;
    }
    if (natives.forGpus()) {
      try {
        // JavaCPP goes on without the GPU's part and keeps the reason to itself.
        System.load(natives.libraries().get(NativeFiles.GPU).toString());
      } catch (UnsatisfiedLinkError e) {
        row("FAILED", "%s", firstLine(e));
        problems.add("the GPU's part of libtorch cannot be loaded: " + firstLine(e));
      }
    }
    return LibtorchBuild.loaded();
  }

  private void describe(LibtorchBuild build, NativeFiles natives, List<Gpu> gpus)
      throws IOException {
    row(
        "version",
        "%s, CPU capability %s, %s",
        build.version(),
        build.cpuCapability(),
        build.oneDnn());
    row("BLAS", "%s", blas(build.openBlas()));
    row("threads", "%d", build.threads());
    build.cuda().forEach(line -> row("CUDA", "%s", line));
    for (int gpu = 0; gpu < build.gpus(); gpu++) {
      LibtorchBuild.Memory memory = LibtorchBuild.memory(gpu);
      row(
          "cuda:" + gpu,
          "%.1f of %.1f GiB free",
          memory.free() / GIBIBYTE,
          memory.total() / GIBIBYTE);
    }
    if (natives.forGpus() && build.gpus() == 0) {
      problems.add(
          gpus.isEmpty()
              ? "libtorch is built for GPUs and this machine shows none; without a GPU use the electra for CPUs"
              : "libtorch sees none of the " + gpus.size() + " GPUs that the driver shows");
    }
  }

  /** The file may be MKL's under OpenBLAS's name; what it was built as says which. */
  private static String blas(Path file) throws IOException {
    String name = LINUX && Files.exists(file) ? ElfFile.read(file).soname() : null;
    String built = name == null ? file.toString() : name;
    return (built.contains("mkl") ? "MKL" : "OpenBLAS") + " (" + file + ")";
  }

  private void selfTest(LibtorchBuild build) {
    List<String> devices = new ArrayList<>(List.of("cpu"));
    for (int gpu = 0; gpu < build.gpus(); gpu++) {
      devices.add("cuda:" + gpu);
    }
    SelfTest.Result reference = null;
    for (String device : devices) {
      try {
        SelfTest.Result result = SelfTest.run(device);
        List<String> wrong = new ArrayList<>(result.problems());
        if (reference != null) {
          wrong.addAll(result.differences(reference));
        } else {
          reference = result;
        }
        problems.addAll(wrong);
        row(
            device,
            "%s; generator %.4f (ln 1000 = %.4f), discriminator %.4f (ln 2 = %.4f), gradient %.4f, loss %.4f -> %.4f,"
                + " %.1f s",
            wrong.isEmpty() ? "ok" : "WRONG",
            result.generatorLoss(),
            SelfTest.EXPECTED_GENERATOR_LOSS,
            result.discriminatorLoss(),
            SelfTest.EXPECTED_DISCRIMINATOR_LOSS,
            result.gradientNorm(),
            result.startLoss(),
            result.endLoss(),
            result.seconds());
      } catch (IOException e) {
        row(device, "FAILED; %s", e.getMessage());
        problems.add("the self-test failed on " + e.getMessage());
      }
    }
    if (devices.size() > 1) {
      row(
          "tolerance",
          "of the first losses and the gradient %.0e, of the last loss %.0e, as shares of the CPU's",
          SelfTest.DEVICE_TOLERANCE,
          SelfTest.UPDATED_TOLERANCE);
    }
  }

  private int verdict() {
    notes.forEach(note -> out.println("Note: " + note));
    problems.forEach(problem -> out.println("Problem: " + problem));
    out.println(
        problems.isEmpty()
            ? "All that is needed works."
            : "Not all that is needed works: " + problems.size() + " problem(s).");
    return problems.isEmpty() ? 0 : 1;
  }

  private void row(String name, String format, Object... values) {
    out.printf(Locale.ROOT, "  %-13s ", name);
    out.printf(Locale.ROOT, format + "%n", values);
  }

  /** The messages of an error and its causes, outermost first, each once. */
  private static List<String> reasons(Throwable error) {
    Set<String> messages = new LinkedHashSet<>();
    for (Throwable e = error; e != null; e = e.getCause()) {
      messages.add(firstLine(e));
    }
    return List.copyOf(messages);
  }

  private static String firstLine(Throwable e) {
    return String.valueOf(e.getMessage()).lines().findFirst().orElse(e.toString());
  }
}
