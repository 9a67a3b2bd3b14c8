package org.solrelectra.lucene.analysis;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.solrelectra.lucene.analysis.WordPieceEncoder.SpecialTokens;
import org.solrelectra.lucene.model.TokenizerConfig;
import org.solrelectra.lucene.model.Vocabulary;

class ShortWordsTest {
  private static final TokenizerConfig UNCASED = TokenizerConfig.bert(true, 128);

  @Test
  void aShortWordIsFoundByItsCharacters() throws IOException {
    ShortWords words = new ShortWords(vocabulary(List.of("a", "snow", "blizzard")));
    assertEquals(5, words.id(key("a")));
    assertEquals(6, words.id(key("snow")));
    assertEquals(7, words.id(key("blizzard")));
    assertEquals(ShortWords.NONE, words.id(key("snows")));
    assertEquals(ShortWords.NONE, words.id(0));
  }

  @Test
  void whatNoShortWordCanBeIsNotKept() throws IOException {
    ShortWords words =
        new ShortWords(vocabulary(List.of("", "\0a", "##a", "blizzards", "\u00e9", "\u016e")));
    assertEquals(ShortWords.NONE, words.id(key("a")));
    assertEquals(ShortWords.NONE, words.id(key("##a")));
    assertEquals(ShortWords.NONE, words.id(key("lizzards")));
    assertEquals(ShortWords.NONE, words.id(key("\u00e9")));
  }

  @Test
  void moreWordsThanTheTableCountsGoTheTriesWay() throws IOException {
    List<String> words = new ArrayList<>();
    for (int i = 0; i < 70_000; i++) {
      words.add("w" + i);
    }
    Vocabulary vocabulary = vocabulary(words);
    ShortWords table = new ShortWords(vocabulary);
    assertNotEquals(ShortWords.NONE, table.id(key("w0")));
    assertEquals(ShortWords.NONE, table.id(key("w69999")));
    WordPieces pieces = new WordPieces();
    new WordPieceEncoder(vocabulary, UNCASED)
        .encode(String.join(" ", words), SpecialTokens.AS_TEXT, pieces);
    assertEquals(words.size(), pieces.size());
    for (int i = 0; i < words.size(); i++) {
      assertEquals(vocabulary.id(words.get(i)), pieces.id(i));
    }
  }

  /** A word's two ways in: as one run of ASCII characters, and character by character. */
  @Test
  void aWordHasTheSamePiecesWhereverAChunkOfTheTextEnds() throws IOException {
    WordPieceEncoder encoder =
        new WordPieceEncoder(vocabulary(List.of("snow", "s", "##now")), UNCASED);
    WordPieces pieces = new WordPieces();
    int chunk = 1 << 14;
    for (int spaces = chunk - 6; spaces <= chunk + 1; spaces++) {
      encoder.encode(" ".repeat(spaces) + "SNOW", SpecialTokens.AS_TEXT, pieces);
      assertEquals(1, pieces.size());
      assertEquals(5, pieces.id(0));
      assertEquals(spaces, pieces.start(0));
      assertEquals(spaces + 4, pieces.end(0));
    }
  }

  private static long key(String word) {
    long key = 0;
    for (char c : word.toCharArray()) {
      key = (key << 8) | c;
    }
    return key;
  }

  /** Special tokens have the ids 0 to 4. */
  private static Vocabulary vocabulary(List<String> words) throws IOException {
    List<String> pieces = new ArrayList<>(Vocabulary.specialTokens());
    pieces.addAll(words);
    return Vocabulary.of(pieces, "test");
  }
}
