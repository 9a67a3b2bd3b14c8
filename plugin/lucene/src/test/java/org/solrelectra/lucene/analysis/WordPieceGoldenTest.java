package org.solrelectra.lucene.analysis;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.StringReader;
import java.util.ArrayList;
import java.util.List;
import org.apache.lucene.analysis.TokenStream;
import org.apache.lucene.analysis.tokenattributes.CharTermAttribute;
import org.apache.lucene.analysis.tokenattributes.OffsetAttribute;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.solrelectra.lucene.analysis.WordPieceEncoder.SpecialTokens;

/** Token for token and offset for offset what Hugging Face's fast BertTokenizer gives. */
class WordPieceGoldenTest {
  private static WordPieceEncoder uncased;
  private static WordPieceEncoder cased;

  @BeforeAll
  static void openVocabularies() throws IOException {
    uncased = BertVocabularies.encoder(true);
    cased = BertVocabularies.encoder(false);
  }

  @ParameterizedTest
  @ValueSource(strings = {"adversarial", "real"})
  void equalsHuggingFace(String name) throws IOException {
    List<JsonNode> records = GoldenRecords.read("golden/tokenizer/" + name + ".jsonl.gz");
    assertTrue(records.size() > 2000);
    for (JsonNode record : records) {
      check(uncased, SpecialTokens.HONOURED, record, record.get("uncased"));
      check(cased, SpecialTokens.HONOURED, record, record.get("cased"));
      check(
          uncased,
          SpecialTokens.AS_TEXT,
          record,
          record.path("uncased_plain"),
          record.get("uncased"));
      check(cased, SpecialTokens.AS_TEXT, record, record.path("cased_plain"), record.get("cased"));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"adversarial", "real"})
  void theTokenStreamGivesTheSameTokens(String name) throws IOException {
    WordPieces pieces = new WordPieces();
    try (WordPieceAnalyzer analyzer = new WordPieceAnalyzer(uncased)) {
      for (JsonNode record : GoldenRecords.read("golden/tokenizer/" + name + ".jsonl.gz")) {
        String text = record.get("text").asText();
        uncased.encode(text, SpecialTokens.AS_TEXT, pieces);
        int at = 0;
        try (TokenStream stream = analyzer.tokenStream("text", new StringReader(text))) {
          stream.reset();
          while (stream.incrementToken()) {
            String expected =
                uncased.vocabulary().piece(pieces.id(at)) + pieces.start(at) + "-" + pieces.end(at);
            OffsetAttribute offset = stream.getAttribute(OffsetAttribute.class);
            assertEquals(
                expected,
                stream.getAttribute(CharTermAttribute.class).toString()
                    + offset.startOffset()
                    + "-"
                    + offset.endOffset(),
                text);
            at++;
          }
          stream.end();
        }
        assertEquals(pieces.size(), at, text);
      }
    }
  }

  private static void check(
      WordPieceEncoder encoder,
      SpecialTokens specialTokens,
      JsonNode record,
      JsonNode... expected) {
    JsonNode wanted = expected[0].isMissingNode() ? expected[1] : expected[0];
    WordPieces pieces = new WordPieces();
    encoder.encode(record.get("text").asText(), specialTokens, pieces);
    List<Integer> ids = new ArrayList<>();
    List<Integer> offsets = new ArrayList<>();
    for (int i = 0; i < pieces.size(); i++) {
      ids.add(pieces.id(i));
      offsets.add(pieces.start(i));
      offsets.add(pieces.end(i));
    }
    assertEquals(
        wanted.get("ids").toString(),
        new ObjectMapper().valueToTree(ids).toString(),
        record::toString);
    assertEquals(
        wanted.get("offsets").toString(),
        new ObjectMapper().valueToTree(offsets).toString(),
        record::toString);
  }
}
