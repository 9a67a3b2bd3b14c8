package org.solrelectra.lucene.encoder;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.solrelectra.lucene.SharedFiles;
import org.solrelectra.lucene.analysis.WordPieceEncoder;
import org.solrelectra.lucene.analysis.WordPieceEncoder.SpecialTokens;
import org.solrelectra.lucene.analysis.WordPieces;
import org.solrelectra.lucene.model.InvalidModelException;
import org.solrelectra.lucene.model.TokenizerFiles;
import org.solrelectra.lucene.model.Truncation;
import org.solrelectra.lucene.model.Vocabulary;

/** A directory's tokenizer gives the ids that Hugging Face's tokenizers give, or is refused. */
class HuggingFaceTokenizerTest {
  private static final String CASES = "cases/directories/";

  @TempDir Path folder;

  @Test
  void addedTokensGiveTheirIds() throws IOException {
    Path directory = SharedFiles.require(CASES + "added-tokens/tokenizer.json").getParent();
    TokenizerFiles files = new TokenizerFiles(directory, new ArrayList<>());
    TokenBatchBuilder builder =
        new TokenBatchBuilder(files.vocabulary(), files.config(64), 64, Truncation.PASSAGE);
    for (String line : Files.readAllLines(directory.resolve("expected-ids.jsonl"))) {
      JsonNode record = new ObjectMapper().readTree(line);
      String text = record.get("text").asText();
      TokenBatch batch =
          record.has("pair")
              ? builder.pairs(text, List.of(record.get("pair").asText()))
              : builder.texts(List.of(text));
      TokenSequence sequence = batch.sequences().get(0);
      ObjectMapper mapper = new ObjectMapper();
      assertEquals(
          record.get("ids").toString(), mapper.valueToTree(sequence.inputIds()).toString(), text);
      assertEquals(
          record.get("type_ids").toString(),
          mapper.valueToTree(sequence.tokenTypeIds()).toString(),
          text);
    }
  }

