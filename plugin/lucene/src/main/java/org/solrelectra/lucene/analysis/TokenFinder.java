package org.solrelectra.lucene.analysis;

import java.util.List;
import java.util.Map;

/**
 * Finds tokens in a text: of several that start at one place the longest.
 *
 * <p>Immutable; threads may share it.
 */
final class TokenFinder {
  /** No token starts here. */
  static final int NONE = PieceTrie.NONE;

  private final PieceTrie trie;
  private final int longest;

  /**
   * @param ids the id of each token
   */
  TokenFinder(Map<String, Integer> ids) {
    this.trie = new PieceTrie(List.copyOf(ids.keySet()), ids::get);
    this.longest = ids.keySet().stream().mapToInt(String::length).max().orElse(0);
  }

  boolean isEmpty() {
    return longest == 0;
  }

  /** Returns the longest token's length in UTF-16 units. */
  int longest() {
    return longest;
  }

  /** Returns where the longest token that starts at {@code at} ends, or {@link #NONE}. */
  int endAt(CharSequence text, int at) {
    int state = PieceTrie.ROOT;
    int end = NONE;
    for (int i = at; i < text.length(); i++) {
      state = trie.child(state, text.charAt(i));
      if (state == PieceTrie.NONE) {
        return end;
      }
      if (trie.id(state) != PieceTrie.NONE) {
        end = i + 1;
      }
    }
    return end;
  }

  /** Returns the index behind the longest token that starts at code point {@code at}. */
  int endAt(NormalizedText text, int at) {
    int state = PieceTrie.ROOT;
    int end = NONE;
    for (int i = at; i < text.length(); i++) {
      int codePoint = text.codePoint(i);
      if (Character.isSupplementaryCodePoint(codePoint)) {
        state = trie.child(state, Character.highSurrogate(codePoint));
        if (state != PieceTrie.NONE) {
          state = trie.child(state, Character.lowSurrogate(codePoint));
        }
      } else {
        state = trie.child(state, (char) codePoint);
      }
      if (state == PieceTrie.NONE) {
        return end;
      }
      if (trie.id(state) != PieceTrie.NONE) {
        end = i + 1;
      }
    }
    return end;
  }

  /** Returns the id of a token. */
  int id(CharSequence token) {
    return trie.id(trie.walk(PieceTrie.ROOT, token));
  }
}
