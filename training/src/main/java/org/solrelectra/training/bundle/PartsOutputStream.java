package org.solrelectra.training.bundle;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import org.solrelectra.training.storage.FileHash;

/**
 * Cuts what is written into files {@code NAME.000, NAME.001, ...} of one size, the last smaller.
 */
final class PartsOutputStream extends OutputStream {

  /**
   * A file that was written.
   *
   * @param sha256 in lower-case hexadecimal
   */
  record Part(Path file, long bytes, String sha256) {}

  private static final int MOST_PARTS = 1000;

  private final Path folder;
  private final String name;
  private final long partBytes;
  private final List<Part> parts = new ArrayList<>();
  private Path file;
  private OutputStream out;
  private MessageDigest digest;
  private long written;

  PartsOutputStream(Path folder, String name, long partBytes) {
    this.folder = folder;
    this.name = name;
    this.partBytes = partBytes;
  }

  @Override
  public void write(int value) throws IOException {
    write(new byte[] {(byte) value}, 0, 1);
  }

  @Override
  public void write(byte[] bytes, int offset, int length) throws IOException {
    int from = offset;
    int left = length;
    while (left > 0) {
      if (out == null) {
        open();
      }
      int now = (int) Math.min(left, partBytes - written);
      out.write(bytes, from, now);
      digest.update(bytes, from, now);
      written += now;
      from += now;
      left -= now;
      if (written == partBytes) {
        closePart();
      }
    }
  }

  private void open() throws IOException {
    if (parts.size() == MOST_PARTS) {
      throw new IOException(
          "a bundle must have at most " + MOST_PARTS + " parts; part bytes: " + partBytes);
    }
    file = folder.resolve(String.format(Locale.ROOT, "%s.%03d", name, parts.size()));
    out = Files.newOutputStream(file);
    digest = FileHash.digest();
    written = 0;
  }

  private void closePart() throws IOException {
    out.close();
    out = null;
    parts.add(new Part(file, written, HexFormat.of().formatHex(digest.digest())));
  }

  @Override
  public void close() throws IOException {
    if (out != null) {
      closePart();
    }
  }

  /** Returns how many bytes were written to all parts. */
  long bytes() {
    return parts.stream().mapToLong(Part::bytes).sum() + (out == null ? 0 : written);
  }

  /** Returns the parts, complete once this is closed. */
  List<Part> parts() {
    return List.copyOf(parts);
  }
}
