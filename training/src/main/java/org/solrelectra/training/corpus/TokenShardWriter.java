package org.solrelectra.training.corpus;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.BitSet;
import java.util.HexFormat;
import java.util.zip.CRC32C;
import org.solrelectra.lucene.analysis.WordPieces;

/** Writes one {@link TokenShard}. The file is complete when {@link #close} has returned. */
final class TokenShardWriter implements Closeable {
  /**
   * What is the same in all shards of a corpus.
   *
   * @param tokenizerHash SHA-256 in hexadecimal
   */
  record Format(int vocabularySize, String tokenizerHash) {}

  private final FileChannel channel;
  private final Format format;
  private final int bytesPerToken;
  private final ByteBuffer buffer = ByteBuffer.allocate(1 << 16).order(ByteOrder.LITTLE_ENDIAN);
  private final CRC32C crc = new CRC32C();
  private final BitSet lineStarts = new BitSet();
  private long tokens;

  TokenShardWriter(Path file, Format format) throws IOException {
    this.format = format;
    this.channel = FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
    this.channel.position(TokenShard.HEADER_BYTES);
    this.bytesPerToken = format.vocabularySize() <= 1 << 16 ? 2 : 4;
  }

  long tokens() {
    return tokens;
  }

  /** Returns the CRC-32C of the tokens; of all once {@link #close} has returned. */
  long checksum() {
    return crc.getValue();
  }

  void addLine(WordPieces pieces) throws IOException {
    if (pieces.size() > 0) {
      lineStarts.set((int) tokens);
    }
    for (int i = 0; i < pieces.size(); i++) {
      add(pieces.id(i));
    }
  }

  void add(int id) throws IOException {
    if (buffer.remaining() < bytesPerToken) {
      flush();
    }
    if (bytesPerToken == 2) {
      buffer.putShort((short) id);
    } else {
      buffer.putInt(id);
    }
    tokens++;
  }

  private void flush() throws IOException {
    buffer.flip();
    crc.update(buffer.duplicate());
    write(buffer);
    buffer.clear();
  }

  private void write(ByteBuffer bytes) throws IOException {
    while (bytes.hasRemaining()) {
      channel.write(bytes);
    }
  }

  /** Leaves the file without a header: no shard. */
  void abandon() throws IOException {
    channel.close();
  }

  @Override
  public void close() throws IOException {
    try (channel) {
      flush();
      byte[] bits = new byte[(int) ((tokens + 7) / 8)];
      byte[] set = lineStarts.toByteArray();
      System.arraycopy(set, 0, bits, 0, set.length);
      crc.update(bits);
      write(ByteBuffer.wrap(bits));
      ByteBuffer header =
          ByteBuffer.allocate(TokenShard.HEADER_BYTES).order(ByteOrder.LITTLE_ENDIAN);
      header.putLong(TokenShard.MAGIC);
      header
          .putInt(TokenShard.VERSION)
          .putInt(bytesPerToken)
          .putLong(tokens)
          .putLong(crc.getValue())
          .put(HexFormat.of().parseHex(format.tokenizerHash()));
      header.rewind();
      channel.position(0);
      write(header);
      channel.force(true);
    }
  }
}
