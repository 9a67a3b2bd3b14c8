package org.solrelectra.lucene.model;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;

/**
 * Reads vocabulary and tokenizer settings of a directory, whichever of Hugging Face's files hold
 * them, with Hugging Face's precedence: where there is a {@code tokenizer.json} it decides, but for
 * the casing that {@code tokenizer_config.json} gives one of BERT's tokenizers. What would give
 * other ids than Hugging Face's fast tokenizers is refused by name.
 *
 * <p>Not to be shared by threads: it writes to the notes.
 */
public final class TokenizerFiles {
  static final int MOST_BYTES = 16 << 20;
  static final String VOCABULARY = "vocab.txt";

  private static final String CONFIG = "tokenizer_config.json";
  private static final String LOWER_CASE = "do_lower_case";
  private static final String STRIP_ACCENTS = "strip_accents";
  private static final String IDEOGRAPHS = "tokenize_chinese_chars";
  private static final String LENGTH = "model_max_length";
  private static final String CLASS = "tokenizer_class";
  private static final String NEVER_SPLIT = "never_split";
  private static final String DECODER = "added_tokens_decoder";

  /** Classes that add nothing to BERT's tokenizer, without the ending of the fast ones. */
  private static final Set<String> BERT_CLASSES =
      Set.of(
          "BertTokenizer",
          "ConvBertTokenizer",
          "DPRContextEncoderTokenizer",
          "DPRQuestionEncoderTokenizer",
          "DPRReaderTokenizer",
          "DistilBertTokenizer",
          "ElectraTokenizer",
          "LayoutLMTokenizer",
          "MobileBertTokenizer",
          "RetriBertTokenizer",
          "SqueezeBertTokenizer");

  /** Classes that are what {@code tokenizer.json} says. */
  private static final Set<String> GENERIC_CLASSES =
      Set.of("PreTrainedTokenizer", "TokenizersBackend");

  private static final String FAST = "Fast";

  /** Keys with the one value that BERT's pipeline has; the default of all of them. */
  private static final Map<String, Boolean> FIXED_FLAGS =
      Map.of(
          "clean_text", true,
          "do_basic_tokenize", true,
          "do_subword_tokenize", true,
          "do_word_tokenize", true);

  private static final Map<String, String> FIXED_TEXTS =
      Map.of(
          "subword_tokenizer_type", "wordpiece",
          "truncation_side", "right",
          "word_tokenizer_type", "basic",
          "wordpieces_prefix", Vocabulary.CONTINUATION_PREFIX);

  private final Path directory;
  private final TokenizerJson tokenizer;
  private final JsonObject config;
  private final JsonObject specialTokensMap;
  private final JsonObject addedTokens;
  private final String tokenizerClass;
  private final List<String> notes;

  /**
   * Opens the files that are there; there may be none.
   *
   * @param notes receives what had to be assumed
   * @throws InvalidModelException if one of them is not JSON, or asks for another tokenizer than
   *     BERT's
   */
  public TokenizerFiles(Path directory, List<String> notes) throws IOException {
    this.directory = directory;
    this.notes = notes;
    this.config = JsonObject.read(directory.resolve(CONFIG), MOST_BYTES);
    this.specialTokensMap =
        JsonObject.read(directory.resolve("special_tokens_map.json"), MOST_BYTES);
    this.addedTokens = JsonObject.read(directory.resolve("added_tokens.json"), MOST_BYTES);
    this.tokenizer = TokenizerJson.read(directory);
    this.tokenizerClass = checkedClass();
    checkFixedKeys();
    if (tokenizer.isThere() && !tokenizer.hasTemplate()) {
      if (GENERIC_CLASSES.contains(tokenizerClass)) {
        tokenizer.template();
      }
      notes.add(TokenizerJson.FILE + ": post_processor is not given; BERT's is taken");
    }
    if (tokenizer.truncates()) {
      notes.add(
          TokenizerJson.FILE + ": truncation is passed over, as by Hugging Face's transformers");
    }
  }

