package org.solrelectra.lucene.model;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A {@code tokenizer.json}: the parts of a tokenizer of Hugging Face's {@code tokenizers}. Parts
 * that are not BERT's are errors that name them: with others the network would get other ids.
 */
final class TokenizerJson {
  static final String FILE = "tokenizer.json";

  private static final int MOST_BYTES = 32 << 20;
  private static final String PREFIX = "continuing_subword_prefix";
  private static final String NORMALIZER = "normalizer";
  private static final String BERT_NORMALIZER = "BertNormalizer";
  private static final String PROCESSOR = "post_processor";

  private final JsonObject json;

  private TokenizerJson(JsonObject json) {
    this.json = json;
  }

  static TokenizerJson read(Path directory) throws InvalidModelException {
    TokenizerJson tokenizer =
        new TokenizerJson(JsonObject.read(directory.resolve(FILE), MOST_BYTES));
    if (tokenizer.isThere()) {
      tokenizer.checkParts();
    }
    return tokenizer;
  }

  boolean isThere() {
    return json.isThere();
  }

  Path file() {
    return json.file();
  }

  private void checkParts() throws InvalidModelException {
    JsonObject model = json.object("model");
    // Older files do not name the kind of their model.
    boolean isUnnamed = model.isThere() && !model.has("type") && model.has(PREFIX);
    requireType("model", isUnnamed ? "WordPiece" : type("model"), "WordPiece");
    requireType(NORMALIZER, normalizer().text("type").orElse("none"), BERT_NORMALIZER);
    requireType("pre_tokenizer", type("pre_tokenizer"), "BertPreTokenizer");
    requireText(model, PREFIX, Vocabulary.CONTINUATION_PREFIX);
    if (!model.wholeNumber("max_input_chars_per_word", 1).equals(Optional.of(100))
        && model.has("max_input_chars_per_word")) {
      throw model.wrong("max_input_chars_per_word", "100, as of BERT and ELECTRA");
    }
    if (!normalizer().flag("clean_text").orElse(true)) {
      throw normalizer().wrong("clean_text", "true, as of BERT and ELECTRA");
    }
  }

  private String type(String part) throws InvalidModelException {
    return json.object(part).text("type").orElse("none");
  }

  private void requireType(String part, String type, String expected) throws InvalidModelException {
    if (!type.equals(expected)) {
      throw new InvalidModelException(
          file()
              + ": "
              + part
              + " must be "
              + expected
              + ", as of BERT and ELECTRA; type="
              + Excerpt.of(type));
    }
  }

  private static void requireText(JsonObject part, String key, String expected)
      throws InvalidModelException {
    if (!part.text(key).orElse(expected).equals(expected)) {
      throw part.wrong(key, expected + ", as of BERT and ELECTRA");
    }
  }

  /**
   * Returns the settings of the normaliser, which may stand alone in a sequence; without keys where
   * there is no file.
   */
  JsonObject normalizer() throws InvalidModelException {
    JsonObject normalizer = json.object(NORMALIZER);
    JsonNode parts = normalizer.get("normalizers");
    boolean standsAlone =
        type(NORMALIZER).equals("Sequence")
            && parts.size() == 1
            && parts.path(0).path("type").asText().equals(BERT_NORMALIZER);
    return standsAlone ? normalizer.element("normalizers", 0) : normalizer;
  }

  /** Says whether the file bounds lengths, which Hugging Face's transformers pass over. */
  boolean truncates() {
    return json.has("truncation");
  }

  Optional<String> unknownToken() throws InvalidModelException {
    return json.object("model").text("unk_token");
  }

  /** Returns how many pieces there are at least: the empty one needs no row at the end. */
  int pieceCount() {
    JsonNode vocab = json.get("model").path("vocab");
    return vocab.size() - (vocab.has("") ? 1 : 0);
  }

  /**
   * Returns the pieces in the order of their ids, null for an id that no piece has: of a piece that
   * stood twice in a vocabulary Hugging Face's tokenizers save the last id.
   */
  List<String> pieces() throws InvalidModelException {
    JsonObject model = json.object("model");
    JsonNode ids = model.get("vocab");
    if (!ids.isObject()) {
      throw model.wrong("vocab", "an object of ids by piece");
    }
    List<String> pieces = new ArrayList<>(ids.size());
    for (Map.Entry<String, JsonNode> entry : ids.properties()) {
      JsonNode id = entry.getValue();
      boolean isId =
          id.isIntegralNumber()
              && id.canConvertToInt()
              && id.intValue() >= 0
              && id.intValue() < Vocabulary.MOST_PIECES;
      if (isId && id.intValue() >= pieces.size()) {
        pieces.addAll(Collections.nCopies(id.intValue() + 1 - pieces.size(), null));
      }
      if (!isId || pieces.get(id.intValue()) != null) {
        throw new InvalidModelException(
            file()
                + ": the ids of model.vocab must be in 0.."
                + (Vocabulary.MOST_PIECES - 1)
                + ", each once; '"
                + Excerpt.of(entry.getKey())
                + "'="
                + Excerpt.of(id));
      }
      pieces.set(id.intValue(), entry.getKey());
    }
    return pieces;
  }

