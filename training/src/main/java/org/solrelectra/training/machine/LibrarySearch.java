package org.solrelectra.training.machine;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Finds the libraries that a library needs, and those that they need, as Linux's dynamic linker
 * would (ld.so(8)): told folders, then the library's own run path, then the system's folders. A
 * file of another instruction set is passed over, as there.
 *
 * @param first folders that come before all others, such as those of {@code LD_LIBRARY_PATH}
 * @param system folders that come last
 */
public record LibrarySearch(List<Path> first, List<Path> system) {

  /**
   * A library by the name that others need it by.
   *
   * @param path where it was found; null if nowhere
   * @param neededBy names of the libraries that need it
   */
  public record Found(String name, Path path, List<String> neededBy) {
    public boolean missing() {
      return path == null;
    }
  }

  /**
   * Returns all that some libraries need, one way or another, themselves included, each once, in
   * the order of the search.
   *
   * @param roots files that exist
   */
  public List<Found> needs(Collection<Path> roots) throws IOException {
    Map<String, Found> found = new LinkedHashMap<>();
    Deque<Path> open = new ArrayDeque<>();
    for (Path root : roots) {
      String name = root.getFileName().toString();
      if (found.putIfAbsent(name, new Found(name, root, new ArrayList<>())) == null) {
        open.add(root);
      }
    }
    while (!open.isEmpty()) {
      Path file = open.remove();
      ElfFile library = ElfFile.read(file);
      for (String name : library.needed()) {
        Found known = found.get(name);
        if (known == null) {
          Path path = find(name, library, file);
          known = new Found(name, path, new ArrayList<>());
          found.put(name, known);
          if (path != null) {
            open.add(path);
          }
        }
        known.neededBy().add(file.getFileName().toString());
      }
    }
    return List.copyOf(found.values());
  }

  /** Returns where a library is that is loaded by its name alone; null if nowhere. */
  public Path find(String name) throws IOException {
    for (Path folder : concatenated(List.of())) {
      Path candidate = folder.resolve(name);
      if (isLibrary(candidate, ElfFile.X86_64)) {
        return candidate;
      }
    }
    return null;
  }

  private Path find(String name, ElfFile needing, Path needingFile) throws IOException {
    List<Path> own =
        needing.runPath().stream().map(folder -> expanded(folder, needingFile)).toList();
    for (Path folder : concatenated(own)) {
      Path candidate = folder.resolve(name);
      if (isLibrary(candidate, needing.machine())) {
        return candidate;
      }
    }
    return null;
  }

  private static Path expanded(String folder, Path file) {
    String origin = file.toAbsolutePath().getParent().toString();
    return Path.of(folder.replace("${ORIGIN}", origin).replace("$ORIGIN", origin));
  }

  private List<Path> concatenated(List<Path> middle) {
    List<Path> all = new ArrayList<>(first);
    all.addAll(middle);
    all.addAll(system);
    return all;
  }

  private static boolean isLibrary(Path file, int machine) throws IOException {
    if (!Files.isRegularFile(file)) {
      return false;
    }
    try {
      return ElfFile.read(file).machine() == machine;
    } catch (IOException e) {
      // What is no library, a linker script for one, is passed over; what cannot be read is not.
      if (!Files.isReadable(file)) {
        throw e;
      }
      return false;
    }
  }
}
