package org.solrelectra.lucene.analysis;

import java.util.HashMap;
import java.util.Map;
import org.solrelectra.lucene.model.AddedToken;
import org.solrelectra.lucene.model.TokenizerConfig;
import org.solrelectra.lucene.model.Vocabulary;

/**
 * Turns text into WordPiece ids with offsets, in one pass: normalise, split into words, cut each
 * word into the longest pieces from its start (Wu et al. 2016, section 4.1). The result equals
 * Hugging Face's fast {@code BertTokenizer}, token for token and offset for offset. Tokens that
 * were added to the vocabulary are found before that, wherever they stand; white space beside them
 * is never a part of them, as it may be there.
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

  /** Code points that are normalised at once where tokens are looked for in the outcome. */
  private static final int NORMALIZED_TOGETHER = 1 << 10;

  private final Vocabulary vocabulary;
  private final WordSplitter splitter;
  private final ShortWords shortWords;
  private final PieceTrie trie;
  private final int continuation;
  private final int unknownId;

  // Added tokens that are looked for in the text as it is, without and with the special ones, and
  // in the normalised text.
  private final TokenFinder added;
  private final TokenFinder addedAndSpecial;
  private final TokenFinder addedNormalized;

  public WordPieceEncoder(Vocabulary vocabulary, TokenizerConfig config) {
    this.vocabulary = vocabulary;
    this.splitter = new WordSplitter(config);
    this.shortWords = new ShortWords(vocabulary);
    this.trie = new PieceTrie(vocabulary);
    this.continuation = trie.walk(PieceTrie.ROOT, Vocabulary.CONTINUATION_PREFIX);
    this.unknownId = vocabulary.unknownId();
    Map<String, Integer> asTheyAre = new HashMap<>();
    Map<String, Integer> normalized = new HashMap<>();
    for (AddedToken token : vocabulary.addedTokens()) {
      (token.isNormalized() ? normalized : asTheyAre)
          .put(token.isNormalized() ? normalized(token.content()) : token.content(), token.id());
    }
    this.added = new TokenFinder(asTheyAre);
    for (String special : vocabulary.specialTokenNames().all()) {
      asTheyAre.put(special, vocabulary.id(special));
    }
    this.addedAndSpecial = new TokenFinder(asTheyAre);
    this.addedNormalized = new TokenFinder(normalized);
  }

  private String normalized(String content) {
    NormalizedText text = new NormalizedText();
    splitter.normalize(content, 0, content.length(), Integer.MAX_VALUE, text);
    return text.toString();
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
    encodeAround(
        specialTokens == SpecialTokens.AS_TEXT ? added : addedAndSpecial, text, limit, pieces);
    pieces.truncate(limit);
  }

  /**
   * Says whether a text has a piece, be it an unknown one. White space, control and format
   * characters and what stripping accents leaves of a lone accent have none, which {@link
   * String#isBlank()} does not know: such a text tells a network nothing. Reads no further than the
   * first word.
   */
  public boolean hasPieces(CharSequence text) {
    if (added.isEmpty() && addedNormalized.isEmpty()) {
      return !splitter.split(text, 0, text.length(), new NormalizedWord(), word -> false);
    }
    WordPieces pieces = new WordPieces();
    encode(text, SpecialTokens.AS_TEXT, 1, pieces);
    return pieces.size() > 0;
  }

  /** Encodes what stands between the tokens that are found in the text as it is. */
  private void encodeAround(TokenFinder tokens, CharSequence text, int limit, WordPieces pieces) {
    int from = 0;
    for (int at = 0; !tokens.isEmpty() && at < text.length() && pieces.size() < limit; at++) {
      int end = tokens.endAt(text, at);
      if (end != TokenFinder.NONE) {
        encodePart(text, from, at, limit, pieces);
        pieces.add(tokens.id(text.subSequence(at, end)), at, end);
        from = end;
        at = end - 1;
      }
    }
    encodePart(text, from, text.length(), limit, pieces);
  }

  private void encodePart(CharSequence text, int from, int to, int limit, WordPieces pieces) {
    if (pieces.size() >= limit) {
      return;
    }
    if (!addedNormalized.isEmpty()) {
      encodeNormalized(text, from, to, limit, pieces);
      return;
    }
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

  /** Looks for tokens in the normalised text, and cuts the words between them. */
  private void encodeNormalized(CharSequence text, int from, int to, int limit, WordPieces pieces) {
    NormalizedText normalized = new NormalizedText();
    NormalizedWord word = pieces.word;
    word.clear();
    int rest = from;
    int at = 0;
    while (pieces.size() < limit) {
      if (rest < to && normalized.length() - at <= addedNormalized.longest()) {
        normalized.drop(at);
        at = 0;
        rest = splitter.normalize(text, rest, to, NORMALIZED_TOGETHER, normalized);
        continue;
      }
      if (at == normalized.length()) {
        flush(word, pieces);
        return;
      }
      int end = addedNormalized.endAt(normalized, at);
      if (end != TokenFinder.NONE) {
        flush(word, pieces);
        StringBuilder token = new StringBuilder();
        for (int i = at; i < end; i++) {
          token.appendCodePoint(normalized.codePoint(i));
        }
        pieces.add(addedNormalized.id(token), normalized.start(at), normalized.end(end - 1));
        at = end;
        continue;
      }
      byte kind = normalized.kind(at);
      if (kind != NormalizedText.WORD) {
        flush(word, pieces);
      }
      if (kind != NormalizedText.SPACE) {
        word.append(normalized.codePoint(at), normalized.start(at), normalized.end(at));
      }
      if (kind == NormalizedText.PUNCTUATION) {
        flush(word, pieces);
      }
      at++;
    }
    word.clear();
  }

  private void flush(NormalizedWord word, WordPieces pieces) {
    if (!word.isEmpty()) {
      cut(word, pieces);
      word.clear();
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
