package org.solrelectra.training.corpus;

import java.io.BufferedInputStream;
import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;
import org.tukaani.xz.XZIOException;
import org.tukaani.xz.XZInputStream;

/**
 * The lines of a UTF-8 text, plain or compressed ({@code .gz}, {@code .xz}). A line ends at \n.
 * Broken UTF-8 and binary files are errors that name the byte.
 */
public final class TextLines implements Closeable {
  private static final int BUFFER = 1 << 16;

  /** What the bytes may be. */
  public enum Content {
    /**
     * Text that somebody wrote: a NUL byte says that the file is something else; \\r before \\n and
     * a byte order mark at the start, which Windows' editors write, are dropped.
     */
    TEXT_FILE,
    /** Any characters; a line is exactly what stands between two \\n. */
    ANY_CHARACTERS
  }

  private final String source;
  private final Content content;
  private final InputStream stream;
  private final byte[] buffer = new byte[BUFFER];
  private int position;
  private int limit;
  private long consumed;
  private byte[] line = new byte[1024];
  private final CharsetDecoder decoder =
      StandardCharsets.UTF_8
          .newDecoder()
          .onMalformedInput(CodingErrorAction.REPORT)
          .onUnmappableCharacter(CodingErrorAction.REPORT);

  /** Reads from a stream; {@code source} stands for it in messages. */
  public TextLines(InputStream stream, String source, Content content) {
    this.stream = stream;
    this.source = source;
    this.content = content;
  }

  /**
   * Opens a file; a name ending in {@code .gz} or {@code .xz} is decompressed.
   *
   * @throws InvalidCorpusException if it is a folder, or what is compressed is damaged
   */
  public static TextLines open(Path file) throws IOException {
    if (Files.isDirectory(file)) {
      throw new InvalidCorpusException(file + " is a folder; expected a file");
    }
    InputStream raw = new BufferedInputStream(Files.newInputStream(file), BUFFER);
    try {
      String name = file.getFileName().toString();
      if (name.endsWith(".gz")) {
        return new TextLines(new GZIPInputStream(raw, BUFFER), file.toString(), Content.TEXT_FILE);
      }
      if (name.endsWith(".xz")) {
        return new TextLines(new XZInputStream(raw), file.toString(), Content.TEXT_FILE);
      }
      return new TextLines(raw, file.toString(), Content.TEXT_FILE);
    } catch (IOException e) {
      raw.close();
      throw damaged(file.toString(), e);
    }
  }

  private static InvalidCorpusException damaged(String source, IOException e) {
    // The JDK's EOFException may have no message.
    String reason = e instanceof EOFException ? "it is cut short" : e.getMessage();
    return new InvalidCorpusException(source + " cannot be decompressed: " + reason, e);
  }

  private int fill() throws IOException {
    try {
      return stream.read(buffer, 0, BUFFER);
    } catch (EOFException | ZipException | XZIOException e) {
      throw damaged(source, e);
    }
  }

  /** Says whether the next line can be read without waiting for more input. */
  public boolean isReady() throws IOException {
    return position < limit || stream.available() > 0;
  }

  /**
   * Returns the next line, or null at the end.
   *
   * @throws InvalidCorpusException if the line is not UTF-8 or holds a NUL byte, or what is
   *     compressed is damaged
   */
  public String next() throws IOException {
    long lineStart = consumed;
    int length = 0;
    boolean ascii = true;
    while (true) {
      if (position == limit) {
        limit = Math.max(0, fill());
        position = 0;
        if (limit == 0) {
          if (length == 0) {
            return null;
          }
          break;
        }
      }
      byte b = buffer[position++];
      consumed++;
      if (b == '\n') {
        break;
      }
      if (b == 0 && content == Content.TEXT_FILE) {
        throw new InvalidCorpusException(
            source + " is a binary file; expected UTF-8 text; NUL at byte " + (consumed - 1));
      }
      ascii &= b >= 0;
      if (length == line.length) {
        line = Arrays.copyOf(line, length * 2);
      }
      line[length++] = b;
    }
    if (length > 0 && line[length - 1] == '\r' && content == Content.TEXT_FILE) {
      length--;
    }
    if (ascii) {
      return new String(line, 0, length, StandardCharsets.ISO_8859_1);
    }
    String text = decode(length, lineStart);
    boolean marked = lineStart == 0 && content == Content.TEXT_FILE && text.startsWith("\ufeff");
    return marked ? text.substring(1) : text;
  }

  private String decode(int length, long lineStart) throws InvalidCorpusException {
    ByteBuffer in = ByteBuffer.wrap(line, 0, length);
    CharBuffer out = CharBuffer.allocate(length);
    decoder.reset();
    CoderResult result = decoder.decode(in, out, true);
    if (result.isError()) {
      throw new InvalidCorpusException(
          source
              + " is not UTF-8 text; malformed at byte "
              + (lineStart + in.position())
              + ": 0x"
              + Integer.toHexString(line[in.position()] & 0xff));
    }
    return out.flip().toString();
  }

  @Override
  public void close() throws IOException {
    stream.close();
  }
}
