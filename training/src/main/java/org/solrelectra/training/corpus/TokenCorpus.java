package org.solrelectra.training.corpus;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.solrelectra.lucene.analysis.WordPieceEncoder;
import org.solrelectra.training.storage.FileHash;

/**
 * A corpus as token ids: shards to train on and shards that are held out. Written once, in one
 * pass; training never tokenizes.
 *
 * @param documents number of training documents
 * @param tokens number of training tokens, the [SEP] after each document included
 * @param unknownTokens number of training tokens that are [UNK]
 * @param heldOutShare the share of documents that is held out
 * @param tokenizerHash which tokenizer made it
 * @param checksum SHA-256 in hexadecimal: two corpora that share it hold the same tokens
 */
public record TokenCorpus(
    List<TokenShard> training,
    List<TokenShard> heldOut,
    long documents,
    long tokens,
    long unknownTokens,
    double heldOutShare,
    String tokenizerHash,
    String checksum) {

  private static final int FORMAT_VERSION = 2;
  private static final String DESCRIPTION = "corpus.json";
  private static final ObjectMapper JSON = new ObjectMapper();

  /** What {@code corpus.json} holds. */
  @JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
  private record Description(
      int formatVersion,
      String tokenizerHash,
      double heldOutShare,
      ShardSequence.Summary training,
      ShardSequence.Summary heldOut) {}

  /**
   * Tokenizes documents into a new folder, copies of documents too. The folder appears when it is
   * complete.
   *
   * @param heldOutShare as in {@link CorpusSettings}
   * @throws InvalidCorpusException if the corpus is empty or not text
   */
  public static void write(
      DocumentSource documents,
      WordPieceEncoder encoder,
      String tokenizerHash,
      double heldOutShare,
      Path folder)
      throws IOException {
    CorpusSettings settings =
        new CorpusSettings(
            heldOutShare, CorpusSettings.LARGEST_SHARD, CorpusSettings.Duplicates.KEEP);
    new CorpusBuilder(documents, encoder, tokenizerHash, settings).write(folder);
  }

  /** Says whether a path is a folder that holds a corpus. */
  public static boolean isCorpus(Path folder) {
    return Files.exists(folder.resolve(DESCRIPTION));
  }

  /**
   * Returns the corpus that a user named where there could have been text files, or null if they
   * are text files.
   *
   * @throws IllegalArgumentException if a corpus stands among other paths
   */
  public static Path among(List<Path> paths) {
    if (paths.stream().noneMatch(TokenCorpus::isCorpus)) {
      return null;
    }
    if (paths.size() > 1) {
      throw new IllegalArgumentException(
          "a folder of shards cannot be mixed with anything else; expected one folder or text"
              + " files; corpus="
              + paths);
    }
    return paths.get(0);
  }

  /** Returns a corpus's checksum without opening its shards. */
  public static String checksum(Path folder) throws IOException {
    return FileHash.of(folder.resolve(DESCRIPTION));
  }

  static void describe(
      Path folder,
      String tokenizerHash,
      double heldOutShare,
      ShardSequence.Summary training,
      ShardSequence.Summary heldOut)
      throws IOException {
    JSON.writerWithDefaultPrettyPrinter()
        .writeValue(
            folder.resolve(DESCRIPTION).toFile(),
            new Description(FORMAT_VERSION, tokenizerHash, heldOutShare, training, heldOut));
  }

  /**
   * Returns the share of documents that is or will be held out.
   *
   * @param paths text files, or one folder of shards, whose share is what it was made with
   * @param wanted null if the user said nothing
   * @param otherwise of text files, if the user said nothing
   * @throws IllegalArgumentException if shards have another share than is wanted
   */
  public static double heldOutShare(List<Path> paths, Double wanted, double otherwise)
      throws IOException {
    Path shards = among(paths);
    if (shards == null) {
      return wanted != null ? wanted : otherwise;
    }
    double share = description(shards).heldOutShare;
    if (wanted != null && wanted != share) {
      throw new IllegalArgumentException(
          "what is held out was chosen when "
              + shards
              + " was made; expected "
              + share
              + "; heldOutShare="
              + wanted);
    }
    return share;
  }

  private static Description description(Path folder) throws IOException {
    Path file = folder.resolve(DESCRIPTION);
    JsonNode json = JSON.readTree(file.toFile());
    int version = json.path("format_version").asInt();
    if (version != FORMAT_VERSION) {
      throw new InvalidCorpusException(
          file
              + " has another format version; expected "
              + FORMAT_VERSION
              + "; format_version="
              + version);
    }
    return JSON.treeToValue(json, Description.class);
  }

  /**
   * Opens a folder that {@link #write} or {@link CorpusBuilder} made, and checks every shard.
   *
   * @throws InvalidCorpusException if it was made by another tokenizer, or is damaged
   */
  public static TokenCorpus open(Path folder, String tokenizerHash) throws IOException {
    Description description = description(folder);
    if (!description.tokenizerHash.equals(tokenizerHash)) {
      throw new InvalidCorpusException(
          folder
              + " was tokenized by another vocabulary or set-up; expected "
              + tokenizerHash
              + "; tokenizer_hash="
              + description.tokenizerHash);
    }
    return new TokenCorpus(
        shards(folder, description.training, tokenizerHash),
        shards(folder, description.heldOut, tokenizerHash),
        description.training.documents(),
        description.training.tokens(),
        description.training.unknownTokens(),
        description.heldOutShare,
        tokenizerHash,
        checksum(folder));
  }

  private static List<TokenShard> shards(
      Path folder, ShardSequence.Summary summary, String tokenizerHash) throws IOException {
    List<TokenShard> shards = new ArrayList<>();
    for (ShardSequence.Shard expected : summary.shards()) {
      Path file = folder.resolve(expected.file());
      TokenShard shard = TokenShard.open(file);
      if (!shard.tokenizerHash().equals(tokenizerHash)) {
        throw new InvalidCorpusException(
            file
                + " was tokenized by another vocabulary or set-up; expected "
                + tokenizerHash
                + "; tokenizer hash="
                + shard.tokenizerHash());
      }
      String checksum = ShardSequence.hexadecimal(shard.checksum());
      if (!checksum.equals(expected.crc32c())) {
        throw new InvalidCorpusException(
            file
                + " is not the shard that "
                + DESCRIPTION
                + " names; expected the CRC-32C "
                + expected.crc32c()
                + "; CRC-32C="
                + checksum);
      }
      shards.add(shard);
    }
    return List.copyOf(shards);
  }
}
