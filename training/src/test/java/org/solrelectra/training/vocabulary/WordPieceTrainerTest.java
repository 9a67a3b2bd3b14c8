package org.solrelectra.training.vocabulary;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.solrelectra.lucene.analysis.WordPieceEncoder;
import org.solrelectra.lucene.analysis.WordPieceEncoder.SpecialTokens;
import org.solrelectra.lucene.analysis.WordPieces;
import org.solrelectra.lucene.model.TokenizerConfig;
import org.solrelectra.lucene.model.Vocabulary;
import org.solrelectra.training.SmallCorpus;
import org.solrelectra.training.random.KeyedRandom;
import org.solrelectra.training.random.KeyedRandom.Purpose;

class WordPieceTrainerTest {
  @TempDir private Path folder;

  private static List<String> train(List<String> lines, int size, double coverage) {
    WordCounts counts = new WordCounts(TokenizerConfig.bert(true, 128));
    lines.forEach(counts::add);
    return new WordPieceTrainer(size, coverage, 2).train(counts);
  }

  private static List<String> randomWords(int count) {
    KeyedRandom random = new KeyedRandom(3, Purpose.SHUFFLE, 0);
    List<String> lines = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      StringBuilder word = new StringBuilder();
      for (int length = 2 + random.nextInt(6); length > 0; length--) {
        word.append((char) ('a' + random.nextInt(26) * random.nextInt(26) / 26));
      }
      lines.add(word.toString());
    }
    return lines;
  }

  @Test
  void theSizeIsExactAndSpecialTokensComeFirst() {
    for (int size : new int[] {100, 150, 1000}) {
      List<String> pieces = train(randomWords(5000), size, 1);
      assertEquals(size, pieces.size());
      assertEquals(size, new HashSet<>(pieces).size(), "each piece stands once");
      assertEquals(Vocabulary.specialTokens(), pieces.subList(0, 5));
    }
  }

  @Test
  void theOrderOfTheCorpusDoesNotMatter() {
    List<String> words = randomWords(3000);
    List<String> pieces = train(words, 400, 1);
    List<String> shuffled = new ArrayList<>(words);
    Collections.shuffle(shuffled, new Random(1));
    assertEquals(pieces, train(shuffled, 400, 1));
    assertEquals(pieces, train(words, 400, 1));
    assertEquals(pieces.subList(0, 200), train(words, 200, 1), "a smaller one is its beginning");
  }

  /** By hand: ab is seen 5 times, cb 4, abc 3, xb and bc twice; equal counts go by the ids. */
  @Test
  void theMostFrequentPairIsJoinedFirst() {
    List<String> pieces = train(List.of("abc abc abc", "ab ab", "cb cb cb cb", "xbc xbc"), 100, 1);
    assertEquals(
        List.of("a", "c", "x", "##b", "##c", "ab", "cb", "abc", "xb", "xbc"),
        pieces.subList(5, pieces.size()));
  }

  @Test
  void everyCharacterIsCovered() throws IOException {
    Path text = SmallCorpus.writeText(folder, 200);
    List<String> lines = Files.readAllLines(text);
    Vocabulary vocabulary = Vocabulary.of(train(lines, 150, 1), "learned");
    WordPieceEncoder encoder = new WordPieceEncoder(vocabulary, TokenizerConfig.bert(true, 128));
    WordPieces pieces = new WordPieces();
    for (String line : lines) {
      encoder.encode(line, SpecialTokens.AS_TEXT, pieces);
      for (int i = 0; i < pieces.size(); i++) {
        assertTrue(pieces.id(i) != vocabulary.unknownId(), line);
      }
    }
  }

  @Test
  void rareCharactersAreLeftOutBelowFullCoverage() {
    List<String> lines = new ArrayList<>(Collections.nCopies(1000, "abab"));
    lines.add("aβ");
    assertTrue(train(lines, 100, 1).contains("##β"));
    List<String> covered = train(lines, 100, 0.999);
    assertTrue(covered.stream().noneMatch(piece -> piece.contains("β")), covered.toString());
    assertTrue(covered.contains("abab"), covered.toString());
  }

  @Test
  void fewWordsGiveFewPieces() {
    List<String> pieces = train(List.of("aa aa"), 100, 1);
    assertEquals(List.of("a", "##a", "aa"), pieces.subList(5, pieces.size()));
  }

  @Test
  void theAlphabetMustFit() {
    StringBuilder many = new StringBuilder();
    for (int c = 0x4e00; c < 0x4e00 + 200; c++) {
      many.append((char) c);
    }
    assertEquals(
        "size must hold the alphabet of 205 pieces; size=100; raise it or lower the alphabet"
            + " coverage",
        assertThrows(IllegalArgumentException.class, () -> train(List.of(many.toString()), 100, 1))
            .getMessage());
    assertEquals(
        "size must be at least 100; size=99",
        assertThrows(IllegalArgumentException.class, () -> new WordPieceTrainer(99, 1, 2))
            .getMessage());
    assertEquals(
        "alphabetCoverage must be in (0, 1]; alphabetCoverage=0.0",
        assertThrows(IllegalArgumentException.class, () -> new WordPieceTrainer(100, 0, 2))
            .getMessage());
    assertEquals(
        "minFrequency must be at least 1; minFrequency=0",
        assertThrows(IllegalArgumentException.class, () -> new WordPieceTrainer(100, 1, 0))
            .getMessage());
  }

  /** Of the words of the example above, ab and cb stand 4 times and more, abc 3, xb twice. */
  @Test
  void rarePairsAreLeftApart() {
    WordCounts counts = new WordCounts(TokenizerConfig.bert(true, 128));
    List.of("abc abc abc", "ab ab", "cb cb cb cb", "xbc xbc").forEach(counts::add);
    assertEquals(
        List.of("a", "c", "x", "##b", "##c", "ab", "cb", "abc"),
        new WordPieceTrainer(100, 1, 3).train(counts).subList(5, 13));
    assertEquals(13, new WordPieceTrainer(100, 1, 3).train(counts).size());
    assertEquals(12, new WordPieceTrainer(100, 1, 4).train(counts).size());
  }

  /** The fast way, with its queue and its places, against one that counts anew each time. */
  @Test
  void joinsAreThoseOfCountingAnew() {
    List<String> words = randomWords(400);
    assertEquals(countingAnew(words, 180), train(words, 180, 1));
  }

  private static List<String> countingAnew(List<String> words, int size) {
    List<String> pieces = new ArrayList<>(train(words, 100, 1));
    java.util.TreeSet<String> initial = new java.util.TreeSet<>();
    java.util.TreeSet<String> continuing = new java.util.TreeSet<>();
    List<List<String>> split = new ArrayList<>();
    for (String word : words) {
      List<String> parts = new ArrayList<>();
      for (int i = 0; i < word.length(); i++) {
        parts.add((i == 0 ? "" : "##") + word.charAt(i));
        (i == 0 ? initial : continuing).add(parts.get(i));
      }
      split.add(parts);
    }
    pieces.subList(5, pieces.size()).clear();
    pieces.addAll(initial);
    pieces.addAll(continuing);
    while (pieces.size() < size) {
      java.util.Map<List<Integer>, Integer> counts = new java.util.HashMap<>();
      for (List<String> parts : split) {
        for (int i = 0; i + 1 < parts.size(); i++) {
          List<Integer> pair =
              List.of(pieces.indexOf(parts.get(i)), pieces.indexOf(parts.get(i + 1)));
          counts.merge(pair, 1, Integer::sum);
        }
      }
      List<Integer> best =
          counts.entrySet().stream()
              .min(
                  java.util.Comparator.comparing(
                          (java.util.Map.Entry<List<Integer>, Integer> e) -> -e.getValue())
                      .thenComparing(e -> e.getKey().get(0))
                      .thenComparing(e -> e.getKey().get(1)))
              .orElseThrow()
              .getKey();
      String left = pieces.get(best.get(0));
      String right = pieces.get(best.get(1));
      String joined = left + right.substring(2);
      if (!pieces.contains(joined)) {
        pieces.add(joined);
      }
      for (List<String> parts : split) {
        for (int i = 0; i + 1 < parts.size(); i++) {
          if (parts.get(i).equals(left) && parts.get(i + 1).equals(right)) {
            parts.set(i, joined);
            parts.remove(i + 1);
          }
        }
      }
    }
    return pieces;
  }
}
