package org.solrelectra.training.storage;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;

/**
 * Files that are there whole or not at all, after a kill or a loss of power too. Use it for every
 * file that something reads again; {@link Folders} does the same for folders.
 */
public final class DurableFiles {
  private DurableFiles() {}

  /**
   * Checks, before work is done, that a file of this name can be written.
   *
   * @throws IllegalArgumentException if the name is a folder's
   */
  public static void requireNoFolder(Path file) {
    if (Files.isDirectory(file)) {
      throw new IllegalArgumentException(
          "the name of a file is expected where a folder is; output=" + file);
    }
  }

  /**
   * Writes a file as UTF-8 in place of an old one of that name. It is on disk, under its name, when
   * this returns; if this fails, the old one is as it was.
   */
  public static void write(Path file, String content) throws IOException {
    Path partial = file.resolveSibling(file.getFileName() + ".partial");
    try {
      Files.writeString(partial, content, StandardCharsets.UTF_8);
      rename(partial, file);
    } catch (IOException e) {
      Files.deleteIfExists(partial);
      throw e;
    }
  }

  /** Forces a complete file to disk and gives it its name, in place of an old one of that name. */
  public static void rename(Path complete, Path file) throws IOException {
    Folders.forceFile(complete);
    try {
      Files.move(
          complete, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } catch (AtomicMoveNotSupportedException e) {
      Files.move(complete, file, StandardCopyOption.REPLACE_EXISTING);
    }
    Folders.forceFolder(file.toAbsolutePath().getParent());
  }
}
