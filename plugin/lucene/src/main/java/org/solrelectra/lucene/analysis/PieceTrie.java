package org.solrelectra.lucene.analysis;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.ToIntFunction;
import org.solrelectra.lucene.model.Vocabulary;

/**
 * The pieces of a vocabulary as a double-array trie over UTF-16 units: state s has a child for
 * symbol c in cell {@code base[s] + c} if {@code check} of that cell is s (Aoe 1989).
 *
 * <p>Immutable; threads may share it.
 */
final class PieceTrie {
  /** The state that no character leads to. */
  static final int NONE = -1;

  static final int ROOT = 0;

  private static final int FREE = -1;
  private static final int LARGEST_START = 1 << 16;
  private static final int LONGEST_PIECE =
      2 * NormalizedWord.LONGEST + Vocabulary.CONTINUATION_PREFIX.length();

  private final char[] symbols = new char[Character.MAX_VALUE + 1];
  private int[] base;
  private int[] check;
  private int[] ids;
  private int firstFree = 1;
  private int symbolCount;

  /** Makes the trie of what words are cut into. */
  PieceTrie(Vocabulary vocabulary) {
    // No word is longer, so no longer piece is ever found.
    this(
        vocabulary.wordPieces().stream().filter(piece -> piece.length() <= LONGEST_PIECE).toList(),
        vocabulary::id);
  }

  /**
   * Makes a trie of any texts; the empty ones are left out.
   *
   * @param id what each text stands for
   */
  PieceTrie(List<String> texts, ToIntFunction<String> id) {
    int cells = Math.min(LARGEST_START, Integer.highestOneBit(16 * texts.size() + 64));
    this.base = new int[cells];
    this.check = new int[cells];
    this.ids = new int[cells];
    Arrays.fill(check, FREE);
    Arrays.fill(ids, NONE);
    check[ROOT] = ROOT;
    List<char[]> pieces = new ArrayList<>(texts.size());
    for (String piece : texts) {
      if (!piece.isEmpty()) {
        pieces.add(encode(piece));
      }
    }
    ensureCell(symbolCount + 1);
    char[][] sorted = pieces.toArray(char[][]::new);
    Arrays.sort(sorted, Arrays::compare);
    insert(ROOT, sorted, 0, sorted.length, 0);
    for (String piece : texts) {
      int state = walk(ROOT, piece);
      if (!piece.isEmpty()) {
        ids[state] = id.applyAsInt(piece);
      }
    }
  }

  /** Replaces characters by dense symbols from 1 on, so that the arrays stay small. */
  private char[] encode(String piece) {
    char[] encoded = new char[piece.length()];
    for (int i = 0; i < encoded.length; i++) {
      char c = piece.charAt(i);
      if (symbols[c] == 0) {
        symbols[c] = (char) ++symbolCount;
      }
      encoded[i] = symbols[c];
    }
    return encoded;
  }

  private void insert(int state, char[][] sorted, int from, int to, int depth) {
    int first = from;
    while (first < to && sorted[first].length == depth) {
      first++;
    }
    if (first == to) {
      return;
    }
    int children = 0;
    char[] symbolsHere = new char[Math.min(to - first, symbolCount)];
    int[] starts = new int[symbolsHere.length + 1];
    for (int i = first; i < to; i++) {
      char symbol = sorted[i][depth];
      if (children == 0 || symbolsHere[children - 1] != symbol) {
        starts[children] = i;
        symbolsHere[children++] = symbol;
      }
    }
    starts[children] = to;
    int offset = findBase(symbolsHere, children);
    base[state] = offset;
    for (int i = 0; i < children; i++) {
      check[offset + symbolsHere[i]] = state;
    }
    while (check[firstFree] != FREE) {
      firstFree++;
      ensureCell(firstFree);
    }
    for (int i = 0; i < children; i++) {
      insert(offset + symbolsHere[i], sorted, starts[i], starts[i + 1], depth + 1);
    }
  }

  private int findBase(char[] symbolsHere, int children) {
    for (int cell = Math.max(firstFree, symbolsHere[0]); ; cell++) {
      int offset = cell - symbolsHere[0];
      ensureCell(offset + symbolCount + 1);
      int i = 0;
      while (i < children && check[offset + symbolsHere[i]] == FREE) {
        i++;
      }
      if (i == children) {
        return offset;
      }
    }
  }

  private void ensureCell(int cell) {
    if (cell >= check.length) {
      int old = check.length;
      int size = Math.max(cell + 1, old * 2);
      base = Arrays.copyOf(base, size);
      check = Arrays.copyOf(check, size);
      ids = Arrays.copyOf(ids, size);
      Arrays.fill(check, old, size, FREE);
      Arrays.fill(ids, old, size, NONE);
    }
  }

  /** Returns the state after one more character, or {@link #NONE} if no piece goes on so. */
  int child(int state, char c) {
    int symbol = symbols[c];
    int cell = base[state] + symbol;
    return symbol != 0 && check[cell] == state ? cell : NONE;
  }

  /** Returns the state after a text, or {@link #NONE}. */
  int walk(int state, CharSequence text) {
    int at = state;
    for (int i = 0; i < text.length() && at != NONE; i++) {
      at = child(at, text.charAt(i));
    }
    return at;
  }

  /** Returns the id of the piece that ends in this state, or {@link #NONE}. */
  int id(int state) {
    return ids[state];
  }
}
