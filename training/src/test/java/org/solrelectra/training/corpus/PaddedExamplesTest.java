package org.solrelectra.training.corpus;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.solrelectra.lucene.analysis.WordPieceEncoder;
import org.solrelectra.lucene.model.TokenizerConfig;
import org.solrelectra.lucene.model.Vocabulary;
import org.solrelectra.training.SmallCorpus;

/** The rules of build_pretraining_dataset.py, on documents that can be told apart. */
class PaddedExamplesTest {
  private static final int LENGTH = 32;
  private static final String HASH = "0f".repeat(32);

  private final Vocabulary vocabulary;
  @TempDir private Path folder;

  PaddedExamplesTest() throws IOException {
    vocabulary = SmallCorpus.vocabulary();
  }

  private List<TokenShard> shards(String text) throws IOException {
    Path file = Files.writeString(folder.resolve("text.txt"), text);
    Path corpus = folder.resolve("corpus");
    TokenCorpus.write(
        new CorpusReader(List.of(file)),
        new WordPieceEncoder(vocabulary, TokenizerConfig.bert(true, 128)),
        HASH,
        0,
        corpus);
    return TokenCorpus.open(corpus, HASH).training();
  }

  private List<Long> pack(PaddedExamples examples, long sample, long[] types) {
    long[] ids = new long[LENGTH];
    examples.pack(sample, ids, types, new long[ids.length], 0);
    return Arrays.stream(ids).boxed().toList();
  }

  /** A document of its own letter each, of one to thirty lines of four to twelve tokens. */
  private static String letters() {
    StringBuilder text = new StringBuilder();
    for (int document = 0; document < 200; document++) {
      String letter = String.valueOf((char) ('a' + document % 26));
      for (int line = 0; line < 1 + document % 30; line++) {
        text.append((letter + " ").repeat(4 + (document + line) % 9)).append('\n');
      }
      text.append('\n');
    }
    return text.toString();
  }

  @Test
  void aSequenceHoldsOneDocumentAndIsPaddedAtItsEnd() throws IOException {
    PaddedExamples examples = new PaddedExamples(shards(letters()), vocabulary, LENGTH, 1);
    int shorter = 0;
    int single = 0;
    for (long sample = 0; sample < examples.sequencesPerPass(); sample++) {
      long[] types = new long[LENGTH];
      List<Long> ids = pack(examples, sample, types);
      assertEquals(vocabulary.clsId(), ids.get(0).intValue());
      int end = ids.lastIndexOf((long) vocabulary.sepId());
      int first = ids.indexOf((long) vocabulary.sepId());
      assertTrue(first > 1, "a segment that is not empty");
      Set<Long> kinds = new HashSet<>(ids.subList(1, end + 1));
      kinds.remove((long) vocabulary.sepId());
      assertEquals(1, kinds.size(), "one document: " + ids);
      for (int i = 0; i < LENGTH; i++) {
        assertEquals(i > end, ids.get(i) == vocabulary.padId(), "padding at the end alone");
        assertEquals(i > first && i <= end ? 1 : 0, types[i], "token type " + i);
      }
      shorter += end < LENGTH - 1 ? 1 : 0;
      single += first == end ? 1 : 0;
    }
    assertTrue(shorter > 0 && shorter < examples.sequencesPerPass());
    assertTrue(single > 0 && single < examples.sequencesPerPass() / 2);
  }

  /** Lines are gathered until 32 tokens are there; A is cut at 30, B at what is left. */
  @Test
  void whatDoesNotFitIsThrownAway() throws IOException {
    String line = "the bank card money rain wind team goal price market";
    PaddedExamples examples =
        new PaddedExamples(shards((line + "\n").repeat(8)), vocabulary, LENGTH, 1);
    Set<Integer> lengths = new HashSet<>();
    for (long sample = 0; sample < examples.sequencesPerPass(); sample++) {
      List<Long> ids = pack(examples, sample, new long[LENGTH]);
      lengths.add(ids.lastIndexOf((long) vocabulary.sepId()) + 1);
    }
    // Four lines of ten tokens are the first to reach 32; of 40, 29 or 30 stay.
    assertTrue(lengths.contains(LENGTH), lengths.toString());
    assertTrue(examples.sequencesPerPass() <= 4, "sequences " + examples.sequencesPerPass());
  }

  /** L60-79: A may take 14 of 32; of a long line, which begins B, the short one behind it fits. */
  @Test
  void aShortLineJoinsTheFirstSegmentAlsoAfterTheSecondHasBegun() throws IOException {
    String document = "a ".repeat(4) + '\n' + "b ".repeat(20) + '\n' + "c ".repeat(5) + "\n\n";
    List<TokenShard> shards = shards(document.repeat(400));
    PaddedExamples examples = new PaddedExamples(shards, vocabulary, LENGTH, 1);
    Map<String, Integer> seen = new TreeMap<>();
    for (long sample = 0; sample < examples.sequencesPerPass(); sample++) {
      seen.merge(text(pack(examples, sample, new long[LENGTH])), 1, Integer::sum);
    }
    String split = "[CLS] " + "a ".repeat(4) + "c ".repeat(5) + "[SEP] " + "b ".repeat(20);
    // Nine in ten have two segments; the coin gives the long line to either one.
    assertEquals(0.9 / 2, seen.getOrDefault(split + "[SEP]", 0) / 400.0, 0.1, seen.toString());
  }

  private String text(List<Long> ids) {
    return ids.subList(0, ids.lastIndexOf((long) vocabulary.sepId()) + 1).stream()
        .map(id -> vocabulary.piece(id.intValue()))
        .collect(Collectors.joining(" "));
  }

  @Test
  void examplesAreAPureFunctionOfSeedAndSample() throws IOException {
    List<TokenShard> shards = shards(letters());
    PaddedExamples one = new PaddedExamples(shards, vocabulary, LENGTH, 1);
    PaddedExamples again = new PaddedExamples(shards, vocabulary, LENGTH, 1);
    PaddedExamples other = new PaddedExamples(shards, vocabulary, LENGTH, 2);
    long pass = one.sequencesPerPass();
    boolean differs = false;
    for (long sample = 0; sample < 50; sample++) {
      long[] types = new long[LENGTH];
      long[] typesAgain = new long[LENGTH];
      List<Long> ids = pack(one, sample, types);
      assertEquals(ids, pack(again, sample, typesAgain));
      assertArrayEquals(types, typesAgain);
      differs |= !ids.equals(pack(other, sample, new long[LENGTH]));
    }
    assertTrue(differs);
    assertFalse(
        pack(one, 0, new long[LENGTH]).equals(pack(one, pass, new long[LENGTH]))
            && pack(one, 1, new long[LENGTH]).equals(pack(one, pass + 1, new long[LENGTH])),
        "another order in the next pass");
  }

  /** google-research/electra: 5 % of the targets are shorter, so most sequences are full. */
  @Test
  void longDocumentsGiveMostlyFullSequences() throws IOException {
    String line = "the bank card money rain\n";
    PaddedExamples examples =
        new PaddedExamples(shards(line.repeat(20_000)), vocabulary, LENGTH, 3);
    int full = 0;
    int count = (int) examples.sequencesPerPass();
    for (long sample = 0; sample < count; sample++) {
      List<Long> ids = pack(examples, sample, new long[LENGTH]);
      full += ids.get(LENGTH - 1) == vocabulary.padId() ? 0 : 1;
    }
    // Of the twentieth with a target below 32, those of 31 and 32 gather as many lines.
    assertEquals(0.95, (double) full / count, 0.02);
  }
}
