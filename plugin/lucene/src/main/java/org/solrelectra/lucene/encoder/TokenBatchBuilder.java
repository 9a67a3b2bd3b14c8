package org.solrelectra.lucene.encoder;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;
import org.solrelectra.lucene.analysis.WordPieceEncoder;
import org.solrelectra.lucene.analysis.WordPieceEncoder.SpecialTokens;
import org.solrelectra.lucene.analysis.WordPieces;
import org.solrelectra.lucene.model.ModelDirectory;
import org.solrelectra.lucene.model.TokenizerConfig;
import org.solrelectra.lucene.model.Truncation;
import org.solrelectra.lucene.model.Vocabulary;

/**
 * Texts and pairs of texts to sequences: {@code [CLS] text [SEP]} or {@code [CLS] query [SEP]
 * passage [SEP]}, cut to the model's longest sequence.
 *
 * <p>Immutable; threads may share it.
 */
public final class TokenBatchBuilder {
  private static final int SPECIAL_TOKENS_OF_TEXT = 2;
  private static final int SPECIAL_TOKENS_OF_PAIR = 3;

  private final WordPieceEncoder wordPieces;
  private final int maxLength;
  private final Truncation truncation;
  private final int passageType;

  /** Makes a builder of BERT's pairs, whose second text has token type 1. */
  public TokenBatchBuilder(
      Vocabulary vocabulary, TokenizerConfig config, int maxLength, Truncation truncation) {
    this(vocabulary, config, maxLength, truncation, 1);
  }

  private TokenBatchBuilder(
      Vocabulary vocabulary,
      TokenizerConfig config,
      int maxLength,
      Truncation truncation,
      int passageType) {
    if (maxLength < TokenizerConfig.SHORTEST_MAXIMUM) {
      throw new IllegalArgumentException(
          "maxLength must be at least "
              + TokenizerConfig.SHORTEST_MAXIMUM
              + "; maxLength="
              + maxLength);
    }
    this.wordPieces = new WordPieceEncoder(vocabulary, config);
    this.maxLength = maxLength;
    this.truncation = truncation;
    this.passageType = passageType;
  }

  /** Makes the builder that a model directory asks for. */
  public static TokenBatchBuilder of(ModelDirectory model) {
    return new TokenBatchBuilder(
        model.vocabulary(),
        model.tokenizer(),
        model.maxLength(),
        model.manifest().truncation(),
        model.passageType());
  }

  /** Returns one sequence for each text, in their order; a text is cut at its end. */
  public TokenBatch texts(List<? extends CharSequence> texts) {
    WordPieces pieces = new WordPieces();
    List<TokenSequence> sequences = new ArrayList<>(texts.size());
    for (CharSequence text : texts) {
      wordPieces.encode(text, SpecialTokens.AS_TEXT, maxLength - SPECIAL_TOKENS_OF_TEXT, pieces);
      sequences.add(text(pieces));
    }
    return new TokenBatch(sequences, 0);
  }

  private TokenSequence text(WordPieces pieces) {
    int length = pieces.size();
    int[] ids = new int[length + SPECIAL_TOKENS_OF_TEXT];
    ids[0] = wordPieces.vocabulary().clsId();
    pieces.copyIds(0, length, ids, 1);
    ids[length + 1] = wordPieces.vocabulary().sepId();
    return new TokenSequence(ids, new int[ids.length]);
  }

  /** Returns one sequence for each passage, in their order; the query is tokenized once. */
  public TokenBatch pairs(CharSequence query, List<? extends CharSequence> passages) {
    return pairs(query, passages, WindowPolicy.BEGINNING).batch();
  }

  /**
   * The sequences of passages.
   *
   * @param batch the sequences of the first passage, then those of the second, …
   * @param windows how many sequences each passage has
   */
  public record Passages(TokenBatch batch, int[] windows) {}

  /**
   * Returns one sequence for each passage that fits, and one or several windows of each that does
   * not; the query is tokenized once.
   *
   * @throws IllegalArgumentException if the query leaves windows no longer than the stride
   */
  public Passages pairs(
      CharSequence query, List<? extends CharSequence> passages, WindowPolicy windowPolicy) {
    int room = maxLength - SPECIAL_TOKENS_OF_PAIR;
    WordPieces queryPieces = queryPieces(query);
    int passageLimit = passageLimit(queryPieces.size(), windowPolicy);
    Set<Integer> queryIds = new HashSet<>();
    for (int id : queryPieces.ids()) {
      queryIds.add(id);
    }
    WordPieces passagePieces = new WordPieces();
    List<TokenSequence> sequences = new ArrayList<>(passages.size());
    int[] counts = new int[passages.size()];
    int truncatedQueries = 0;
    long tokens = 0;
    for (int i = 0; i < counts.length; i++) {
      wordPieces.encode(passages.get(i), SpecialTokens.AS_TEXT, passageLimit, passagePieces);
      PairLengths lengths =
          PairLengths.of(queryPieces.size(), passagePieces.size(), room, truncation);
      if (lengths.query() < queryPieces.size()) {
        truncatedQueries++;
      }
      List<PassageWindow> windows = List.of(new PassageWindow(0, lengths.passage()));
      if (windowPolicy.maxWindows() > 1 && lengths.passage() < passagePieces.size()) {
        int most = tokens < windowPolicy.maxTokens() ? windowPolicy.maxWindows() : 1;
        windows =
            windowPolicy.select(
                passagePieces.ids(), room - lengths.query(), most, queryIds::contains);
      }
      for (PassageWindow window : windows) {
        TokenSequence sequence = pair(queryPieces, lengths.query(), passagePieces, window);
        tokens += sequence.length();
        sequences.add(sequence);
      }
      counts[i] = windows.size();
    }
    return new Passages(new TokenBatch(sequences, truncatedQueries), counts);
  }

