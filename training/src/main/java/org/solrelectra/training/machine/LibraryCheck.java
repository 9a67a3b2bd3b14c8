package org.solrelectra.training.machine;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Whether the shared libraries are there that libtorch needs and does not bring along.
 *
 * @param entries in the order they were looked for; what libtorch brings along is not among them
 */
public record LibraryCheck(List<Entry> entries) {

  /** How bad it is if a library is not there. */
  public enum Need {
    /** libtorch cannot be loaded or cannot use the GPU. */
    REQUIRED,
    /** Something that not every program does will fail. */
    OPTIONAL
  }

  /**
   * One library.
   *
   * @param path where it is; null if it is missing
   * @param neededBy libraries that need it
   */
  public record Entry(String name, Path path, Need need, List<String> neededBy) {
    public boolean missing() {
      return path == null;
    }
  }

  /**
   * A library that is not named in a file but opened by name when a program runs.
   *
   * @param openedBy the library that opens it
   */
  private record Opened(String name, Need need, String openedBy) {}

  /** The driver's libraries, and those that cuDNN 9 and NCCL 2 consist of. */
  private static final List<Opened> OPENED =
      List.of(
          new Opened("libcuda.so.1", Need.REQUIRED, "libcudart.so.13"),
          new Opened("libnvidia-ml.so.1", Need.OPTIONAL, "libnccl.so.2"),
          new Opened("libnvrtc.so.13", Need.OPTIONAL, "libcudnn.so.9"),
          new Opened("libcudnn_graph.so.9", Need.OPTIONAL, "libcudnn.so.9"),
          new Opened("libcudnn_ops.so.9", Need.OPTIONAL, "libcudnn.so.9"),
          new Opened("libcudnn_heuristic.so.9", Need.OPTIONAL, "libcudnn.so.9"),
          new Opened("libcudnn_engines_precompiled.so.9", Need.OPTIONAL, "libcudnn.so.9"),
          new Opened("libcudnn_engines_runtime_compiled.so.9", Need.OPTIONAL, "libcudnn.so.9"));

  private static final Set<String> OF_DRIVER = Set.of("libcuda.so.1", "libnvidia-ml.so.1");

  /**
   * Looks for everything.
   *
   * @param own folders of libtorch's own libraries
   * @param required libraries that must work
   * @param optional libraries that need not
   * @param gpu whether a GPU is to be used
   */
  public static LibraryCheck of(
      LibrarySearch search, Set<Path> own, List<Path> required, List<Path> optional, boolean gpu)
      throws IOException {
    List<LibrarySearch.Found> needed = search.needs(required);
    Set<String> names = needed.stream().map(LibrarySearch.Found::name).collect(Collectors.toSet());
    List<Entry> entries = new ArrayList<>();
    add(entries, needed, own, Need.REQUIRED);
    List<Path> all = new ArrayList<>(required);
    all.addAll(optional);
    add(
        entries,
        search.needs(all).stream().filter(found -> !names.contains(found.name())).toList(),
        own,
        Need.OPTIONAL);
    if (gpu) {
      for (Opened opened : OPENED) {
        if (entries.stream().noneMatch(entry -> entry.name().equals(opened.name()))) {
          entries.add(
              new Entry(
                  opened.name(),
                  search.find(opened.name()),
                  opened.need(),
                  List.of(opened.openedBy())));
        }
      }
    }
    return new LibraryCheck(List.copyOf(entries));
  }

  private static void add(
      List<Entry> entries, List<LibrarySearch.Found> found, Set<Path> own, Need need) {
    for (LibrarySearch.Found library : found) {
      if (library.missing() || !own.contains(library.path().getParent())) {
        entries.add(new Entry(library.name(), library.path(), need, library.neededBy()));
      }
    }
  }

  /** Returns what to do about each group of missing libraries; empty if nothing is missing. */
  public List<String> remedies(Need need) {
    List<String> driver = new ArrayList<>();
    List<String> cuda = new ArrayList<>();
    List<String> system = new ArrayList<>();
    for (Entry entry : entries) {
      if (entry.missing() && entry.need() == need) {
        List<String> group =
            OF_DRIVER.contains(entry.name())
                ? driver
                : entry.name().matches("lib(cu|nv|nccl).*") ? cuda : system;
        group.add(entry.name());
      }
    }
    List<String> remedies = new ArrayList<>();
    if (!driver.isEmpty()) {
      remedies.add(
          String.join(", ", driver)
              + ": of NVIDIA's driver; install it (580 or later for CUDA 13), or start the container with its"
              + " GPUs (docker run --gpus all)");
    }
    if (!cuda.isEmpty()) {
      remedies.add(
          String.join(", ", cuda)
              + ": of CUDA 13, cuDNN 9 or NCCL 2; say where they are, in a bundle with --cuda-libraries or"
              + " ELECTRA_CUDA_LIBRARIES, else in LD_LIBRARY_PATH: folders such as"
              + " .../site-packages/nvidia/*/lib of a PyTorch for CUDA 13, /usr/local/cuda/lib64 and"
              + " /usr/local/cuda/extras/CUPTI/lib64");
    }
    if (!system.isEmpty()) {
      remedies.add(
          String.join(", ", system)
              + ": of the operating system; install the package that holds it (Debian and Ubuntu: libstdc++6,"
              + " libgcc-s1)");
    }
    return remedies;
  }
}
