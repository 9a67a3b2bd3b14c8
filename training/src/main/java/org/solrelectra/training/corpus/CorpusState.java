package org.solrelectra.training.corpus;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.solrelectra.training.storage.DurableFiles;

/**
 * How far a corpus is written, as of its last complete shard: what to go on from.
 *
 * @param source the source's description
 * @param place where the source was
 * @param hashes how many documents were remembered
 */
@JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
record CorpusState(
    String source,
    String tokenizerHash,
    CorpusSettings settings,
    String place,
    ShardSequence.Summary training,
    ShardSequence.Summary heldOut,
    CorpusReport report,
    long hashes) {

  static final String FILE = "state.json";
  private static final ObjectMapper JSON = new ObjectMapper();

  /** Returns what the folder holds, or null if no shard in it is complete. */
  static CorpusState read(Path folder) throws IOException {
    Path file = folder.resolve(FILE);
    return Files.exists(file) ? JSON.readValue(file.toFile(), CorpusState.class) : null;
  }

  void write(Path folder) throws IOException {
    DurableFiles.write(
        folder.resolve(FILE), JSON.writerWithDefaultPrettyPrinter().writeValueAsString(this));
  }

  /**
   * Compares with what is to be written now.
   *
   * @throws IllegalArgumentException if it is another corpus
   */
  void requireSame(Path target, String nowSource, String nowHash, CorpusSettings nowSettings) {
    if (!tokenizerHash.equals(nowHash)) {
      throw new IllegalArgumentException(
          target + " was begun with another vocabulary or casing; give the one it was begun with");
    }
    if (!source.equals(nowSource)) {
      throw new IllegalArgumentException(
          target + " was begun from another input; expected " + source + "; input=" + nowSource);
    }
    if (!settings.equals(nowSettings)) {
      throw new IllegalArgumentException(
          target + " was begun otherwise; expected " + settings + "; found " + nowSettings);
    }
  }
}