  /** Returns the class without the ending of fast ones; empty if no file names it. */
  private String checkedClass() throws InvalidModelException {
    JsonObject source =
        config.has(CLASS)
            ? config
            : JsonObject.read(directory.resolve(ModelConfig.FILE), MOST_BYTES);
    String name = source.text(CLASS).orElse("");
    String plain = name.endsWith(FAST) ? name.substring(0, name.length() - FAST.length()) : name;
    if (name.isEmpty() || BERT_CLASSES.contains(plain)) {
      return plain;
    }
    if (!GENERIC_CLASSES.contains(plain)) {
      throw source.wrong(CLASS, "one of BERT's, such as ElectraTokenizer");
    }
    if (!tokenizer.isThere()) {
      throw source.wrong(CLASS, "one of BERT's where there is no " + TokenizerJson.FILE);
    }
    return plain;
  }

  private void checkFixedKeys() throws InvalidModelException {
    for (Map.Entry<String, Boolean> fixed : FIXED_FLAGS.entrySet()) {
      if (!config.flag(fixed.getKey()).orElse(fixed.getValue()).equals(fixed.getValue())) {
        throw config.wrong(fixed.getKey(), fixed.getValue() + ", as of BERT and ELECTRA");
      }
    }
    for (Map.Entry<String, String> fixed : FIXED_TEXTS.entrySet()) {
      if (!config.text(fixed.getKey()).orElse(fixed.getValue()).equals(fixed.getValue())) {
        throw config.wrong(fixed.getKey(), fixed.getValue() + ", as of BERT and ELECTRA");
      }
    }
    if (config.has(NEVER_SPLIT)) {
      checkNeverSplit(config.get(NEVER_SPLIT));
    }
  }

  private void checkNeverSplit(JsonNode tokens) throws InvalidModelException {
    boolean isSpecial = tokens.isArray();
    for (JsonNode token : tokens) {
      isSpecial &= token.isTextual() && specialTokenNames().all().contains(token.textValue());
    }
    if (!isSpecial) {
      throw config.wrong(
          NEVER_SPLIT, "empty or name BERT's special tokens: only added tokens are kept whole");
    }
  }

  /** Says whether the directory has a vocabulary. */
  public boolean hasVocabulary() {
    return ModelFile.isThere(directory.resolve(VOCABULARY)) || tokenizer.isThere();
  }

  /** Says whether the directory tells if it lower-cases. */
  public boolean hasCasing() throws IOException {
    return config.flag(LOWER_CASE).isPresent()
        || tokenizer.normalizer().flag("lowercase").isPresent();
  }

  /**
   * Returns how many pieces the files hold at least, without taking memory for each of a file's
   * lines.
   */
  int pieceCount() throws InvalidModelException {
    Path file = directory.resolve(VOCABULARY);
    int lines = ModelFile.isThere(file) ? Vocabulary.pieceCount(file) : 0;
    return Math.max(lines, tokenizer.pieceCount());
  }

  /**
   * Reads {@code tokenizer.json} or, where there is none, {@code vocab.txt}.
   *
   * @throws InvalidModelException if there is neither, it is not a WordPiece vocabulary, or the two
   *     contradict each other
   */
  public Vocabulary vocabulary() throws IOException {
    Path file = directory.resolve(VOCABULARY);
    boolean hasFile = ModelFile.isThere(file);
    if (!hasFile && !tokenizer.isThere()) {
      throw new InvalidModelException(
          directory + " holds no vocabulary; expected " + VOCABULARY + " or " + TokenizerJson.FILE);
    }
    List<String> lines = hasFile ? Vocabulary.readPieces(file) : List.of();
    List<String> pieces = tokenizer.isThere() ? tokenizer.pieces() : lines;
    if (hasFile && tokenizer.isThere()) {
      requireSamePieces(file, lines, pieces);
    }
    SpecialTokenNames names = specialTokenNames();
    Vocabulary vocabulary =
        Vocabulary.of(
            pieces,
            names,
            tokens(names, pieces),
            (tokenizer.isThere() ? tokenizer.file() : file).toString());
    if (tokenizer.hasTemplate()) {
      checkTemplate(vocabulary);
    }
    return vocabulary;
  }

