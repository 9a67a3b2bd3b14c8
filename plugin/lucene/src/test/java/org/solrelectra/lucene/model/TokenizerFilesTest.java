package org.solrelectra.lucene.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What Hugging Face's fast tokenizers read of a directory is used, or is named and refused. Which
 * file wins was looked up with tokenizers 0.23.2 and transformers 5.18.0.
 */
class TokenizerFilesTest {
  private static final List<String> PIECES =
      List.of("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "<s>", "</s>", "a", "##a", "b");

  @TempDir Path folder;
  private final List<String> notes = new ArrayList<>();
  private final ObjectNode tokenizer = json("{}");
  private final ObjectNode config = json("{'model_max_length': 64}");

  @BeforeEach
  void makeFiles() throws IOException {
    tokenizer.set("normalizer", json("{'type': 'BertNormalizer', 'lowercase': true}"));
    tokenizer.set("pre_tokenizer", json("{'type': 'BertPreTokenizer'}"));
    tokenizer.set("post_processor", template("[CLS]", 2, "[SEP]", 3, 1));
    ObjectNode model = json("{'type': 'WordPiece', 'unk_token': '[UNK]'}");
    PIECES.forEach(piece -> model.withObject("/vocab").put(piece, PIECES.indexOf(piece)));
    tokenizer.set("model", model);
  }

  private static ObjectNode json(String singleQuoted) {
    try {
      return (ObjectNode) new ObjectMapper().readTree(singleQuoted.replace('\'', '"'));
    } catch (IOException e) {
      throw new IllegalArgumentException(singleQuoted, e);
    }
  }

  private static ObjectNode template(String cls, int clsId, String sep, int sepId, int type) {
    return json(
        String.format(
            Locale.ROOT,
            """
            {'type': 'TemplateProcessing',
             'single': [{'SpecialToken': {'id': '%1$s', 'type_id': 0}},
                        {'Sequence': {'id': 'A', 'type_id': 0}},
                        {'SpecialToken': {'id': '%3$s', 'type_id': 0}}],
             'pair': [{'SpecialToken': {'id': '%1$s', 'type_id': 0}},
                      {'Sequence': {'id': 'A', 'type_id': 0}},
                      {'SpecialToken': {'id': '%3$s', 'type_id': 0}},
                      {'Sequence': {'id': 'B', 'type_id': %5$d}},
                      {'SpecialToken': {'id': '%3$s', 'type_id': %5$d}}],
             'special_tokens': {'%1$s': {'id': '%1$s', 'ids': [%2$d], 'tokens': ['%1$s']},
                                '%3$s': {'id': '%3$s', 'ids': [%4$d], 'tokens': ['%3$s']}}}
            """,
            cls,
            clsId,
            sep,
            sepId,
            type));
  }

  private void write() throws IOException {
    Files.writeString(folder.resolve("tokenizer.json"), tokenizer.toString());
    Files.writeString(folder.resolve("tokenizer_config.json"), config.toString());
  }

  private TokenizerFiles open() throws IOException {
    write();
    notes.clear();
    return new TokenizerFiles(folder, notes);
  }

  private void assertRefused(String file, String message) {
    assertEquals(
        folder.resolve(file) + message,
        assertThrows(
                InvalidModelException.class,
                () -> {
                  TokenizerFiles files = open();
                  files.vocabulary();
                  files.config(64);
                })
            .getMessage());
  }

  @Test
  void otherPartsThanBertsAreNamed() {
    tokenizer.set(
        "normalizer", json("{'type': 'Sequence', 'normalizers': [{'type': 'Lowercase'}]}"));
    assertRefused(
        "tokenizer.json",
        ": normalizer must be BertNormalizer, as of BERT and ELECTRA; type=Sequence");
    tokenizer.set("normalizer", json("{'type': 'BertNormalizer', 'clean_text': false}"));
    assertRefused(
        "tokenizer.json",
        ": normalizer.clean_text must be true, as of BERT and ELECTRA; clean_text=false");
    tokenizer.set("normalizer", json("{'type': 'BertNormalizer'}"));
    tokenizer.set("pre_tokenizer", json("{'type': 'Whitespace'}"));
    assertRefused(
        "tokenizer.json",
        ": pre_tokenizer must be BertPreTokenizer, as of BERT and ELECTRA; type=Whitespace");
  }

  @Test
  void tokenizerJsonDecidesBesideAVocabulary() throws IOException {
    Files.write(folder.resolve("vocab.txt"), PIECES);
    assertEquals(PIECES, open().vocabulary().pieces());
    tokenizer.set("pre_tokenizer", json("{'type': 'Whitespace'}"));
    assertRefused(
        "tokenizer.json",
        ": pre_tokenizer must be BertPreTokenizer, as of BERT and ELECTRA; type=Whitespace");
  }

  @Test
  void twoVocabulariesMustBeTheSame() throws IOException {
    Files.writeString(folder.resolve("vocab.txt"), String.join(" \n", PIECES));
    open().vocabulary();
    Files.writeString(folder.resolve("vocab.txt"), String.join("\n", PIECES) + "o");
    assertRefused("vocab.txt", " must hold the pieces of tokenizer.json; id 9 is 'bo', there 'b'");
    Files.write(folder.resolve("vocab.txt"), PIECES.subList(0, 9));
    assertRefused(
        "vocab.txt", " must hold the pieces of tokenizer.json; id 9 is missing, there 'b'");
  }

  /** Hugging Face's tokenizers keep the last id of a piece, and save no piece for the others. */
  @Test
  void aPieceThatStandsTwiceLeavesAGap() throws IOException {
    tokenizer.withObject("/model/vocab").put("a", 10);
    List<String> pieces = new ArrayList<>(PIECES);
    pieces.set(7, "");
    pieces.add("a");
    Vocabulary vocabulary = open().vocabulary();
    assertEquals(pieces, vocabulary.pieces());
    assertEquals(10, vocabulary.id("a"));
    assertEquals(-1, vocabulary.id(""));
    Path file = folder.resolve("vocab.txt");
    pieces.set(7, "a");
    Files.write(file, pieces);
    assertEquals(10, open().vocabulary().id("a"));
    pieces.remove(7);
    Files.write(file, pieces);
    assertEquals(10, open().vocabulary().id("a"));
    pieces.add(7, "z");
    Files.write(file, pieces);
    assertRefused(
        "vocab.txt", " must hold the pieces of tokenizer.json; id 7 is 'z', there missing");
  }

  /** Hugging Face's tokenizers give it the number of pieces as its id, which is another's. */
  @Test
  void anAddedTokenBesideAGapIsRefused() throws IOException {
    String message =
        ": an added token must be one of the pieces where their ids have gaps or a piece stands"
            + " twice; content='new'";
    tokenizer.withObject("/model/vocab").put("a", 10);
    tokenizer.putArray("added_tokens").add(json("{'id': 8, 'content': '##a'}"));
    assertEquals(8, open().vocabulary().id("##a"));
    tokenizer.withArray("added_tokens").add(json("{'id': 11, 'content': 'new'}"));
    assertRefused("tokenizer.json", message);
    config.putObject("added_tokens_decoder").set("11", json("{'content': 'new'}"));
    write();
    Files.delete(folder.resolve("tokenizer.json"));
    Files.writeString(folder.resolve("vocab.txt"), String.join("\n", PIECES) + "\na\n");
    assertEquals(
        folder.resolve("vocab.txt") + message,
        assertThrows(
                InvalidModelException.class, () -> new TokenizerFiles(folder, notes).vocabulary())
            .getMessage());
  }

  @Test
  void settingsOfTheModelThatBertDoesNotHaveAreNamed() {
    ObjectNode model = tokenizer.withObject("/model");
    model.put("max_input_chars_per_word", 200);
    assertRefused(
        "tokenizer.json",
        ": model.max_input_chars_per_word must be 100, as of BERT and ELECTRA;"
            + " max_input_chars_per_word=200");
    model.remove("max_input_chars_per_word");
    model.put("continuing_subword_prefix", "@@");
    assertRefused(
        "tokenizer.json",
        ": model.continuing_subword_prefix must be ##, as of BERT and ELECTRA;"
            + " continuing_subword_prefix=\"@@\"");
    model.remove("continuing_subword_prefix");
    model.put("unk_token", "<unk>");
    assertRefused(
        "tokenizer.json",
        " lacks special tokens; expected [[PAD], <unk>, [CLS], [SEP], [MASK]]; missing [<unk>]");
    model.withObject("/vocab").put("a", 8);
    model.put("unk_token", "[UNK]");
    assertRefused(
        "tokenizer.json", ": the ids of model.vocab must be in 0..1048575, each once; '##a'=8");
    model.withObject("/vocab").put("a", 1 << 20);
    assertRefused(
        "tokenizer.json", ": the ids of model.vocab must be in 0..1048575, each once; 'a'=1048576");
  }

  @Test
  void olderFilesDoNotNameTheKindOfTheirModel() throws IOException {
    tokenizer.withObject("/model").remove("type");
    tokenizer.withObject("/model").put("continuing_subword_prefix", "##");
    assertEquals(PIECES, open().vocabulary().pieces());
  }

  @Test
  void specialTokensHaveTheirNamesInTheFiles() throws IOException {
    tokenizer.set("post_processor", template("<s>", 5, "</s>", 6, 1));
    config.put("cls_token", "<s>");
    config.putObject("sep_token").put("content", "</s>").put("lstrip", false);
    Vocabulary vocabulary = open().vocabulary();
    assertEquals(5, vocabulary.clsId());
    assertEquals(6, vocabulary.sepId());
    assertEquals(1, vocabulary.unknownId());
    assertEquals(
        new SpecialTokenNames("[PAD]", "[UNK]", "<s>", "</s>", "[MASK]"),
        vocabulary.specialTokenNames());
    config.remove(List.of("cls_token", "sep_token"));
    Files.writeString(
        folder.resolve("special_tokens_map.json"),
        "{\"cls_token\": \"<s>\", \"sep_token\": \"b\"}");
    assertRefused(
        "special_tokens_map.json",
        ": sep_token must be that of tokenizer.json, '</s>'; sep_token=\"b\"");
  }

  @Test
  void specialTokensThatContradictEachOtherAreNamed() throws IOException {
    config.put("cls_token", "<s>");
    assertRefused(
        "tokenizer_config.json",
        ": cls_token must be that of tokenizer.json, '[CLS]'; cls_token=\"<s>\"");
    Files.writeString(folder.resolve("special_tokens_map.json"), "{\"cls_token\": \"[CLS]\"}");
    assertRefused(
        "tokenizer_config.json",
        ": cls_token must be that of special_tokens_map.json, '[CLS]'; cls_token=\"<s>\"");
    config.put("cls_token", 5);
    assertRefused("tokenizer_config.json", ": cls_token must be text; cls_token=5");
    Files.delete(folder.resolve("special_tokens_map.json"));
    config.remove("cls_token");
    config.put("tokenizer_class", "BertTokenizerFast");
    tokenizer.set("post_processor", template("<s>", 5, "[SEP]", 3, 1));
    assertRefused(
        "tokenizer_config.json",
        " lacks the key 'cls_token': tokenizer.json says <s>, Hugging Face's BertTokenizer takes"
            + " [CLS]");
  }

  @Test
  void specialTokensHaveTheirNamesWithoutATokenizerJson() throws IOException {
    write();
    Files.delete(folder.resolve("tokenizer.json"));
    Files.write(folder.resolve("vocab.txt"), PIECES);
    Files.writeString(
        folder.resolve("special_tokens_map.json"),
        "{\"cls_token\": \"<s>\", \"sep_token\": {\"content\": \"</s>\"}}");
    assertEquals(5, new TokenizerFiles(folder, notes).vocabulary().clsId());
    assertEquals(6, new TokenizerFiles(folder, notes).vocabulary().sepId());
  }

  @Test
  void theTemplateIsBertsUpToTheSecondTextsType() throws IOException {
    assertEquals(1, open().passageType());
    tokenizer.set("post_processor", template("[CLS]", 2, "[SEP]", 3, 0));
    assertEquals(0, open().passageType());
    tokenizer.set("post_processor", template("[CLS]", 2, "[SEP]", 4, 1));
    assertRefused(
        "tokenizer.json",
        ": the ids of post_processor must be those of the vocabulary, 2 and 3; ids=2, 4");
    ObjectNode twice = template("[CLS]", 2, "[SEP]", 3, 1);
    twice.withArray("/single").add(twice.withArray("/single").get(2));
    tokenizer.set("post_processor", twice);
    String message = assertThrows(InvalidModelException.class, open()::vocabulary).getMessage();
    assertTrue(
        message.startsWith(
            folder.resolve("tokenizer.json")
                + ": post_processor.single must be [CLS] A [SEP], as of BERT and ELECTRA; single="),
        message);
    tokenizer.set("post_processor", json("{'type': 'RobertaProcessing'}"));
    assertRefused(
        "tokenizer.json",
        ": post_processor must be BertProcessing or TemplateProcessing, as of BERT and ELECTRA;"
            + " type=RobertaProcessing");
    tokenizer.putNull("post_processor");
    assertRefused("tokenizer.json", ": post_processor must be an object; post_processor=null");
    tokenizer.remove("post_processor");
    assertEquals(1, open().passageType());
    assertEquals(List.of("tokenizer.json: post_processor is not given; BERT's is taken"), notes);
    config.put("tokenizer_class", "PreTrainedTokenizerFast");
    assertRefused(
        "tokenizer.json",
        ": post_processor must be BertProcessing or TemplateProcessing, as of BERT and ELECTRA;"
            + " type=none");
  }

  @Test
  void anotherClassOfTokenizersIsNamed() throws IOException {
    config.put("tokenizer_class", "BertJapaneseTokenizer");
    assertRefused(
        "tokenizer_config.json",
        ": tokenizer_class must be one of BERT's, such as ElectraTokenizer;"
            + " tokenizer_class=\"BertJapaneseTokenizer\"");
    config.remove("tokenizer_class");
    Files.writeString(folder.resolve("config.json"), "{\"tokenizer_class\": \"XLNetTokenizer\"}");
    assertRefused(
        "config.json",
        ": tokenizer_class must be one of BERT's, such as ElectraTokenizer;"
            + " tokenizer_class=\"XLNetTokenizer\"");
    config.put("tokenizer_class", "PreTrainedTokenizerFast");
    write();
    Files.delete(folder.resolve("tokenizer.json"));
    assertEquals(
        folder.resolve("tokenizer_config.json")
            + ": tokenizer_class must be one of BERT's where there is no tokenizer.json;"
            + " tokenizer_class=\"PreTrainedTokenizerFast\"",
        assertThrows(InvalidModelException.class, () -> new TokenizerFiles(folder, notes))
            .getMessage());
  }

  /** MPNet's puts two separators between the texts of a pair. */
  @Test
  void aClassWithAnotherTemplateThanBertsIsNamed() throws IOException {
    config.put("tokenizer_class", "MPNetTokenizer");
    write();
    Files.delete(folder.resolve("tokenizer.json"));
    Files.write(folder.resolve("vocab.txt"), PIECES);
    assertEquals(
        folder.resolve("tokenizer_config.json")
            + ": tokenizer_class must be one of BERT's, such as ElectraTokenizer;"
            + " tokenizer_class=\"MPNetTokenizer\"",
        assertThrows(InvalidModelException.class, () -> new TokenizerFiles(folder, notes))
            .getMessage());
  }

  @Test
  void settingsOfOtherTokenizersAreNamed() {
    config.put("do_basic_tokenize", false);
    assertRefused(
        "tokenizer_config.json",
        ": do_basic_tokenize must be true, as of BERT and ELECTRA; do_basic_tokenize=false");
    config.remove("do_basic_tokenize");
    config.put("word_tokenizer_type", "mecab");
    assertRefused(
        "tokenizer_config.json",
        ": word_tokenizer_type must be basic, as of BERT and ELECTRA; word_tokenizer_type=\"mecab\"");
    config.remove("word_tokenizer_type");
    config.putArray("never_split").add("a");
    assertRefused(
        "tokenizer_config.json",
        ": never_split must be empty or name BERT's special tokens: only added tokens are kept"
            + " whole; never_split=[\"a\"]");
    config.remove("never_split");
    config.put("do_lower_case", "yes");
    assertRefused(
        "tokenizer_config.json", ": do_lower_case must be true or false; do_lower_case=\"yes\"");
    config.remove("do_lower_case");
    config.put("model_max_length", "64");
    assertRefused(
        "tokenizer_config.json", ": model_max_length must be a number; model_max_length=\"64\"");
  }

  @Test
  void neverSplitMayNameTheSpecialTokens() throws IOException {
    config.putArray("never_split").add("[CLS]").add("[MASK]");
    assertEquals(PIECES, open().vocabulary().pieces());
    tokenizer.set("post_processor", template("<s>", 5, "</s>", 6, 1));
    assertRefused(
        "tokenizer_config.json",
        ": never_split must be empty or name BERT's special tokens: only added tokens are kept"
            + " whole; never_split=[\"[CLS]\",\"[MASK]\"]");
    config.putArray("never_split").add("<s>").add("[MASK]");
    assertEquals(PIECES, open().vocabulary().pieces());
    config.putArray("never_split").add(1);
    assertRefused(
        "tokenizer_config.json",
        ": never_split must be empty or name BERT's special tokens: only added tokens are kept"
            + " whole; never_split=[1]");
  }

  @Test
  void aSequenceOfBertsNormalizerAloneIsBerts() throws IOException {
    ObjectNode bert = json("{'type': 'BertNormalizer', 'lowercase': false}");
    ObjectNode sequence = json("{'type': 'Sequence'}");
    sequence.putArray("normalizers").add(bert);
    tokenizer.set("normalizer", sequence);
    assertTrue(open().hasCasing());
    assertEquals(new TokenizerConfig(false, false, true, 64), open().config(64));
    bert.put("clean_text", false);
    assertRefused(
        "tokenizer.json",
        ": normalizer.normalizers[0].clean_text must be true, as of BERT and ELECTRA;"
            + " clean_text=false");
    sequence.withArray("normalizers").add(json("{'type': 'BertNormalizer'}"));
    assertRefused(
        "tokenizer.json",
        ": normalizer must be BertNormalizer, as of BERT and ELECTRA; type=Sequence");
  }

  @Test
  void aPieceMayBeAnAdditionalSpecialToken() throws IOException {
    config.putArray("additional_special_tokens").add("<s>");
    assertEquals(List.of(new AddedToken("<s>", 5, false)), open().vocabulary().addedTokens());
  }

  @Test
  void casingThatIsGivenTwiceIsTakenAsByHuggingFace() throws IOException {
    config.put("do_lower_case", false);
    config.put("tokenizer_class", "BertTokenizer");
    assertEquals(new TokenizerConfig(false, false, true, 64), open().config(64));
    assertTrue(
        notes.contains(
            "do_lower_case is false in tokenizer_config.json and true in tokenizer.json; false is"
                + " taken, as by Hugging Face's transformers"),
        notes.toString());
    config.put("tokenizer_class", "PreTrainedTokenizerFast");
    assertEquals(new TokenizerConfig(true, true, true, 64), open().config(64));
    tokenizer.withObject("/normalizer").put("lowercase", false);
    config.put("tokenizer_class", "BertTokenizer");
    config.remove("do_lower_case");
    assertRefused(
        "tokenizer_config.json",
        " lacks the key 'do_lower_case': tokenizer.json says false, Hugging Face's BertTokenizer"
            + " takes true");
  }

  @Test
  void addedTokensStandBesideThePieces() throws IOException {
    tokenizer
        .putArray("added_tokens")
        .add(json("{'id': 2, 'content': '[CLS]', 'special': true, 'single_word': true}"))
        .add(json("{'id': 10, 'content': 'Fin tech', 'normalized': true}"))
        .add(json("{'id': 11, 'content': '[X]', 'special': true, 'rstrip': true}"));
    config.putArray("additional_special_tokens").add("[X]");
    Vocabulary vocabulary = open().vocabulary();
    assertEquals(
        List.of(new AddedToken("Fin tech", 10, true), new AddedToken("[X]", 11, false)),
        vocabulary.addedTokens());
    assertEquals(12, vocabulary.size());
    assertEquals("[X]", vocabulary.piece(11));
    assertEquals(11, vocabulary.id("[X]"));
    assertEquals(PIECES, vocabulary.wordPieces());
  }

  /** Looked up with tokenizers 0.23.2: the empty piece of a blank line counts. */
  @Test
  void anAddedTokenFollowsABlankLine() throws IOException {
    config.putObject("added_tokens_decoder").set("11", json("{'content': 'new'}"));
    write();
    Files.delete(folder.resolve("tokenizer.json"));
    Files.writeString(folder.resolve("vocab.txt"), String.join("\n", PIECES) + "\n\n");
    Vocabulary vocabulary = new TokenizerFiles(folder, notes).vocabulary();
    assertEquals(11, vocabulary.id("new"));
    assertEquals(12, vocabulary.size());
    assertEquals("", vocabulary.piece(10));
  }

  @Test
  void addedTokensThatCannotBeHonouredAreNamed() throws IOException {
    ObjectNode token = json("{'id': 10, 'content': 'x', 'single_word': true}");
    tokenizer.putArray("added_tokens").add(token);
    assertEquals(
        folder
            + ": single_word of an added token must be false: what a word is to Hugging Face's"
            + " tokenizers is not known here; content='x'",
        assertThrows(InvalidModelException.class, open()::vocabulary).getMessage());
    token.put("single_word", false).put("rstrip", true).put("content", " x");
    assertEquals(
        folder
            + ": no added token may begin or end with white space where one has lstrip or rstrip;"
            + " content=' x'",
        assertThrows(InvalidModelException.class, open()::vocabulary).getMessage());
    token.put("rstrip", false).put("id", 12);
    assertRefused(
        "tokenizer.json",
        ": the id of added token ' x' must be that of the same piece or follow the pieces, 10;"
            + " id=12");
    token.put("content", "");
    assertRefused(
        "tokenizer.json",
        ": added_tokens[0].content must be a token of 1 to 200 characters; content=\"\"");
    tokenizer.remove("added_tokens");
    config.putObject("added_tokens_decoder").set("10", json("{'content': 'new'}"));
    assertRefused(
        "tokenizer.json",
        ": added_tokens must list the added tokens of tokenizer_config.json and added_tokens.json"
            + " with the same ids and keys; missing 'new' with id 10");
    config.remove("added_tokens_decoder");
    config.putArray("additional_special_tokens").add("new");
    assertRefused(
        "tokenizer_config.json",
        ": the additional special token 'new' has no id; expected it in tokenizer.json");
  }

  @Test
  void addedTokensStandInOtherFilesWithoutATokenizerJson() throws IOException {
    config
        .putObject("added_tokens_decoder")
        .set("10", json("{'content': 'x', 'normalized': false}"));
    config.putArray("additional_special_tokens").add("<s>").add("[CLS]");
    write();
    Files.delete(folder.resolve("tokenizer.json"));
    Files.write(folder.resolve("vocab.txt"), PIECES);
    Files.writeString(folder.resolve("added_tokens.json"), "{\"x\": 10, \"y\": 11}");
    assertEquals(
        List.of(
            new AddedToken("<s>", 5, false),
            new AddedToken("x", 10, false),
            new AddedToken("y", 11, true)),
        new TokenizerFiles(folder, notes).vocabulary().addedTokens());
  }
}
