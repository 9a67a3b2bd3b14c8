package org.solrelectra.training.corpus;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.solrelectra.lucene.analysis.WordPieceEncoder;
import org.solrelectra.lucene.analysis.WordPieceEncoder.SpecialTokens;
import org.solrelectra.lucene.analysis.WordPieces;
import org.solrelectra.training.random.KeyedRandom;
import org.solrelectra.training.storage.Folders;

/**
 * A corpus as token ids: shards to train on and shards that are held out. Written once, in one
 * pass; training never tokenizes.
 *
 * @param tokens number of training tokens, the [SEP] after each document included
 * @param tokenizerHash which tokenizer made it
 */
public record TokenCorpus(
    List<TokenShard> training,
    List<TokenShard> heldOut,
    long documents,
    long tokens,
    long unknownTokens,
    String tokenizerHash) {

  private static final int FORMAT_VERSION = 1;
  private static final String DESCRIPTION = "corpus.json";

  /** Keeps a shard's bits and bytes addressable by an int. */
  private static final long LARGEST_SHARD = 1L << 28;

  /**
   * Tokenizes documents into a new folder. The folder appears when it is complete.
   *
   * @param heldOutShare the share of documents that is not trained on. Their text alone chooses
   *     them, so that they are the same in each run, and a copy of one is held out too
   * @throws InvalidCorpusException if the corpus is empty or not text
   */
  public static void write(
      CorpusReader reader,
      WordPieceEncoder encoder,
      String tokenizerHash,
      double heldOutShare,
      Path folder)
      throws IOException {
    Path partial = Folders.partial(folder);
    Folders.deleteIfExists(partial);
    Files.createDirectories(partial);
    try (Writer training = new Writer(partial, "training", encoder);
        Writer heldOut = new Writer(partial, "held-out", encoder)) {
      reader.forEachDocument(
          lines -> {
            boolean isHeldOut = KeyedRandom.place(String.join("\n", lines)) < heldOutShare;
            (isHeldOut ? heldOut : training).add(lines);
          });
      training.close();
      heldOut.close();
      ObjectNode description = new ObjectMapper().createObjectNode();
      description.put("format_version", FORMAT_VERSION);
      description.put("tokenizer_hash", tokenizerHash);
      description.put("documents", training.documents);
      description.put("held_out_documents", heldOut.documents);
      description.put("tokens", training.tokens);
      description.put("unknown_tokens", training.unknownTokens);
      description.put("shards", training.shards);
      description.put("held_out_shards", heldOut.shards);
      Files.writeString(partial.resolve(DESCRIPTION), description.toPrettyString() + "\n");
    } catch (IOException | RuntimeException e) {
      Folders.deleteIfExists(partial);
      throw e;
    }
    Folders.replace(partial, folder);
  }

  /**
   * Opens a folder that {@link #write} made.
   *
   * @throws InvalidCorpusException if it was made by another tokenizer, or is damaged
   */
  public static TokenCorpus open(Path folder, String tokenizerHash) throws IOException {
    JsonNode description = new ObjectMapper().readTree(folder.resolve(DESCRIPTION).toFile());
    String madeBy = description.path("tokenizer_hash").asText();
    if (!madeBy.equals(tokenizerHash)) {
      throw new InvalidCorpusException(
          folder
              + " was tokenized by another vocabulary or set-up; expected "
              + tokenizerHash
              + "; tokenizer_hash="
              + madeBy);
    }
    return new TokenCorpus(
        shards(folder, "training", description.path("shards").asInt()),
        shards(folder, "held-out", description.path("held_out_shards").asInt()),
        description.path("documents").asLong(),
        description.path("tokens").asLong(),
        description.path("unknown_tokens").asLong(),
        madeBy);
  }

  private static List<TokenShard> shards(Path folder, String name, int count) throws IOException {
    List<TokenShard> shards = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      shards.add(TokenShard.open(file(folder, name, i)));
    }
    return List.copyOf(shards);
  }

  private static Path file(Path folder, String name, int number) {
    return folder.resolve(String.format(Locale.ROOT, "%s-%05d.tokens", name, number));
  }

  private static final class Writer implements AutoCloseable {
    private final Path folder;
    private final String name;
    private final WordPieceEncoder encoder;
    private final WordPieces pieces = new WordPieces();
    private TokenShardWriter shard;
    private int shards;
    private long documents;
    private long tokens;
    private long unknownTokens;

    Writer(Path folder, String name, WordPieceEncoder encoder) {
      this.folder = folder;
      this.name = name;
      this.encoder = encoder;
    }

    void add(List<String> lines) throws IOException {
      if (shard == null || shard.tokens() > LARGEST_SHARD) {
        close();
        shard = new TokenShardWriter(file(folder, name, shards++), encoder.vocabulary().size());
      }
      long before = shard.tokens();
      for (String line : lines) {
        encoder.encode(line, SpecialTokens.AS_TEXT, pieces);
        shard.addLine(pieces);
        for (int i = 0; i < pieces.size(); i++) {
          if (pieces.id(i) == encoder.vocabulary().unknownId()) {
            unknownTokens++;
          }
        }
      }
      shard.add(encoder.vocabulary().sepId());
      tokens += shard.tokens() - before;
      documents++;
    }

    @Override
    public void close() throws IOException {
      if (shard != null) {
        shard.close();
        shard = null;
      }
    }
  }
}