  private void requireSamePieces(Path file, List<String> lines, List<String> pieces)
      throws InvalidModelException {
    // Hugging Face's tokenizers write no line for an id that no piece has.
    if (lines.equals(pieces.stream().filter(Objects::nonNull).toList())) {
      return;
    }
    Map<String, Integer> lastIds = new HashMap<>();
    for (int id = 0; id < lines.size(); id++) {
      lastIds.put(lines.get(id), id);
    }
    for (int id = 0; id < Math.max(lines.size(), pieces.size()); id++) {
      String line = id < lines.size() ? lines.get(id) : null;
      String piece = id < pieces.size() ? pieces.get(id) : null;
      if (piece == null && line != null && lastIds.get(line) > id) {
        continue;
      }
      // Lines come without the white space at their end.
      if (line == null
          || piece == null
          || !line.equals(Vocabulary.withoutTrailingSpace(piece, 0, piece.length()))) {
        throw new InvalidModelException(
            file
                + " must hold the pieces of "
                + TokenizerJson.FILE
                + "; id "
                + id
                + " is "
                + (line == null ? "missing" : "'" + Excerpt.of(line) + "'")
                + ", there "
                + (piece == null ? "missing" : "'" + Excerpt.of(piece) + "'"));
      }
    }
  }

  private SpecialTokenNames specialTokenNames() throws InvalidModelException {
    Optional<TokenizerJson.Template> template =
        tokenizer.hasTemplate() ? Optional.of(tokenizer.template()) : Optional.empty();
    Optional<String> unknown = tokenizer.isThere() ? tokenizer.unknownToken() : Optional.empty();
    return new SpecialTokenNames(
        name("pad_token", Optional.empty(), Vocabulary.PAD),
        name("unk_token", unknown, Vocabulary.UNK),
        name("cls_token", template.map(TokenizerJson.Template::cls), Vocabulary.CLS),
        name("sep_token", template.map(TokenizerJson.Template::sep), Vocabulary.SEP),
        name("mask_token", Optional.empty(), Vocabulary.MASK));
  }

  private String name(String key, Optional<String> inTokenizer, String usual)
      throws InvalidModelException {
    Optional<String> given = name(config, key);
    Optional<String> mapped = name(specialTokensMap, key);
    if (given.isPresent() && mapped.isPresent() && !given.equals(mapped)) {
      throw config.wrong(
          key, "that of special_tokens_map.json, '" + Excerpt.of(mapped.get()) + "'");
    }
    Optional<String> name = given.or(() -> mapped);
    if (name.isPresent() && inTokenizer.isPresent() && !name.equals(inTokenizer)) {
      throw (given.isPresent() ? config : specialTokensMap)
          .wrong(
              key, "that of " + TokenizerJson.FILE + ", '" + Excerpt.of(inTokenizer.get()) + "'");
    }
    if (name.isEmpty() && BERT_CLASSES.contains(tokenizerClass)) {
      requireUsual(key, inTokenizer.orElse(usual), usual);
    }
    return name.or(() -> inTokenizer).orElse(usual);
  }

  /** Some versions of Hugging Face's transformers pass over {@code tokenizer.json} here. */
  private void requireUsual(String key, Object inTokenizer, Object usual)
      throws InvalidModelException {
    if (!inTokenizer.equals(usual)) {
      throw new InvalidModelException(
          config.file()
              + " lacks the key '"
              + key
              + "': "
              + TokenizerJson.FILE
              + " says "
              + Excerpt.of(inTokenizer)
              + ", Hugging Face's "
              + tokenizerClass
              + " takes "
              + usual);
    }
  }

  /** Returns a name that stands as text or as an object with {@code content}. */
  private static Optional<String> name(JsonObject source, String key) throws InvalidModelException {
    Optional<String> name =
        source.get(key).isObject() ? source.object(key).text("content") : source.text(key);
    if (name.isPresent() && name.get().isEmpty()) {
      throw source.wrong(key, "a token");
    }
    return name;
  }

  private void checkTemplate(Vocabulary vocabulary) throws InvalidModelException {
    TokenizerJson.Template template = tokenizer.template();
    if (template.clsId() != vocabulary.clsId() || template.sepId() != vocabulary.sepId()) {
      throw new InvalidModelException(
          tokenizer.file()
              + ": the ids of post_processor must be those of the vocabulary, "
              + vocabulary.clsId()
              + " and "
              + vocabulary.sepId()
              + "; ids="
              + template.clsId()
              + ", "
              + template.sepId());
    }
  }

