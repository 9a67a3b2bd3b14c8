package org.solrelectra.training.bundle;

import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;

/**
 * Writes a tar archive in the format ustar (POSIX.1-1988): files and symbolic links, owned by
 * nobody in particular, of one date, so that the same files give the same bytes. Whoever unpacks
 * makes the folders.
 */
final class TarWriter implements Closeable {
  private static final int BLOCK_BYTES = 512;
  private static final int LONGEST_NAME = 100;
  private static final int LONGEST_PREFIX = 155;

  private final OutputStream out;

  TarWriter(OutputStream out) {
    this.out = out;
  }

  /**
   * Adds a file.
   *
   * @param name its path in the archive, with slashes
   */
  void add(String name, Path file, boolean executable) throws IOException {
    try (InputStream content = Files.newInputStream(file)) {
      long bytes = Files.size(file);
      out.write(header(name, bytes, mode(executable), '0', ""));
      long written = content.transferTo(out);
      if (written != bytes) {
        throw new IOException(
            file + " must stay as it is; bytes before: " + bytes + ", bytes read: " + written);
      }
      pad(bytes);
    }
  }

  /** Adds a file with this content. */
  void add(String name, byte[] content, boolean executable) throws IOException {
    out.write(header(name, content.length, mode(executable), '0', ""));
    out.write(content);
    pad(content.length);
  }

  /** Adds a symbolic link beside the file that it leads to. */
  void addLink(String name, String target) throws IOException {
    out.write(header(name, 0, "0000777", '2', target));
  }

  private void pad(long bytes) throws IOException {
    out.write(new byte[(int) Math.floorMod(-bytes, (long) BLOCK_BYTES)]);
  }

  private static String mode(boolean executable) {
    return executable ? "0000755" : "0000644";
  }

  private static byte[] header(String name, long bytes, String mode, char type, String target)
      throws IOException {
    byte[] header = new byte[BLOCK_BYTES];
    String prefix = "";
    String rest = name;
    while (rest.length() > LONGEST_NAME && rest.indexOf('/') >= 0) {
      int slash = rest.indexOf('/');
      prefix =
          prefix.isEmpty() ? rest.substring(0, slash) : prefix + "/" + rest.substring(0, slash);
      rest = rest.substring(slash + 1);
    }
    if (rest.length() > LONGEST_NAME || prefix.length() > LONGEST_PREFIX) {
      throw new IOException("a name in a tar archive must fit 155 + 100 characters; name=" + name);
    }
    put(header, 0, rest);
    put(header, 100, mode);
    put(header, 108, "0000000");
    put(header, 116, "0000000");
    put(header, 124, String.format(Locale.ROOT, "%011o", bytes));
    put(header, 136, "00000000000");
    put(header, 156, String.valueOf(type));
    put(header, 157, target);
    put(header, 257, "ustar");
    put(header, 263, "00");
    put(header, 345, prefix);
    Arrays.fill(header, 148, 156, (byte) ' ');
    int sum = 0;
    for (byte value : header) {
      sum += Byte.toUnsignedInt(value);
    }
    put(header, 148, String.format(Locale.ROOT, "%06o", sum));
    header[154] = 0;
    return header;
  }

  private static void put(byte[] header, int at, String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    System.arraycopy(bytes, 0, header, at, bytes.length);
  }

  /** Ends the archive and closes what it goes to. */
  @Override
  public void close() throws IOException {
    out.write(new byte[2 * BLOCK_BYTES]);
    out.close();
  }
}
