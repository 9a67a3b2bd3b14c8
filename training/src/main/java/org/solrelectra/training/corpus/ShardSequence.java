package org.solrelectra.training.corpus;

import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.solrelectra.lucene.analysis.WordPieces;
import org.solrelectra.lucene.model.Vocabulary;

/** Writes one half of a corpus, what to train on or what is held out, as shards. */
final class ShardSequence implements Closeable {
  /**
   * One complete file.
   *
   * @param crc32c of the tokens, in hexadecimal
   */
  record Shard(String file, long tokens, String crc32c) {}

  /** What the complete shards hold. */
  @JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
  record Summary(long documents, long tokens, long unknownTokens, List<Shard> shards) {
    static final Summary EMPTY = new Summary(0, 0, 0, List.of());
  }

  private final Path folder;
  private final String name;
  private final TokenShardWriter.Format format;
  private final int unknownId;
  private final int sepId;
  private final List<Shard> shards;
  private TokenShardWriter shard;
  private long documents;
  private long tokens;
  private long unknownTokens;

  /**
   * @param before what was written before and is gone on from; {@link Summary#EMPTY} for a start
   */
  ShardSequence(
      Path folder,
      String name,
      TokenShardWriter.Format format,
      Vocabulary vocabulary,
      Summary before) {
    this.folder = folder;
    this.name = name;
    this.format = format;
    this.unknownId = vocabulary.unknownId();
    this.sepId = vocabulary.sepId();
    this.shards = new ArrayList<>(before.shards);
    this.documents = before.documents;
    this.tokens = before.tokens;
    this.unknownTokens = before.unknownTokens;
  }

  /** Returns the tokens of the shard that is being written. */
  long openTokens() {
    return shard == null ? 0 : shard.tokens();
  }

  void addLine(WordPieces pieces) throws IOException {
    if (pieces.size() == 0) {
      return;
    }
    if (shard == null) {
      shard = new TokenShardWriter(file(), format);
    }
    shard.addLine(pieces);
    tokens += pieces.size();
    for (int i = 0; i < pieces.size(); i++) {
      if (pieces.id(i) == unknownId) {
        unknownTokens++;
      }
    }
  }

  /** Ends a document of at least one token. */
  void endDocument() throws IOException {
    shard.add(sepId);
    tokens++;
    documents++;
    if (shard.tokens() > CorpusSettings.LARGEST_SHARD) {
      endShard();
    }
  }

  /** Completes the shard that is being written, if there is one. */
  void endShard() throws IOException {
    if (shard != null) {
      Path file = file();
      shard.close();
      shards.add(
          new Shard(file.getFileName().toString(), shard.tokens(), hexadecimal(shard.checksum())));
      shard = null;
    }
  }

  /** Returns what is written; the shard in hand must be complete. */
  Summary summary() {
    if (shard != null) {
      throw new IllegalStateException("the shard is not complete");
    }
    return new Summary(documents, tokens, unknownTokens, List.copyOf(shards));
  }

  static String hexadecimal(long crc) {
    return String.format(Locale.ROOT, "%08x", crc);
  }

  private Path file() {
    return folder.resolve(String.format(Locale.ROOT, "%s-%05d.tokens", name, shards.size()));
  }

  /** Leaves a shard that is not complete as it is. */
  @Override
  public void close() throws IOException {
    if (shard != null) {
      shard.abandon();
      shard = null;
    }
  }
}
