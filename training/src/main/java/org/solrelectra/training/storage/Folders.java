package org.solrelectra.training.storage;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.FileVisitOption;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/** Folders that appear complete or not at all. */
public final class Folders {
  private Folders() {}

  /** Deletes a folder and all in it, if it is there. */
  public static void deleteIfExists(Path folder) throws IOException {
    if (!Files.exists(folder)) {
      return;
    }
    List<Path> paths;
    try (Stream<Path> walk = Files.walk(folder)) {
      paths = walk.sorted(Comparator.reverseOrder()).toList();
    }
    for (Path path : paths) {
      Files.delete(path);
    }
  }

  /** Copies a folder with all in it; what links point to is copied, not the links. */
  public static void copy(Path from, Path to) throws IOException {
    List<Path> paths;
    try (Stream<Path> walk = Files.walk(from, FileVisitOption.FOLLOW_LINKS)) {
      paths = walk.toList();
    }
    for (Path path : paths) {
      Path copy = to.resolve(from.relativize(path).toString());
      if (Files.isDirectory(path)) {
        Files.createDirectories(copy);
      } else {
        Files.copy(path, copy);
      }
    }
  }

  /**
   * Returns where a folder is built before {@link #replace} gives it its name: beside it, under a
   * name that nobody gives a folder of their own, for what a crash left there is deleted.
   */
  public static Path partial(Path target) {
    return reserved(target, "partial");
  }

  private static Path reserved(Path target, String purpose) {
    Path absolute = target.toAbsolutePath().normalize();
    return absolute.resolveSibling("." + absolute.getFileName() + ".electra-" + purpose);
  }

  /**
   * Puts a complete new folder in the place of an old one. A crash in between leaves the old one
   * under its name or, for an instant, beside it as {@code .NAME.electra-old}.
   */
  public static void replace(Path fresh, Path target) throws IOException {
    forceFiles(fresh);
    Path old = reserved(target, "old");
    deleteIfExists(old);
    if (Files.exists(target)) {
      move(target, old);
    }
    move(fresh, target);
    forceFolder(target.toAbsolutePath().getParent());
    deleteIfExists(old);
  }

  private static void move(Path from, Path to) throws IOException {
    try {
      Files.move(from, to, StandardCopyOption.ATOMIC_MOVE);
    } catch (AtomicMoveNotSupportedException e) {
      Files.move(from, to);
    }
  }

  /** Forces a folder's files to disk, so that a rename never overtakes their content. */
  private static void forceFiles(Path folder) throws IOException {
    List<Path> files;
    try (Stream<Path> walk = Files.walk(folder)) {
      files = walk.filter(Files::isRegularFile).toList();
    }
    for (Path file : files) {
      forceFile(file);
    }
  }

  static void forceFile(Path file) throws IOException {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
      channel.force(true);
    }
  }

  static void forceFolder(Path folder) {
    // A folder can be opened and forced on POSIX systems only; elsewhere the rename alone must do.
    try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
      channel.force(true);
    } catch (IOException e) {
      return;
    }
  }
}
