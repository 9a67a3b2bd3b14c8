package org.solrelectra.training.machine;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** The folders in which Linux's dynamic linker looks without being told: ld.so.conf(5). */
public final class SystemLibraryFolders {
  private static final List<String> DEFAULTS =
      List.of(
          "lib/x86_64-linux-gnu",
          "usr/lib/x86_64-linux-gnu",
          "lib64",
          "usr/lib64",
          "lib",
          "usr/lib");

  private SystemLibraryFolders() {}

  /** Returns those that exist below a root folder, in the linker's order. */
  public static List<Path> under(Path root) throws IOException {
    Set<Path> folders = new LinkedHashSet<>();
    read(root, root.resolve("etc/ld.so.conf"), folders, new LinkedHashSet<>());
    DEFAULTS.forEach(name -> folders.add(root.resolve(name)));
    return folders.stream().filter(Files::isDirectory).toList();
  }

  private static void read(Path root, Path file, Set<Path> folders, Set<Path> seen)
      throws IOException {
    if (!Files.isReadable(file) || !seen.add(file)) {
      return;
    }
    for (String line : Files.readAllLines(file, StandardCharsets.ISO_8859_1)) {
      String entry = line.replaceAll("#.*", "").strip();
      if (entry.startsWith("include ")) {
        Path pattern = under(root, entry.substring("include ".length()).strip(), file);
        for (Path included : matching(pattern)) {
          read(root, included, folders, seen);
        }
      } else if (!entry.isEmpty()) {
        folders.add(under(root, entry, file));
      }
    }
  }

  private static Path under(Path root, String name, Path file) {
    return name.startsWith("/") ? root.resolve(name.substring(1)) : file.resolveSibling(name);
  }

  private static List<Path> matching(Path pattern) throws IOException {
    List<Path> found = new ArrayList<>();
    if (Files.isDirectory(pattern.getParent())) {
      try (DirectoryStream<Path> files =
          Files.newDirectoryStream(pattern.getParent(), pattern.getFileName().toString())) {
        files.forEach(found::add);
      }
    }
    found.sort(null);
    return found;
  }
}
