package org.solrelectra.training.vocabulary;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Set;
import java.util.TreeMap;
import org.solrelectra.lucene.model.Vocabulary;

/**
 * Learns a WordPiece vocabulary: starts from the characters and joins the pair of pieces that is
 * seen most often, again and again (byte-pair merges, as Hugging Face's WordPieceTrainer does).
 *
 * <p>Deterministic: equal counts are decided by the pieces' ids, and the order of the corpus does
 * not matter.
 */
public final class WordPieceTrainer {
  private final int size;
  private final double alphabetCoverage;
  private final long minFrequency;

  private final List<String> pieces = new ArrayList<>();
  private final Map<String, Integer> ids = new HashMap<>();
  private int[][] words;
  private long[] counts;
  private long leftToUnknown;
  private final Map<Long, Pair> pairs = new HashMap<>();
  private final PriorityQueue<Candidate> queue =
      new PriorityQueue<>(
          Comparator.comparingLong((Candidate candidate) -> -candidate.count)
              .thenComparingLong(candidate -> candidate.key));

  private static final class Pair {
    private long count;
    private int[] positions = new int[2];
    private int positionCount;

    void addPosition(int word) {
      if (positionCount > 0 && positions[positionCount - 1] == word) {
        return;
      }
      if (positionCount == positions.length) {
        positions = Arrays.copyOf(positions, positionCount * 2);
      }
      positions[positionCount++] = word;
    }
  }

  private record Candidate(long key, long count) {}

  /**
   * @param size how many pieces to learn at most, the five special tokens included
   * @param alphabetCoverage the share of all characters that the alphabet must cover, in (0, 1];
   *     rarer characters are left to [UNK]
   * @param minFrequency how often two pieces must stand side by side to be joined, at least 1
   */
  public WordPieceTrainer(int size, double alphabetCoverage, long minFrequency) {
    if (size < 100) {
      throw new IllegalArgumentException("size must be at least 100; size=" + size);
    }
    if (!(alphabetCoverage > 0 && alphabetCoverage <= 1)) {
      throw new IllegalArgumentException(
          "alphabetCoverage must be in (0, 1]; alphabetCoverage=" + alphabetCoverage);
    }
    this.size = size;
    if (minFrequency < 1) {
      throw new IllegalArgumentException(
          "minFrequency must be at least 1; minFrequency=" + minFrequency);
    }
    this.alphabetCoverage = alphabetCoverage;
    this.minFrequency = minFrequency;
  }

  /**
   * Returns the pieces in the order of their ids: special tokens, characters, then joined pieces in
   * the order they were learned. Fewer than asked for if the words are spent before.
   *
   * @throws IllegalArgumentException if the alphabet alone is larger than the vocabulary
   */
  public List<String> train(WordCounts wordCounts) {
    List<WordCounts.Counted> all = wordCounts.sorted();
    Vocabulary.specialTokens().forEach(this::idOf);
    addAlphabet(all);
    if (pieces.size() > size) {
      throw new IllegalArgumentException(
          "size must hold the alphabet of "
              + pieces.size()
              + " pieces; size="
              + size
              + "; raise it or lower the alphabet coverage");
    }
    splitIntoCharacters(all);
    for (int word = 0; word < words.length; word++) {
      for (int i = 0; i + 1 < words[word].length; i++) {
        Pair pair = pairs.computeIfAbsent(key(words[word][i], words[word][i + 1]), k -> new Pair());
        pair.count += counts[word];
        pair.addPosition(word);
      }
    }
    pairs.forEach((key, pair) -> queue.add(new Candidate(key, pair.count)));
    while (pieces.size() < size && !queue.isEmpty()) {
      Candidate candidate = queue.poll();
      Pair pair = pairs.get(candidate.key);
      if (pair == null) {
        continue;
      }
      if (pair.count != candidate.count) {
        if (pair.count >= minFrequency) {
          queue.add(new Candidate(candidate.key, pair.count));
        }
      } else if (pair.count >= minFrequency) {
        join(candidate.key, pair);
      }
    }
    return List.copyOf(pieces);
  }

  /**
   * Returns how many of the words that the last vocabulary was learned from it leaves to [UNK],
   * because they have characters outside its alphabet.
   */
  public long leftToUnknown() {
    return leftToUnknown;
  }

  private int idOf(String piece) {
    return ids.computeIfAbsent(
        piece,
        p -> {
          pieces.add(p);
          return pieces.size() - 1;
        });
  }

