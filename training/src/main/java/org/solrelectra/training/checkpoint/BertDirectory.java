package org.solrelectra.training.checkpoint;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.solrelectra.lucene.model.Excerpt;
import org.solrelectra.lucene.model.InvalidModelException;
import org.solrelectra.lucene.model.TokenizerConfig;
import org.solrelectra.lucene.model.Vocabulary;
import org.solrelectra.training.checkpoint.HuggingFaceDirectory.Head;
import org.solrelectra.training.checkpoint.SafeTensors.Values;
import org.solrelectra.training.network.ElectraConfig;

/**
 * A Hugging Face style directory of a BERT, such as MiniLM, bge, e5 and TinyBERT. Its encoder is
 * that of an ELECTRA whose embedding block is as wide as its layers; pooler and heads are others.
 */
final class BertDirectory {
  private static final String BERT = "bert";
  private static final String ELECTRA = "electra";
  private static final String MODEL_TYPE = "model_type";
  private static final String ARCHITECTURES = "architectures";

  /** Hugging Face's classes around one encoder; {@code BertLMHeadModel} is a decoder. */
  private static final List<String> CLASSES =
      List.of(
          "BertModel",
          "BertForPreTraining",
          "BertForMaskedLM",
          "BertForNextSentencePrediction",
          "BertForSequenceClassification",
          "BertForTokenClassification",
          "BertForQuestionAnswering",
          "BertForMultipleChoice");

  private static final List<String> PREFIXES = List.of("", BERT + ".");
  private static final String WORDS = "embeddings.word_embeddings.weight";
  private static final List<String> BODY = List.of("embeddings.", "encoder.");

  /** Kept by old files though they hold no weight. */
  private static final Set<String> BUFFERS =
      Set.of("embeddings.position_ids", "embeddings.token_type_ids");

  private BertDirectory() {}

  /**
   * Says whether a directory with {@code config.json} is of a BERT and not of an ELECTRA. Files
   * from before there was {@code model_type} name a class of BERT's, or give neither a class nor an
   * {@code embedding_size}, as TinyBERT's.
   *
   * @throws InvalidModelException if it is of neither
   */
  static boolean isOne(Path folder) throws IOException {
    Path file = folder.resolve(HuggingFaceModel.CONFIG);
    JsonNode json = HuggingFaceModel.readJson(file);
    if (!json.hasNonNull(MODEL_TYPE)) {
      String architecture = architecture(json);
      return architecture.startsWith("Bert")
          || (architecture.isEmpty() && !json.has("embedding_size"));
    }
    String type = json.get(MODEL_TYPE).asText();
    if (!type.equals(BERT) && !type.equals(ELECTRA)) {
      throw new InvalidModelException(
          file
              + ": model_type must be 'electra' or 'bert' to be imported; model_type='"
              + Excerpt.of(type)
              + "'");
    }
    return type.equals(BERT);
  }

  private static String architecture(JsonNode json) {
    return json.path(ARCHITECTURES).path(0).asText();
  }

  /**
   * Reads a directory. Weights of the encoder have ELECTRA's names, all others those of the files.
   *
   * @throws InvalidModelException if a file is missing or damaged, a piece has no row, or the
   *     network computes otherwise than an ELECTRA
   */
  static HuggingFaceModel read(Path folder, TokenizerSource source) throws IOException {
    Path file = folder.resolve(HuggingFaceModel.CONFIG);
    JsonNode json = HuggingFaceModel.readJson(file);
    String architecture = architecture(json);
    if (!architecture.isEmpty() && !CLASSES.contains(architecture)) {
      throw new InvalidModelException(
          file
              + ": architectures must name one of "
              + CLASSES
              + "; architectures="
              + Excerpt.of(architecture));
    }
    ElectraConfig config = ElectraConfig.ofBert(json, file.toString());
    Vocabulary vocabulary = source.vocabulary(folder);
    TokenizerConfig tokenizer = source.config(folder, config.maxPositions());
    HuggingFaceModel.requireRows(vocabulary, config, folder);
    return new HuggingFaceModel(config, Head.none(), weights(folder), vocabulary, tokenizer);
  }

  private static Map<String, Values> weights(Path folder) throws IOException {
    Map<String, Values> stored = HuggingFaceFiles.stored(folder);
    String prefix = prefix(stored, folder);
    Map<String, Values> renamed = new LinkedHashMap<>();
    for (Map.Entry<String, Values> entry : stored.entrySet()) {
      HuggingFaceFiles.putOnce(
          renamed, electrasName(entry.getKey(), prefix), entry.getValue(), folder);
    }
    return renamed;
  }

  /** Returns what stands before the encoder's names: a bare {@code BertModel}'s have nothing. */
  private static String prefix(Map<String, Values> stored, Path folder)
      throws InvalidModelException {
    for (String prefix : PREFIXES) {
      if (stored.containsKey(prefix + WORDS)) {
        return prefix;
      }
    }
    throw new InvalidModelException(
        folder
            + " holds no BERT; expected the weight "
            + WORDS
            + " or "
            + BERT
            + "."
            + WORDS
            + "; found "
            + Excerpt.of(stored.keySet()));
  }

  private static String electrasName(String name, String prefix) {
    if (!name.startsWith(prefix)) {
      return name;
    }
    String plain = name.substring(prefix.length());
    boolean isOfBody = BODY.stream().anyMatch(plain::startsWith) && !BUFFERS.contains(plain);
    return isOfBody ? ELECTRA + "." + HuggingFaceFiles.today(plain) : name;
  }
}
