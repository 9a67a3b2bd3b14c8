package org.solrelectra.training.corpus;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Says which files were read, closely enough to notice that one was changed since. */
final class InputFiles {
  private InputFiles() {}

  static String describe(List<Path> files) {
    return files.stream().map(InputFiles::describe).toList().toString();
  }

  private static String describe(Path file) {
    try {
      return file.toAbsolutePath().normalize()
          + " ("
          + Files.size(file)
          + " bytes of "
          + Files.getLastModifiedTime(file)
          + ")";
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