  private WordPieces queryPieces(CharSequence query) {
    WordPieces pieces = new WordPieces();
    // Which text is the longer matters to LONGEST_FIRST even where neither fits.
    int limit =
        truncation == Truncation.LONGEST_FIRST
            ? Integer.MAX_VALUE
            : maxLength - SPECIAL_TOKENS_OF_PAIR + 1;
    wordPieces.encode(query, SpecialTokens.AS_TEXT, limit, pieces);
    return pieces;
  }

  /** One token more tells that a passage is too long; the rest need not be read. */
  private int passageLimit(int queryLength, WindowPolicy windowPolicy) {
    return windowPolicy.maxWindows() == 1
        ? Math.max(maxLength - SPECIAL_TOKENS_OF_PAIR, queryLength) + 1
        : Math.max(WindowPolicy.LONGEST, queryLength + 1);
  }

  /** Returns an empty text that takes as much as {@link #texts} reads of one. */
  public JoinedText text() {
    return joined(maxLength - SPECIAL_TOKENS_OF_TEXT);
  }

  /**
   * Returns what makes empty texts that take as much as {@link #pairs} reads of a passage; the
   * query is tokenized once, here.
   */
  public Supplier<JoinedText> passages(CharSequence query, WindowPolicy windowPolicy) {
    int limit = passageLimit(queryPieces(query).size(), windowPolicy);
    return () -> joined(limit);
  }

  /**
   * Where an added token has a blank in it, two values may become one piece, so that the pieces of
   * values by themselves say nothing: then all values are read.
   */
  private JoinedText joined(int limit) {
    boolean mayJoinValues =
        wordPieces.vocabulary().addedTokens().stream()
            .anyMatch(token -> token.content().chars().anyMatch(Character::isWhitespace));
    return new JoinedText(wordPieces, mayJoinValues ? Integer.MAX_VALUE : limit);
  }

  /**
   * Refuses a query that no passage can be read against.
   *
   * @throws IllegalArgumentException if it has no word piece, or leaves a passage no token, or
   *     windows no longer than the stride
   */
  public void checkQuery(CharSequence query, WindowPolicy windowPolicy) {
    if (!wordPieces.hasPieces(query)) {
      throw new IllegalArgumentException(
          "the query has no word: blanks, control and format characters and lone accents are none");
    }
    int room = maxLength - SPECIAL_TOKENS_OF_PAIR;
    int length = queryPieces(query).size();
    // Against a passage that is longer than any query.
    PairLengths lengths = PairLengths.of(length, Math.max(room, length) + 1, room, truncation);
    if (windowPolicy.maxWindows() > 1 && room - lengths.query() <= windowPolicy.stride()) {
      throw new IllegalArgumentException(
          "the query leaves windows no longer than the stride; room="
              + room
              + ", query="
              + lengths.query()
              + ", stride="
              + windowPolicy.stride());
    }
  }

  /**
   * Covers one passage with windows that follow the whole query.
   *
   * @param stride passage tokens that neighbouring windows share
   * @throws IllegalArgumentException if the query leaves windows no longer than the stride
   */
  public TokenBatch windows(CharSequence query, CharSequence passage, int stride) {
    WordPieces queryPieces = new WordPieces();
    wordPieces.encode(query, SpecialTokens.AS_TEXT, queryPieces);
    WordPieces passagePieces = new WordPieces();
    wordPieces.encode(passage, SpecialTokens.AS_TEXT, passagePieces);
    int room = maxLength - SPECIAL_TOKENS_OF_PAIR - queryPieces.size();
    List<TokenSequence> sequences = new ArrayList<>();
    for (PassageWindow window : PassageWindow.cover(passagePieces.size(), room, stride)) {
      sequences.add(pair(queryPieces, queryPieces.size(), passagePieces, window));
    }
    return new TokenBatch(sequences, 0);
  }

  private TokenSequence pair(
      WordPieces query, int queryLength, WordPieces passage, PassageWindow window) {
    int[] ids = new int[queryLength + window.length() + SPECIAL_TOKENS_OF_PAIR];
    int[] types = new int[ids.length];
    ids[0] = wordPieces.vocabulary().clsId();
    query.copyIds(0, queryLength, ids, 1);
    int second = queryLength + 2;
    ids[second - 1] = wordPieces.vocabulary().sepId();
    passage.copyIds(window.start(), window.length(), ids, second);
    ids[ids.length - 1] = wordPieces.vocabulary().sepId();
    Arrays.fill(types, second, types.length, passageType);
    return new TokenSequence(ids, types);
  }
}
