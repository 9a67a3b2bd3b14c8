package org.solrelectra.lucene.analysis;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.solrelectra.lucene.SharedFiles;
import org.solrelectra.lucene.model.TokenizerConfig;

class CodePointTableTest {
  private static final CodePointTable UNCASED = CodePointTable.of(TokenizerConfig.bert(true, 512));
  private static final CodePointTable CASED = CodePointTable.of(TokenizerConfig.bert(false, 512));

  @Test
  void theResourceIsWhatTheGoldenTablesGive() throws IOException {
    String derived =
        CodePointTableMaker.table(SharedFiles.require("golden/tokenizer/codepoints.json.gz"));
    try (InputStream stream = CodePointTable.class.getResourceAsStream("code-points.txt")) {
      assertEquals(derived, new String(stream.readAllBytes(), StandardCharsets.US_ASCII));
    }
  }

  @Test
  void classesFollowBert() {
    assertEquals(CodePointTable.WORD, CodePointTable.classOf(UNCASED.entry('a')));
    assertEquals(CodePointTable.SPACE, CodePointTable.classOf(UNCASED.entry('\u3000')));
    assertEquals(CodePointTable.PUNCTUATION, CodePointTable.classOf(UNCASED.entry('$')));
    assertEquals(CodePointTable.IDEOGRAPH, CodePointTable.classOf(UNCASED.entry('中')));
    assertEquals(CodePointTable.DROP, CodePointTable.classOf(UNCASED.entry('\u0301')));
    assertEquals(CodePointTable.WORD, CodePointTable.classOf(CASED.entry('\u0301')));
    // NEL is a control character for BERT, not a space; an unassigned code point stays.
    assertEquals(CodePointTable.DROP, CodePointTable.classOf(UNCASED.entry('\u0085')));
    assertEquals(CodePointTable.WORD, CodePointTable.classOf(UNCASED.entry(0x378)));
  }

  @Test
  void lowerCasingIsFreeOfContext() {
    assertEquals("σ", replacement(UNCASED, 'Σ'));
    assertEquals("i", replacement(UNCASED, 'İ'));
    assertEquals("ß", replacement(UNCASED, 'ẞ'));
    assertEquals("ﬁ", replacement(UNCASED, 'ﬁ'));
    assertEquals("É", replacement(CASED, 'É'));
  }

  @Test
  void hangulSyllablesDecomposeToJamo() {
    assertEquals("\u1112\u1161\u11ab", replacement(UNCASED, '한'));
    assertEquals("\u1100\u1161", replacement(UNCASED, '가'));
    assertEquals("한", replacement(CASED, '한'));
  }

  @Test
  void ideographsArePartOfWordsWhereTheConfigurationSaysSo() {
    CodePointTable table = CodePointTable.of(new TokenizerConfig(true, true, false, 512));
    assertEquals(CodePointTable.WORD, CodePointTable.classOf(table.entry('中')));
  }

  private static String replacement(CodePointTable table, int codePoint) {
    int[] target = new int[table.longestReplacement()];
    int count = table.replace(codePoint, table.entry(codePoint), target);
    return new String(target, 0, count);
  }
}
