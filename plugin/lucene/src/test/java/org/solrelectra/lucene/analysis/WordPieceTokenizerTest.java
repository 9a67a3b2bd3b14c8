package org.solrelectra.lucene.analysis;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.StringReader;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.apache.lucene.analysis.Analyzer;
import org.apache.lucene.analysis.TokenStream;
import org.apache.lucene.analysis.tokenattributes.CharTermAttribute;
import org.apache.lucene.analysis.tokenattributes.OffsetAttribute;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.solrelectra.lucene.model.TokenizerConfig;
import org.solrelectra.lucene.model.Vocabulary;

class WordPieceTokenizerTest {
  private Vocabulary vocabulary;
  private WordPieceEncoder encoder;

  @BeforeEach
  void makeEncoder() throws IOException {
    vocabulary =
        Vocabulary.of(
            List.of(
                "[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "un", "##aff", "##able", "cafe",
                "the", "a", "##b", "b", "!", "東", "京"),
            "the test's vocabulary");
    encoder = new WordPieceEncoder(vocabulary, TokenizerConfig.bert(true, 64));
  }

  private List<String> tokens(Analyzer analyzer, String text) throws IOException {
    List<String> tokens = new ArrayList<>();
    try (TokenStream stream = analyzer.tokenStream("field", new StringReader(text))) {
      CharTermAttribute term = stream.addAttribute(CharTermAttribute.class);
      OffsetAttribute offset = stream.addAttribute(OffsetAttribute.class);
      stream.reset();
      while (stream.incrementToken()) {
        tokens.add(term + " " + offset.startOffset() + "-" + offset.endOffset());
      }
      assertFalse(stream.incrementToken());
      stream.end();
      assertEquals(text.length(), offset.endOffset());
    }
    return tokens;
  }

  @Test
  void textsOfNothingThatIsReadHaveNoPieces() {
    for (String text :
        List.of(
            "", " \t\n", "\u00a0", "\u200b\u200b", "\ufeff", "\ufffd", "\u0000\u0007", "\u0301")) {
      WordPieces pieces = new WordPieces();
      encoder.encode(text, WordPieceEncoder.SpecialTokens.AS_TEXT, pieces);
      assertEquals(0, pieces.size(), () -> "text of " + text.codePoints().boxed().toList());
      assertFalse(encoder.hasPieces(text), () -> "text of " + text.codePoints().boxed().toList());
    }
    for (String text : List.of("a", " \u200bx", "!", "東", "\ud83d\ude00")) {
      assertTrue(encoder.hasPieces(text), text);
    }
  }

  @Test
  void termsArePiecesAndOffsetsAreThoseOfTheText() throws IOException {
    try (Analyzer analyzer = new WordPieceAnalyzer(encoder)) {
      assertEquals(
          List.of("un 0-2", "##aff 2-5", "##able 5-9", "! 9-10", "cafe 12-16"),
          tokens(analyzer, "Unaffable!  Café "));
      assertEquals(List.of("東 0-1", "京 1-2"), tokens(analyzer, "東京"));
      assertEquals(List.of("[UNK] 1-4"), tokens(analyzer, " xyz"));
    }
  }

  /** An analyzer keeps its stream for the next text of the thread. */
  @Test
  void aStreamThatIsUsedAgainForgetsTheTextBefore() throws IOException {
    try (Analyzer analyzer = new WordPieceAnalyzer(encoder)) {
      assertEquals(3, tokens(analyzer, "the a b").size());
      assertEquals(List.of(), tokens(analyzer, ""));
      assertEquals(List.of("the 0-3"), tokens(analyzer, "the"));
      assertEquals(40_000, tokens(analyzer, "the ".repeat(40_000)).size());
    }
  }

  @Test
  void offsetsOfAnyTextLieInItAndInOrder() {
    Random random = new Random(11);
    WordPieces pieces = new WordPieces();
    for (int round = 0; round < 3000; round++) {
      StringBuilder text = new StringBuilder();
      int length = random.nextInt(40);
      for (int i = 0; i < length; i++) {
        int kind = random.nextInt(4);
        // Single surrogates too: a field may hold anything.
        text.append(
            kind == 0
                ? "un the ab! ".charAt(random.nextInt(11))
                : (char) random.nextInt(kind == 1 ? 0x250 : 0x10000));
      }
      encoder.encode(text, WordPieceEncoder.SpecialTokens.AS_TEXT, pieces);
      int before = 0;
      for (int i = 0; i < pieces.size(); i++) {
        assertTrue(pieces.start(i) >= before && pieces.start(i) <= pieces.end(i));
        assertTrue(pieces.end(i) <= text.length());
        before = pieces.start(i);
      }
    }
  }

  @Test
  void aLimitGivesTheFirstPiecesOfAll() {
    WordPieces all = new WordPieces();
    WordPieces first = new WordPieces();
    String text = "unaffable the cafe ! ab xyz the";
    encoder.encode(text, WordPieceEncoder.SpecialTokens.AS_TEXT, all);
    for (int limit = 0; limit <= all.size() + 1; limit++) {
      encoder.encode(text, WordPieceEncoder.SpecialTokens.AS_TEXT, limit, first);
      assertEquals(Math.min(limit, all.size()), first.size());
      for (int i = 0; i < first.size(); i++) {
        assertEquals(all.id(i), first.id(i));
        assertEquals(all.end(i), first.end(i));
      }
    }
  }

  @Test
  void specialTokensAreOneIdOnlyWhereTheyAreHonoured() {
    WordPieces pieces = new WordPieces();
    encoder.encode("the[SEP]a", WordPieceEncoder.SpecialTokens.HONOURED, pieces);
    assertEquals(3, pieces.size());
    assertEquals(vocabulary.sepId(), pieces.id(1));
    encoder.encode("the[SEP]a", WordPieceEncoder.SpecialTokens.AS_TEXT, pieces);
    for (int i = 0; i < pieces.size(); i++) {
      assertTrue(pieces.id(i) != vocabulary.sepId());
    }
  }
}