  private void addAlphabet(List<WordCounts.Counted> all) {
    TreeMap<Integer, Long> characterCounts = new TreeMap<>();
    long total = 0;
    for (WordCounts.Counted counted : all) {
      total += counted.count() * counted.word().codePointCount(0, counted.word().length());
      counted
          .word()
          .codePoints()
          .forEach(c -> characterCounts.merge(c, counted.count(), Long::sum));
    }
    List<Map.Entry<Integer, Long>> byCount = new ArrayList<>(characterCounts.entrySet());
    byCount.sort(
        Map.Entry.<Integer, Long>comparingByValue()
            .reversed()
            .thenComparing(Map.Entry.comparingByKey()));
    Set<Integer> alphabet = new HashSet<>();
    long covered = 0;
    for (Map.Entry<Integer, Long> entry : byCount) {
      if (covered >= alphabetCoverage * total) {
        break;
      }
      alphabet.add(entry.getKey());
      covered += entry.getValue();
    }
    List<String> initial = new ArrayList<>();
    List<String> continuing = new ArrayList<>();
    Set<String> seen = new HashSet<>();
    for (WordCounts.Counted counted : all) {
      String word = counted.word();
      for (int at = 0; at < word.length(); at += Character.charCount(word.codePointAt(at))) {
        int c = word.codePointAt(at);
        String piece = (at == 0 ? "" : Vocabulary.CONTINUATION_PREFIX) + Character.toString(c);
        if (alphabet.contains(c) && seen.add(piece)) {
          (at == 0 ? initial : continuing).add(piece);
        }
      }
    }
    initial.stream().sorted().forEach(this::idOf);
    continuing.stream().sorted().forEach(this::idOf);
  }

  /** Words with a character outside the alphabet become [UNK] and teach nothing. */
  private void splitIntoCharacters(List<WordCounts.Counted> all) {
    List<int[]> split = new ArrayList<>(all.size());
    long[] splitCounts = new long[all.size()];
    for (WordCounts.Counted counted : all) {
      int[] codePoints = counted.word().codePoints().toArray();
      int[] word = new int[codePoints.length];
      boolean known = true;
      for (int i = 0; i < word.length && known; i++) {
        String piece =
            (i == 0 ? "" : Vocabulary.CONTINUATION_PREFIX) + Character.toString(codePoints[i]);
        Integer id = ids.get(piece);
        known = id != null;
        word[i] = known ? id : 0;
      }
      if (known) {
        splitCounts[split.size()] = counted.count();
        split.add(word);
      } else {
        leftToUnknown += counted.count();
      }
    }
    words = split.toArray(int[][]::new);
    counts = splitCounts;
  }

  private static long key(int left, int right) {
    return ((long) left << 32) | right;
  }

  private void join(long key, Pair pair) {
    int left = (int) (key >>> 32);
    int right = (int) key;
    int joined =
        idOf(
            pieces.get(left)
                + pieces.get(right).substring(Vocabulary.CONTINUATION_PREFIX.length()));
    pairs.remove(key);
    Set<Long> grown = new HashSet<>();
    int[] positions = Arrays.copyOf(pair.positions, pair.positionCount);
    Arrays.sort(positions);
    int previous = -1;
    for (int word : positions) {
      if (word != previous) {
        joinIn(word, left, right, joined, grown);
        previous = word;
      }
    }
    for (long grownKey : grown) {
      queue.add(new Candidate(grownKey, pairs.get(grownKey).count));
    }
  }

  private void joinIn(int word, int left, int right, int joined, Set<Long> grown) {
    int[] old = words[word];
    int[] fresh = new int[old.length];
    int length = 0;
    boolean changed = false;
    for (int i = 0; i < old.length; i++) {
      if (i + 1 < old.length && old[i] == left && old[i + 1] == right) {
        fresh[length++] = joined;
        i++;
        changed = true;
      } else {
        fresh[length++] = old[i];
      }
    }
    if (!changed) {
      return;
    }
    long amount = counts[word];
    for (int i = 0; i + 1 < old.length; i++) {
      Pair pair = pairs.get(key(old[i], old[i + 1]));
      if (pair != null) {
        pair.count -= amount;
      }
    }
    words[word] = Arrays.copyOf(fresh, length);
    for (int i = 0; i + 1 < length; i++) {
      Pair pair = pairs.computeIfAbsent(key(fresh[i], fresh[i + 1]), k -> new Pair());
      pair.count += amount;
      if (fresh[i] == joined || fresh[i + 1] == joined) {
        pair.addPosition(word);
        grown.add(key(fresh[i], fresh[i + 1]));
      }
    }
  }
}
