package org.solrelectra.lucene.model;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;

/**
 * Opens the files of a model directory without being held up or filled up by one: a pipe, a device
 * or a file that is far too large is refused before it is read.
 */
final class ModelFile {
  private ModelFile() {}

  /** Says whether there is anything of this name, be it a link that leads nowhere. */
  static boolean isThere(Path file) {
    return Files.exists(file, LinkOption.NOFOLLOW_LINKS);
  }

  /**
   * Checks that there is a file to read; links are followed.
   *
   * @throws InvalidModelException if there is none, or it is a directory, a pipe, a device or a
   *     link to nothing
   */
  static void requireRegular(Path file) throws InvalidModelException {
    if (!isThere(file)) {
      throw new InvalidModelException(file + " does not exist");
    }
    if (!Files.isRegularFile(file)) {
      throw new InvalidModelException(
          file
              + " must be a regular file; it is "
              + (Files.isDirectory(file)
                  ? "a directory"
                  : Files.exists(file) ? "a pipe, a socket or a device" : "a link to nothing"));
    }
  }

  /**
   * Reads a file.
   *
   * @param most the largest file that is read, in bytes
   * @throws InvalidModelException if it is no regular file, larger, or cannot be read
   */
  static byte[] read(Path file, int most) throws InvalidModelException {
    requireRegular(file);
    try (InputStream stream = Files.newInputStream(file)) {
      // Size first: a file that is too large costs no memory. What grows meanwhile is cut.
      long size = Files.size(file);
      byte[] bytes = size > most ? new byte[0] : stream.readNBytes(most + 1);
      if (size > most || bytes.length > most) {
        throw new InvalidModelException(
            file + " must have at most " + most + " bytes; bytes=" + Math.max(size, bytes.length));
      }
      return bytes;
    } catch (InvalidModelException e) {
      throw e;
    } catch (IOException e) {
      throw unreadable(file, e);
    }
  }

  static InvalidModelException unreadable(Path file, IOException cause) {
    return new InvalidModelException(file + " cannot be read: " + Excerpt.of(cause), cause);
  }
}