  /** Returns the token type of a pair's second text: 1 or, if {@code tokenizer.json} says so, 0. */
  int passageType() throws InvalidModelException {
    return tokenizer.hasTemplate() ? tokenizer.template().passageType() : 1;
  }

  /** Returns the tokens that stand beside the pieces, in the order of their ids. */
  private List<AddedToken> tokens(SpecialTokenNames names, List<String> pieces)
      throws InvalidModelException {
    Map<String, AddedTokenEntry> entries = tokenizer.addedTokens();
    Map<String, AddedTokenEntry> ofConfig = entriesOfConfig(entries);
    if (tokenizer.isThere()) {
      for (AddedTokenEntry entry : ofConfig.values()) {
        requireListed(entry.token(), entries, names);
      }
    } else {
      entries = ofConfig;
    }
    Map<String, Integer> ids = new HashMap<>();
    for (int id = 0; id < pieces.size(); id++) {
      if (pieces.get(id) != null) {
        ids.put(pieces.get(id), id);
      }
    }
    for (String content : additionalTokens()) {
      if (names.all().contains(content) || entries.containsKey(content)) {
        continue;
      }
      if (!ids.containsKey(content)) {
        throw new InvalidModelException(
            config.file()
                + ": the additional special token '"
                + Excerpt.of(content)
                + "' has no id; expected it in "
                + (tokenizer.isThere() ? TokenizerJson.FILE : VOCABULARY + " or " + DECODER));
      }
      entries.put(
          content,
          new AddedTokenEntry(new AddedToken(content, ids.get(content), false), false, false));
    }
    List<AddedTokenEntry> lookedFor = new ArrayList<>(entries.values());
    lookedFor.removeIf(entry -> names.all().contains(entry.token().content()));
    AddedTokenEntry.check(lookedFor, directory.toString());
    return entries.values().stream()
        .map(AddedTokenEntry::token)
        .sorted(Comparator.comparingInt(AddedToken::id))
        .toList();
  }

  private void requireListed(
      AddedToken token, Map<String, AddedTokenEntry> entries, SpecialTokenNames names)
      throws InvalidModelException {
    boolean isSpecial = names.all().contains(token.content());
    AddedTokenEntry listed = entries.get(token.content());
    if (listed == null
        || listed.token().id() != token.id()
        || (!isSpecial && listed.token().isNormalized() != token.isNormalized())) {
      throw new InvalidModelException(
          tokenizer.file()
              + ": added_tokens must list the added tokens of "
              + CONFIG
              + " and added_tokens.json with the same ids and keys; missing '"
              + Excerpt.of(token.content())
              + "' with id "
              + token.id());
    }
  }

  /**
   * Returns what {@code added_tokens_decoder} and {@code added_tokens.json} list.
   *
   * @param known tokens whose keys are known already; {@code added_tokens.json} has none
   */
  private Map<String, AddedTokenEntry> entriesOfConfig(Map<String, AddedTokenEntry> known)
      throws InvalidModelException {
    Map<String, AddedTokenEntry> entries = new LinkedHashMap<>();
    JsonObject decoder = config.object(DECODER);
    for (String id : decoder.keys()) {
      if (!id.matches("[0-9]{1,9}")) {
        throw config.wrong(DECODER, "an object of tokens by id");
      }
      AddedTokenEntry entry = AddedTokenEntry.of(decoder.object(id), Integer.parseInt(id));
      entries.put(entry.token().content(), entry);
    }
    Set<String> additional = Set.copyOf(additionalTokens());
    for (String content : addedTokens.keys()) {
      Optional<Integer> id = addedTokens.wholeNumber(content, 0);
      if (id.isEmpty()) {
        throw addedTokens.wrong(content, "the id of a token");
      }
      AddedTokenEntry same = entries.getOrDefault(content, known.get(content));
      boolean isNormalized =
          same == null ? !additional.contains(content) : same.token().isNormalized();
      AddedTokenEntry entry =
          new AddedTokenEntry(
              new AddedToken(content, id.get(), isNormalized),
              same != null && same.isStripped(),
              false);
      if (same != null && same.token().id() != id.get()) {
        throw addedTokens.wrong(
            content, "the id of the same token elsewhere, " + same.token().id());
      }
      entries.put(content, entry.checked(addedTokens, content));
    }
    return entries;
  }

