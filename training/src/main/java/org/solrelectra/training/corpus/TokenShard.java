package org.solrelectra.training.corpus;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HexFormat;
import java.util.zip.CRC32C;

/**
 * A memory-mapped stream of token ids: documents one after the other, each followed by [SEP], and
 * for each token whether a line of the corpus starts there.
 *
 * <p>Little-endian: magic, version, bytes a token (2 or 4), number of tokens, CRC-32C of what
 * follows the header, the tokenizer's SHA-256; then the ids; then one bit a token, set where a line
 * starts. Immutable; threads may share it.
 */
public final class TokenShard {
  static final long MAGIC = 0x3144524148534c45L;
  static final int VERSION = 2;
  static final int HEADER_BYTES = 64;
  private static final int HASH_BYTES = 32;

  private final MappedByteBuffer ids;
  private final MappedByteBuffer lineStarts;
  private final int bytesPerToken;
  private final long tokens;
  private final long checksum;
  private final String tokenizerHash;

  private TokenShard(
      MappedByteBuffer ids,
      MappedByteBuffer lineStarts,
      int bytesPerToken,
      long tokens,
      long checksum,
      String tokenizerHash) {
    this.ids = ids;
    this.lineStarts = lineStarts;
    this.bytesPerToken = bytesPerToken;
    this.tokens = tokens;
    this.checksum = checksum;
    this.tokenizerHash = tokenizerHash;
  }

  /**
   * Maps a file and checks it as a whole.
   *
   * @throws InvalidCorpusException if it is not a shard, of another version, cut short or damaged
   */
  public static TokenShard open(Path file) throws IOException {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      long size = channel.size();
      if (size < HEADER_BYTES) {
        throw new InvalidCorpusException(file + " is cut short; file size=" + size);
      }
      ByteBuffer header =
          channel
              .map(FileChannel.MapMode.READ_ONLY, 0, HEADER_BYTES)
              .order(ByteOrder.LITTLE_ENDIAN);
      if (header.getLong() != MAGIC) {
        throw new InvalidCorpusException(file + " is not a token shard");
      }
      int version = header.getInt();
      if (version != VERSION) {
        throw new InvalidCorpusException(
            file + " has another format version; expected " + VERSION + "; version=" + version);
      }
      int bytesPerToken = header.getInt();
      long tokens = header.getLong();
      long checksum = header.getLong();
      byte[] hash = new byte[HASH_BYTES];
      header.get(hash);
      long idBytes = tokens * bytesPerToken;
      long expected = HEADER_BYTES + idBytes + (tokens + 7) / 8;
      if (size != expected) {
        throw new InvalidCorpusException(
            file + " is cut short; expected " + expected + " bytes; file size=" + size);
      }
      MappedByteBuffer ids = channel.map(FileChannel.MapMode.READ_ONLY, HEADER_BYTES, idBytes);
      MappedByteBuffer lineStarts =
          channel.map(FileChannel.MapMode.READ_ONLY, HEADER_BYTES + idBytes, (tokens + 7) / 8);
      CRC32C crc = new CRC32C();
      crc.update(ids.duplicate());
      crc.update(lineStarts.duplicate());
      if (crc.getValue() != checksum) {
        throw new InvalidCorpusException(file + " is damaged: its checksum differs");
      }
      ids.order(ByteOrder.LITTLE_ENDIAN);
      return new TokenShard(
          ids, lineStarts, bytesPerToken, tokens, checksum, HexFormat.of().formatHex(hash));
    }
  }

  /** Returns the CRC-32C of the tokens. */
  long checksum() {
    return checksum;
  }

  /** Returns which tokenizer made the tokens. */
  String tokenizerHash() {
    return tokenizerHash;
  }

  /** Returns the number of tokens. */
  public long tokens() {
    return tokens;
  }

  /** Returns the id of token {@code index}. */
  public int id(long index) {
    int at = (int) (index * bytesPerToken);
    return bytesPerToken == 2 ? ids.getShort(at) & 0xffff : ids.getInt(at);
  }

  /** Says whether a line of the corpus starts with token {@code index}. */
  public boolean startsLine(long index) {
    return (lineStarts.get((int) (index >>> 3)) & 1 << (index & 7)) != 0;
  }
}