  /** Returns the tokens that stand beside the vocabulary, special ones among them, by content. */
  Map<String, AddedTokenEntry> addedTokens() throws InvalidModelException {
    Map<String, AddedTokenEntry> tokens = new LinkedHashMap<>();
    if (json.has("added_tokens") && !json.get("added_tokens").isArray()) {
      throw json.wrong("added_tokens", "a list of objects");
    }
    for (int i = 0; i < json.get("added_tokens").size(); i++) {
      JsonObject token = json.element("added_tokens", i);
      Optional<Integer> id = token.wholeNumber("id", 0);
      if (id.isEmpty()) {
        throw token.wrong("id", "a whole number of at least 0");
      }
      AddedTokenEntry entry = AddedTokenEntry.of(token, id.get());
      if (tokens.put(entry.token().content(), entry) != null) {
        throw token.wrong("content", "another one in each entry");
      }
    }
    return tokens;
  }

  /**
   * What a text and a pair become.
   *
   * @param cls what stands at the beginning
   * @param sep what stands behind each text
   * @param passageType the type of the second text's tokens and of what stands behind it: 0 or 1
   */
  record Template(String cls, int clsId, String sep, int sepId, int passageType) {}

  /**
   * Says whether the file says what a text becomes; without the key it leaves that to the class.
   */
  boolean hasTemplate() {
    return json.names(PROCESSOR);
  }

  /** Returns the template, which must be BERT's up to names and the second text's type. */
  Template template() throws InvalidModelException {
    JsonObject processor = json.object(PROCESSOR);
    return switch (type(PROCESSOR)) {
      case "BertProcessing" ->
          new Template(
              tokenAndId(processor, "cls").get(0).textValue(),
              tokenAndId(processor, "cls").get(1).intValue(),
              tokenAndId(processor, "sep").get(0).textValue(),
              tokenAndId(processor, "sep").get(1).intValue(),
              1);
      case "TemplateProcessing" -> fromTemplates(processor);
      default ->
          throw new InvalidModelException(
              file()
                  + ": "
                  + PROCESSOR
                  + " must be BertProcessing or TemplateProcessing, as of BERT and ELECTRA; type="
                  + Excerpt.of(type(PROCESSOR)));
    };
  }

  private static JsonNode tokenAndId(JsonObject processor, String key)
      throws InvalidModelException {
    JsonNode pair = processor.get(key);
    if (!pair.path(0).isTextual() || !pair.path(1).canConvertToInt() || pair.size() != 2) {
      throw processor.wrong(key, "a token and its id");
    }
    return pair;
  }

  private Template fromTemplates(JsonObject processor) throws InvalidModelException {
    JsonNode pair = processor.get("pair");
    String cls = pair.path(0).path("SpecialToken").path("id").asText();
    String sep = pair.path(2).path("SpecialToken").path("id").asText();
    int passageType = pair.path(3).path("Sequence").path("type_id").asInt(1);
    requireTemplate(processor, "single", List.of(cls + " 0", "A 0", sep + " 0"));
    requireTemplate(
        processor,
        "pair",
        List.of(cls + " 0", "A 0", sep + " 0", "B " + passageType, sep + " " + passageType));
    if (passageType != 0 && passageType != 1) {
      throw processor.wrong("pair", "of types 0 and 1");
    }
    return new Template(cls, id(processor, cls), sep, id(processor, sep), passageType);
  }

  private static void requireTemplate(JsonObject processor, String key, List<String> expected)
      throws InvalidModelException {
    List<String> parts = new ArrayList<>();
    for (JsonNode part : processor.get(key)) {
      JsonNode named = part.has("Sequence") ? part.get("Sequence") : part.path("SpecialToken");
      parts.add(named.path("id").asText() + " " + named.path("type_id").asText());
    }
    boolean hasTexts = true;
    for (int i = 0; i < parts.size(); i++) {
      // A special token may be called A.
      hasTexts &= processor.get(key).get(i).has(i % 2 == 1 ? "Sequence" : "SpecialToken");
    }
    if (!hasTexts || !parts.equals(expected)) {
      throw processor.wrong(
          key,
          key.equals("pair")
              ? "[CLS] A [SEP] B [SEP] with the tokens of 'single', as of BERT and ELECTRA"
              : "[CLS] A [SEP], as of BERT and ELECTRA");
    }
  }

  private static int id(JsonObject processor, String token) throws InvalidModelException {
    JsonObject special = processor.object("special_tokens").object(token);
    JsonNode ids = special.get("ids");
    JsonNode tokens = special.get("tokens");
    if (ids.size() != 1
        || !ids.path(0).canConvertToInt()
        || tokens.size() != 1
        || !tokens.path(0).asText().equals(token)) {
      throw special.wrong(ids.size() == 1 ? "tokens" : "ids", "of one token, '" + token + "'");
    }
    return ids.path(0).intValue();
  }
}