  /** The texts of {@code make.py} beside the golden file. */
  @Test
  void addedTokensOfAllKindsGiveTheirIds() throws IOException {
    ObjectMapper mapper = new ObjectMapper();
    WordPieces pieces = new WordPieces();
    int texts = 0;
    try (InputStream stream = getClass().getResourceAsStream("/golden/added-tokens/cases.jsonl");
        BufferedReader lines =
            new BufferedReader(new InputStreamReader(stream, StandardCharsets.US_ASCII))) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        JsonNode record = mapper.readTree(line);
        Path directory = Files.createTempDirectory(folder, "case");
        Files.writeString(directory.resolve("tokenizer.json"), record.get("tokenizer").toString());
        TokenizerFiles files = new TokenizerFiles(directory, new ArrayList<>());
        WordPieceEncoder encoder = new WordPieceEncoder(files.vocabulary(), files.config(64));
        for (JsonNode expected : record.get("texts")) {
          String text = expected.get("text").textValue();
          encoder.encode(text, SpecialTokens.AS_TEXT, pieces);
          assertEquals(
              expected.get("ids").toString(),
              mapper.valueToTree(pieces.ids()).toString(),
              expected::toString);
          assertEquals(pieces.size() > 0, encoder.hasPieces(text), text);
          texts++;
        }
      }
    }
    assertEquals(320, texts);
  }

  @Test
  void anotherNormalizerIsNamed() {
    Path directory = SharedFiles.require(CASES + "other-normalizer/tokenizer.json").getParent();
    assertEquals(
        directory.resolve("tokenizer.json")
            + ": normalizer must be BertNormalizer, as of BERT and ELECTRA; type=Sequence",
        assertThrows(
                InvalidModelException.class, () -> new TokenizerFiles(directory, new ArrayList<>()))
            .getMessage());
  }

  @BeforeEach
  void writeDirectory() throws IOException {
    Files.writeString(
        folder.resolve("vocab.txt"),
        "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\na\n##a\nb\n##b\nab\n##tech\nx");
    Files.writeString(
        folder.resolve("tokenizer_config.json"),
        """
        {"model_max_length": 64, "do_lower_case": true, "added_tokens_decoder": {
           "12": {"content": "Fin", "normalized": true},
           "13": {"content": "x", "normalized": false},
           "14": {"content": "Fin a", "normalized": true},
           "15": {"content": "[B]", "normalized": false, "special": true}}}
        """);
  }

  private WordPieceEncoder encoder() throws IOException {
    TokenizerFiles files = new TokenizerFiles(folder, new ArrayList<>());
    Vocabulary vocabulary = files.vocabulary();
    return new WordPieceEncoder(vocabulary, files.config(64));
  }

  private static void assertPieces(
      WordPieceEncoder encoder, String text, int[] ids, String offsets) {
    WordPieces pieces = new WordPieces();
    encoder.encode(text, SpecialTokens.AS_TEXT, pieces);
    assertArrayEquals(ids, pieces.ids(), text);
    StringBuilder spans = new StringBuilder();
    for (int i = 0; i < pieces.size(); i++) {
      spans.append(pieces.start(i)).append('-').append(pieces.end(i)).append(' ');
    }
    assertEquals(offsets, spans.toString().trim(), text);
    for (int limit = 0; limit < ids.length; limit++) {
      encoder.encode(text, SpecialTokens.AS_TEXT, limit, pieces);
      assertEquals(limit, pieces.size(), text);
    }
  }

  /** What tokenizers 0.23.2 saves of the vocabulary beside it, and the ids that it gives. */
  @Test
  void aPieceThatStandsTwiceHasItsLastIdByEitherFile() throws IOException {
    Files.writeString(
        folder.resolve("vocab.txt"), "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\na\nthe\nb\nthe\n");
    Files.writeString(folder.resolve("tokenizer_config.json"), "{\"do_lower_case\": true}");
    assertPieces(encoder(), "a the b", new int[] {5, 8, 7}, "0-1 2-5 6-7");
    Files.writeString(
        folder.resolve("tokenizer.json"),
        """
        {"normalizer": {"type": "BertNormalizer", "lowercase": true},
         "pre_tokenizer": {"type": "BertPreTokenizer"},
         "model": {"type": "WordPiece", "unk_token": "[UNK]", "vocab": {"[PAD]": 0, "[UNK]": 1,
           "[CLS]": 2, "[SEP]": 3, "[MASK]": 4, "a": 5, "b": 7, "the": 8}}}
        """);
    assertPieces(encoder(), "a the b", new int[] {5, 8, 7}, "0-1 2-5 6-7");
  }

  @Test
  void addedTokensAreFoundInsideOfWords() throws IOException {
    // "x" is in the vocabulary too: its id as a piece is 11, so the directory contradicts itself.
    assertEquals(
        folder.resolve("vocab.txt")
            + ": the id of added token 'x' must be that of the same piece or follow the pieces,"
            + " 11; id=13",
        assertThrows(InvalidModelException.class, this::encoder).getMessage());
    Path vocabulary = folder.resolve("vocab.txt");
    Files.writeString(vocabulary, Files.readString(vocabulary).replace("\nx", "\n!"));
    WordPieceEncoder encoder = encoder();
    assertPieces(encoder, "aFINb", new int[] {5, 12, 7}, "0-1 1-4 4-5");
    assertPieces(encoder, "f\u00efn", new int[] {12}, "0-3");
    assertPieces(encoder, "fin  a", new int[] {12, 5}, "0-3 5-6");
    assertPieces(encoder, "fin ab", new int[] {14, 7}, "0-5 5-6");
    assertPieces(encoder, "axb[B]!", new int[] {5, 13, 7, 15, 11}, "0-1 1-2 2-3 3-6 6-7");
    assertPieces(encoder, "aXb [b]", new int[] {1, 1, 7, 1}, "0-3 4-5 5-6 6-7");
    assertPieces(encoder, "fi[B]n", new int[] {1, 15, 1}, "0-2 2-5 5-6");
    assertTrue(encoder.hasPieces(" \u200b[B]"));
    assertFalse(encoder.hasPieces(" \u200b"));
  }

  @Test
  void aTextIsReadNoFurtherThanItsPiecesAreWanted() throws IOException {
    Path vocabulary = folder.resolve("vocab.txt");
    Files.writeString(vocabulary, Files.readString(vocabulary).replace("\nx", "\n!"));
    WordPieceEncoder encoder = encoder();
    WordPieces pieces = new WordPieces();
    encoder.encode("ab fin ".repeat(1_000), SpecialTokens.AS_TEXT, pieces);
    assertEquals(2_000, pieces.size());
    assertEquals(12, pieces.id(1_999));
    assertEquals(6_996, pieces.start(1_999));
    CharSequence endless =
        new CharSequence() {
          @Override
          public int length() {
            return Integer.MAX_VALUE;
          }

          @Override
          public char charAt(int index) {
            assertTrue(index < 10_000, "read too far");
            return "ab fin ".charAt(index % 7);
          }

          @Override
          public CharSequence subSequence(int start, int end) {
            throw new UnsupportedOperationException();
          }
        };
    Files.writeString(
        folder.resolve("tokenizer_config.json"),
        """
        {"model_max_length": 64, "added_tokens_decoder": {"12": {"content": "Fin"}}}
        """);
    encoder().encode(endless, SpecialTokens.AS_TEXT, 100, pieces);
    assertEquals(100, pieces.size());
  }
}
