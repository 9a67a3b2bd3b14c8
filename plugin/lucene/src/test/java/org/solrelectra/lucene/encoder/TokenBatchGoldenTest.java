package org.solrelectra.lucene.encoder;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.solrelectra.lucene.analysis.BertVocabularies;
import org.solrelectra.lucene.analysis.GoldenRecords;
import org.solrelectra.lucene.model.TokenizerConfig;
import org.solrelectra.lucene.model.Truncation;
import org.solrelectra.lucene.model.Vocabulary;

/** Pairs, truncation and windows as Hugging Face's fast tokenizer makes them. */
class TokenBatchGoldenTest {
  private static final Pattern HAS_SPECIAL_TOKEN = Pattern.compile("\\[(PAD|UNK|CLS|SEP|MASK)]");

  private static Vocabulary vocabulary;

  @BeforeAll
  static void openVocabulary() throws IOException {
    vocabulary = BertVocabularies.encoder(true).vocabulary();
  }

  private static TokenBatchBuilder builder(int maxLength, Truncation truncation) {
    return new TokenBatchBuilder(
        vocabulary, TokenizerConfig.bert(true, maxLength), maxLength, truncation);
  }

  @Test
  void pairsAreCutAlike() throws IOException {
    List<JsonNode> pairs = GoldenRecords.read("golden/tokenizer/pairs.jsonl.gz");
    int refused = 0;
    int compared = 0;
    int literalSpecialTokens = 0;
    for (int maxLength : new int[] {32, 64, 128, 512}) {
      for (Truncation truncation :
          new Truncation[] {Truncation.LONGEST_FIRST, Truncation.ONLY_SECOND}) {
        TokenBatchBuilder builder = builder(maxLength, truncation);
        for (JsonNode pair : pairs) {
          String query = pair.get("query").asText();
          List<String> passage = List.of(pair.get("passage").asText());
          JsonNode expected = find(pair.get("encodings"), maxLength, truncation);
          if (HAS_SPECIAL_TOKEN.matcher(query + passage.get(0)).find()) {
            // Hugging Face reads a literal [SEP] of a document as the separator; we never do.
            literalSpecialTokens++;
          } else if (expected.has("error")) {
            assertThrows(IllegalArgumentException.class, () -> builder.pairs(query, passage));
            refused++;
          } else {
            check(expected, builder.pairs(query, passage).sequences().get(0));
            compared++;
          }
        }
      }
    }
    assertEquals(516 * 8, refused + compared + literalSpecialTokens);
    assertTrue(refused > 0);
    assertTrue(compared > 500 * 8 - refused, "too many pairs were left out");
  }

  private static JsonNode find(JsonNode encodings, int maxLength, Truncation truncation) {
    for (JsonNode encoding : encodings) {
      if (encoding.get("max_length").asInt() == maxLength
          && encoding
              .get("truncation")
              .asText()
              .equals(truncation.name().toLowerCase(Locale.ROOT))) {
        return encoding;
      }
    }
    throw new IllegalStateException("no encoding of " + maxLength + " " + truncation);
  }

  @Test
  void windowsAreCutAlike() throws IOException {
    List<JsonNode> pairs = GoldenRecords.read("golden/tokenizer/pairs.jsonl.gz");
    int windows = 0;
    Map<Integer, TokenBatchBuilder> builders = new HashMap<>();
    for (JsonNode group : GoldenRecords.read("golden/tokenizer/windows.jsonl.gz")) {
      TokenBatchBuilder builder =
          builders.computeIfAbsent(
              group.get("max_length").asInt(), length -> builder(length, Truncation.ONLY_SECOND));
      List<TokenSequence> sequences = new ArrayList<>();
      List<Integer> samples = new ArrayList<>();
      for (int i = 0; i < group.get("pairs").size(); i++) {
        JsonNode pair = pairs.get(group.get("pairs").get(i).asInt());
        assertEquals(group.get("pairs").get(i).asInt(), pair.get("index").asInt());
        TokenBatch batch =
            builder.windows(
                pair.get("query").asText(),
                pair.get("passage").asText(),
                group.get("stride").asInt());
        for (TokenSequence sequence : batch.sequences()) {
          sequences.add(sequence);
          samples.add(i);
        }
      }
      assertEquals(group.get("windows").size(), sequences.size());
      for (int i = 0; i < sequences.size(); i++) {
        assertEquals(group.get("overflow_to_sample_mapping").get(i).asInt(), samples.get(i));
        check(group.get("windows").get(i), sequences.get(i));
        windows++;
      }
    }
    assertEquals(1724, windows);
  }

  private static void check(JsonNode expected, TokenSequence actual) {
    assertArrayEquals(ints(expected.get("ids")), actual.inputIds());
    assertArrayEquals(ints(expected.get("type_ids")), actual.tokenTypeIds());
  }

  private static int[] ints(JsonNode array) {
    int[] values = new int[array.size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = array.get(i).asInt();
    }
    return values;
  }
}
