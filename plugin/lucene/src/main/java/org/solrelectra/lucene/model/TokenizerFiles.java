package org.solrelectra.lucene.model;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/**
 * Reads vocabulary and tokenizer settings of a directory, whichever of Hugging Face's files hold
 * them.
 *
 * <p>Not to be shared by threads: it writes to the notes.
 */
public final class TokenizerFiles {
  private static final String VOCABULARY = "vocab.txt";
  private static final String TOKENIZER = "tokenizer.json";
  private static final String CONFIG = "tokenizer_config.json";
  private static final String LOWER_CASE = "do_lower_case";

  private final Path directory;
  private final JsonNode tokenizer;
  private final JsonNode config;
  private final List<String> notes;

  /**
   * Opens the files that are there; there may be none.
   *
   * @param notes receives what had to be assumed
   * @throws InvalidModelException if one of them is not JSON
   */
  public TokenizerFiles(Path directory, List<String> notes) throws IOException {
    this.directory = directory;
    this.notes = notes;
    this.config = readIfThere(directory.resolve(CONFIG));
    this.tokenizer = readIfThere(directory.resolve(TOKENIZER));
  }

  static JsonNode readIfThere(Path file) throws IOException {
    if (!Files.exists(file)) {
      return MissingNode.getInstance();
    }
    try {
      return new ObjectMapper().readTree(file.toFile());
    } catch (JsonProcessingException e) {
      throw new InvalidModelException(file + " is not JSON: " + e.getOriginalMessage(), e);
    }
  }

  /** Says whether the directory has a vocabulary. */
  public boolean hasVocabulary() {
    return Files.exists(directory.resolve(VOCABULARY)) || !tokenizer.isMissingNode();
  }

  /** Says whether the directory tells if it lower-cases. */
  public boolean hasCasing() {
    return config.path(LOWER_CASE).isBoolean()
        || tokenizer.path("normalizer").path("lowercase").isBoolean();
  }

  /**
   * Reads {@code vocab.txt} or, where there is none, {@code tokenizer.json}.
   *
   * @throws InvalidModelException if there is neither, or it is not a WordPiece vocabulary
   */
  public Vocabulary vocabulary() throws IOException {
    Path vocabulary = directory.resolve(VOCABULARY);
    if (Files.exists(vocabulary)) {
      return Vocabulary.read(vocabulary);
    }
    Path file = directory.resolve(TOKENIZER);
    if (tokenizer.isMissingNode()) {
      throw new InvalidModelException(
          directory + " holds no vocabulary; expected " + VOCABULARY + " or " + TOKENIZER);
    }
    requireType(file, "model", "WordPiece");
    requireType(file, "normalizer", "BertNormalizer");
    requireType(file, "pre_tokenizer", "BertPreTokenizer");
    JsonNode ids = tokenizer.path("model").path("vocab");
    String[] pieces = new String[ids.size()];
    for (Map.Entry<String, JsonNode> entry : ids.properties()) {
      int id = entry.getValue().asInt(-1);
      if (id < 0 || id >= pieces.length || pieces[id] != null) {
        throw new InvalidModelException(
            file
                + ": the ids of model.vocab must be 0.."
                + (pieces.length - 1)
                + ", each once; '"
                + entry.getKey()
                + "'="
                + entry.getValue());
      }
      pieces[id] = entry.getKey();
    }
    return Vocabulary.of(Arrays.asList(pieces), file.toString());
  }

  private void requireType(Path file, String part, String expected) throws InvalidModelException {
    String type = tokenizer.path(part).path("type").asText("none");
    if (!type.equals(expected)) {
      throw new InvalidModelException(
          file + ": " + part + " must be " + expected + ", as of BERT and ELECTRA; type=" + type);
    }
  }

  /**
   * Returns the settings.
   *
   * @param maxPositions the longest sequence the network has positions for, in tokens: no tokenizer
   *     makes a longer one
   * @throws InvalidModelException if the longest sequence is too short
   */
  public TokenizerConfig config(int maxPositions) throws InvalidModelException {
    JsonNode normalizer = tokenizer.path("normalizer");
    boolean lowerCase = flag(LOWER_CASE, normalizer.path("lowercase"), true);
    boolean stripAccents = flag("strip_accents", normalizer.path("strip_accents"), lowerCase);
    boolean ideographs =
        flag("tokenize_chinese_chars", normalizer.path("handle_chinese_chars"), true);
    // Hugging Face writes 1e30 for "no limit".
    double longest = config.path("model_max_length").asDouble(Double.MAX_VALUE);
    if (config.path("model_max_length").isMissingNode()) {
      notes.add(
          "model_max_length is not given; max_position_embeddings=" + maxPositions + " is taken");
    }
    try {
      return new TokenizerConfig(
          lowerCase, stripAccents, ideographs, (int) Math.min(longest, maxPositions));
    } catch (IllegalArgumentException e) {
      throw new InvalidModelException(directory.resolve(CONFIG) + ": " + e.getMessage(), e);
    }
  }

  private boolean flag(String key, JsonNode inTokenizer, boolean otherwise) {
    if (config.path(key).isBoolean()) {
      return config.get(key).asBoolean();
    }
    if (inTokenizer.isBoolean()) {
      return inTokenizer.asBoolean();
    }
    // Null is a value for strip_accents: as lower-casing.
    if (config.path(key).isMissingNode() && inTokenizer.isMissingNode()) {
      notes.add(key + " is not given; " + otherwise + " is taken");
    }
    return otherwise;
  }
}