  /** Returns the special tokens besides BERT's, by either of the keys that there were. */
  private List<String> additionalTokens() throws InvalidModelException {
    List<String> tokens = new ArrayList<>();
    for (JsonObject source : List.of(config, specialTokensMap)) {
      for (String key : List.of("additional_special_tokens", "extra_special_tokens")) {
        JsonNode listed = source.get(key);
        if (source.has(key) && !listed.isContainerNode()) {
          throw source.wrong(key, "a list of tokens");
        }
        for (JsonNode token : listed) {
          JsonNode content = token.isObject() ? token.path("content") : token;
          if (!content.isTextual()) {
            throw source.wrong(key, "a list of tokens");
          }
          tokens.add(content.textValue());
        }
      }
    }
    return tokens;
  }

  /**
   * Returns the settings.
   *
   * @param maxPositions the longest sequence the network has positions for, in tokens: no tokenizer
   *     makes a longer one
   * @throws InvalidModelException if the longest sequence is too short, or a key has another type
   */
  public TokenizerConfig config(int maxPositions) throws IOException {
    JsonObject normalizer = tokenizer.normalizer();
    boolean lowerCase =
        flag(LOWER_CASE, config.flag(LOWER_CASE), normalizer.flag("lowercase"), true);
    // Null is a value of this key: as lower-casing.
    Optional<Boolean> asGiven =
        config.names(STRIP_ACCENTS)
            ? Optional.of(config.flag(STRIP_ACCENTS).orElse(lowerCase))
            : Optional.empty();
    Optional<Boolean> asInTokenizer =
        normalizer.names(STRIP_ACCENTS)
            ? Optional.of(normalizer.flag(STRIP_ACCENTS).orElse(lowerCase))
            : Optional.empty();
    boolean stripAccents = flag(STRIP_ACCENTS, asGiven, asInTokenizer, lowerCase);
    boolean ideographs =
        flag(IDEOGRAPHS, config.flag(IDEOGRAPHS), normalizer.flag("handle_chinese_chars"), true);
    // Hugging Face writes 1e30 for "no limit".
    if (config.has(LENGTH) && !config.get(LENGTH).isNumber()) {
      throw config.wrong(LENGTH, "a number");
    }
    double longest = config.get(LENGTH).asDouble(Double.MAX_VALUE);
    if (!config.has(LENGTH)) {
      longest = Double.MAX_VALUE;
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

  /**
   * Hugging Face's generic class takes the value of {@code tokenizer.json}, BERT's that of {@code
   * tokenizer_config.json}, and where that is silent their own.
   */
  private boolean flag(
      String key, Optional<Boolean> given, Optional<Boolean> inTokenizer, boolean usual)
      throws InvalidModelException {
    if (given.isEmpty() && inTokenizer.isEmpty()) {
      notes.add(key + " is not given; " + usual + " is taken");
      return usual;
    }
    if (given.isEmpty() || inTokenizer.isEmpty() || given.equals(inTokenizer)) {
      boolean value = given.or(() -> inTokenizer).get();
      if (given.isEmpty() && BERT_CLASSES.contains(tokenizerClass)) {
        requireUsual(key, value, usual);
      } else if (given.isEmpty() && tokenizerClass.isEmpty() && value != usual) {
        notes.add(
            key
                + " is not given in "
                + CONFIG
                + "; "
                + value
                + " of "
                + TokenizerJson.FILE
                + " is taken");
      }
      return value;
    }
    boolean value = GENERIC_CLASSES.contains(tokenizerClass) ? inTokenizer.get() : given.get();
    notes.add(
        key
            + " is "
            + given.get()
            + " in "
            + CONFIG
            + " and "
            + inTokenizer.get()
            + " in "
            + TokenizerJson.FILE
            + "; "
            + value
            + " is taken, as by Hugging Face's transformers");
    return value;
  }
}
