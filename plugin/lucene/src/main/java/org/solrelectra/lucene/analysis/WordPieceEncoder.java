package org.solrelectra.lucene.analysis;

import org.solrelectra.lucene.model.TokenizerConfig;
import org.solrelectra.lucene.model.Vocabulary;

/**
 * Turns text into WordPiece ids with offsets, in one pass: normalise, split into words, cut each
 * word into the longest pieces from its start (Wu et al. 2016, section 4.1). The result equals
 * Hugging Face's fast {@code BertTokenizer}, token for token and offset for offset.
 *
 * <p>Adds no {@code [CLS]} or {@code [SEP]}. Immutable; threads may share it.
 */
public final class WordPieceEncoder {

  /** What a literal special token in the text, such as {@code [SEP]}, means. */
  public enum SpecialTokens {
    /** It is text as any other: the safe reading of documents and queries. */
    AS_TEXT,
    /** It becomes the one special id, as Hugging Face's tokenizers do by default. */
    HONOURED
  }

  private final Vocabulary vocabulary;
  private final WordSplitter splitter;
  private final ShortWords shortWords;
  private final PieceTrie trie;
  private final int continuation;
  private final int unknownId;

  public WordPieceEncoder(Vocabulary vocabulary, TokenizerConfig config) {
    this.vocabulary = vocabulary;
    this.splitter = new WordSplitter(config);
    this.shortWords = new ShortWords(vocabulary);
    this.trie = new PieceTrie(vocabulary);
    this.continuation = trie.walk(PieceTrie.ROOT, Vocabulary.CONTINUATION_PREFIX);
    this.unknownId = vocabulary.unknownId();
  }

  public Vocabulary vocabulary() {
    return vocabulary;
  }

  /** Replaces what {@code pieces} holds by the pieces of {@code text}. */
  public void encode(CharSequence text, SpecialTokens specialTokens, WordPieces pieces) {
    encode(text, specialTokens, Integer.MAX_VALUE, pieces);
  }

  /**
   * Replaces what {@code pieces} holds by the first {@code limit} pieces of {@code text}; reads no
   * further than the word that reaches the limit, so that a text of any length costs no more.
   */
  public void encode(CharSequence text, SpecialTokens specialTokens, int limit, WordPieces pieces) {
    pieces.clear();
    switch (specialTokens) {
      case AS_TEXT -> encodePlain(text, 0, text.length(), limit, pieces);
      case HONOURED -> encodeHonouring(text, limit, pieces);
    }
    pieces.truncate(limit);
  }

  /**
   * Says whether a text has a piece, be it an unknown one. White space, control and format
   * characters and what stripping accents leaves of a lone accent have none, which {@link
   * String#isBlank()} does not know: such a text tells a network nothing. Reads no further than the
   * first word.
   */
  public boolean hasPieces(CharSequence text) {
    return !splitter.split(text, 0, text.length(), new NormalizedWord(), word -> false);
  }

  private void encodeHonouring(CharSequence text, int limit, WordPieces pieces) {
    int from = 0;
    for (int at = 0; at < text.length() && pieces.size() < limit; at++) {
      String special = text.charAt(at) == '[' ? specialTokenAt(text, at) : null;
      if (special != null) {
        encodePlain(text, from, at, limit, pieces);
        pieces.add(vocabulary.id(special), at, at + special.length());
        from = at + special.length();
        at = from - 1;
      }
    }
    encodePlain(text, from, text.length(), limit, pieces);
  }

  private static String specialTokenAt(CharSequence text, int at) {
    for (String special : Vocabulary.specialTokens()) {
      int end = at + special.length();
      if (end <= text.length() && CharSequence.compare(special, text.subSequence(at, end)) == 0) {
        return special;
      }
    }
    return null;
  }

  private void encodePlain(CharSequence text, int from, int to, int limit, WordPieces pieces) {
    if (pieces.size() < limit) {
      splitter.split(
          text,
          from,
          to,
          pieces.word,
          word -> {
            cut(word, pieces);
            return pieces.size() < limit;
          });
    }
  }

  /** Longest match first, left to right; a word with a rest that no piece matches is unknown. */
  private void cut(NormalizedWord word, WordPieces pieces) {
    if (word.isTooLong()) {
      pieces.add(unknownId, word.start(), word.end());
      return;
    }
    int whole = shortWords.id(word.key());
    if (whole != ShortWords.NONE) {
      pieces.add(whole, word.start(), word.end());
      return;
    }
    int sizeBefore = pieces.size();
    int length = word.length();
    int at = 0;
    int root = PieceTrie.ROOT;
    while (at < length) {
      int state = root;
      int id = PieceTrie.NONE;
      int end = at;
      for (int i = at; i < length && state != PieceTrie.NONE; i++) {
        state = trie.child(state, word.charAt(i));
        if (state != PieceTrie.NONE && trie.id(state) != PieceTrie.NONE) {
          id = trie.id(state);
          end = i + 1;
        }
      }
      if (id == PieceTrie.NONE) {
        pieces.truncate(sizeBefore);
        pieces.add(unknownId, word.start(), word.end());
        return;
      }
      pieces.add(id, word.start(at), word.end(end - 1));
      at = end;
      root = continuation;
    }
  }
}
