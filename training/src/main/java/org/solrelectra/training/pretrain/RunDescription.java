package org.solrelectra.training.pretrain;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.solrelectra.training.corpus.TokenCorpus;
import org.solrelectra.training.storage.DurableFiles;

/** What a run was started with: {@code run.json}. A folder that lacks it holds no run. */
public final class RunDescription {
  static final String FILE = "run.json";

  /** What the run's networks started from, if it had any to start from. */
  static final String INITIAL_RUN = "initial_run";

  private static final String CONFIG = "config";
  private static final String TOKENIZER_HASH = "tokenizer_hash";
  private static final String MODEL_MAX_LENGTH = "model_max_length";

  /** Of a corpus that is not the run's own. */
  private static final String CORPUS_CHECKSUM = "corpus_checksum";

  private static final ObjectMapper JSON = new ObjectMapper();

  private final Path folder;
  private final JsonNode description;

  private RunDescription(Path folder, JsonNode description) {
    this.folder = folder;
    this.description = description;
  }

  /**
   * Reads a run's.
   *
   * @throws IllegalArgumentException if the folder holds no run
   */
  public static RunDescription read(Path folder) throws IOException {
    Path file = folder.resolve(FILE);
    if (!Files.exists(file)) {
      throw new IllegalArgumentException(folder + " holds no run to resume");
    }
    return new RunDescription(folder, JSON.readTree(file.toFile()));
  }

  /**
   * Writes a run's, whole or not at all, and forces it to disk.
   *
   * @param maxLength the longest sequence that the networks will have seen, in tokens
   * @param corpusChecksum of a corpus that is not the run's own; null if it is
   * @param initialRun how the networks were made that the run starts from; null if it draws them
   */
  static void write(
      Path folder,
      PretrainingConfig config,
      String tokenizerHash,
      int maxLength,
      String corpusChecksum,
      JsonNode initialRun)
      throws IOException {
    ObjectNode description = JSON.createObjectNode();
    description.set(CONFIG, JSON.valueToTree(config));
    description.put(TOKENIZER_HASH, tokenizerHash);
    description.put(MODEL_MAX_LENGTH, maxLength);
    if (corpusChecksum != null) {
      description.put(CORPUS_CHECKSUM, corpusChecksum);
    }
    if (initialRun != null) {
      description.set(INITIAL_RUN, initialRun);
    }
    DurableFiles.write(folder.resolve(FILE), description.toPrettyString() + "\n");
  }

  /**
   * Returns what the run was started with.
   *
   * @throws IllegalArgumentException if a version wrote it that had other settings
   */
  public PretrainingConfig config() throws IOException {
    try {
      return JSON.treeToValue(description.get(CONFIG), PretrainingConfig.class);
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException(
          folder
              + " was started by another version of electra, which had other settings; start a new run, with --init-from"
              + " for its networks",
          e);
    }
  }

  /** Returns the longest sequence, in tokens, that the run's networks will have seen. */
  public int maxLength() throws IOException {
    return description.path(MODEL_MAX_LENGTH).asInt(config().sequenceLength());
  }

  /**
   * Compares what must not change.
   *
   * @throws IllegalArgumentException if it has
   */
  void requireSame(PretrainingConfig config, String tokenizerHash) {
    requireSame(description, config, tokenizerHash, folder);
  }

  /**
   * Compares a configuration with the {@link #putSettings settings} that something was made with.
   *
   * @param madeWith for messages, where they stand
   * @throws IllegalArgumentException if one differs
   */
  static void requireSame(
      JsonNode settings, PretrainingConfig config, String tokenizerHash, Path madeWith) {
    if (!settings.path(TOKENIZER_HASH).asText().equals(tokenizerHash)) {
      throw new IllegalArgumentException(
          madeWith
              + " was started with another vocabulary or casing; give the one it was started with");
    }
    requireSame(settings.get(CONFIG), JSON.valueToTree(config), madeWith);
  }

  private static void requireSame(JsonNode before, JsonNode now, Path madeWith) {
    for (Map.Entry<String, JsonNode> entry : now.properties()) {
      JsonNode old = before.path(entry.getKey());
      if (entry.getValue().isObject()) {
        requireSame(old, entry.getValue(), madeWith);
      } else if (!entry.getValue().asText().equals(old.asText())) {
        throw new IllegalArgumentException(
            madeWith
                + " was started with "
                + entry.getKey()
                + "="
                + old.asText()
                + "; "
                + entry.getKey()
                + "="
                + entry.getValue().asText());
      }
    }
  }

  /** Adds what {@link #requireSame(JsonNode, PretrainingConfig, String, Path)} compares. */
  static void putSettings(ObjectNode state, PretrainingConfig config, String tokenizerHash) {
    state.put(TOKENIZER_HASH, tokenizerHash);
    state.set(CONFIG, JSON.valueToTree(config));
  }

  /**
   * Compares the corpus.
   *
   * @param shards a corpus that is not the run's own; null for text files
   * @throws IllegalArgumentException if the run was started with another
   */
  void requireSameCorpus(Path shards) throws IOException {
    String before = description.path(CORPUS_CHECKSUM).asText("text files");
    String now = shards == null ? "text files" : TokenCorpus.checksum(shards);
    if (!now.equals(before)) {
      throw new IllegalArgumentException(
          folder + " was started with another corpus; expected " + before + "; found " + now);
    }
  }
}
