package org.solrelectra.lucene.model;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The word pieces of a model and their ids: line n of {@code vocab.txt}, counted from 0, has id n.
 *
 * <p>Immutable; threads may share it.
 */
public final class Vocabulary {
  /** What marks a piece that continues a word. */
  public static final String CONTINUATION_PREFIX = "##";

  public static final String PAD = "[PAD]";
  public static final String UNK = "[UNK]";
  public static final String CLS = "[CLS]";
  public static final String SEP = "[SEP]";
  public static final String MASK = "[MASK]";

  private static final List<String> SPECIAL_TOKENS = List.of(PAD, UNK, CLS, SEP, MASK);
  private static final char BYTE_ORDER_MARK = '\uFEFF';

  // The largest vocabulary that is read: a million pieces, generously.
  static final int MOST_PIECES = 1 << 20;

  private static final int MOST_BYTES = 32 << 20;

  private final List<String> pieces;
  private final int learnt;
  private final Map<String, Integer> ids;
  private final SpecialTokenNames names;
  private final List<AddedToken> addedTokens;

  private Vocabulary(
      List<String> pieces,
      int learnt,
      Map<String, Integer> ids,
      SpecialTokenNames names,
      List<AddedToken> addedTokens) {
    this.pieces = pieces;
    this.learnt = learnt;
    this.ids = ids;
    this.names = names;
    this.addedTokens = addedTokens;
  }

  /**
   * Makes a vocabulary of pieces in the order of their ids. Empty ones at the end are left out: no
   * word is empty.
   *
   * @throws InvalidModelException if a special token is missing; {@code source} names the culprit
   */
  public static Vocabulary of(List<String> pieces, String source) throws InvalidModelException {
    return of(pieces, SpecialTokenNames.BERT, List.of(), source);
  }

  /**
   * Makes a vocabulary whose special tokens have other names, or that has tokens beside its pieces.
   *
   * @param pieces null for an id that no piece has; the empty piece, which no word is, stands there
   * @param addedTokens in the order of their ids, which are those of pieces or follow them without
   *     a gap; special tokens may be among them, which stay text where a text has them
   * @throws InvalidModelException if a special token is missing; {@code source} names the culprit
   */
  static Vocabulary of(
      List<String> pieces, SpecialTokenNames names, List<AddedToken> addedTokens, String source)
      throws InvalidModelException {
    Map<String, Integer> ids = new HashMap<>(pieces.size() * 2);
    List<String> all = new ArrayList<>(pieces.size());
    for (int id = 0; id < pieces.size(); id++) {
      String piece = pieces.get(id);
      all.add(piece == null ? "" : piece);
      if (piece != null) {
        // Of a piece that stands twice the last line counts, as in Hugging Face's reader.
        ids.put(piece, id);
      }
    }
    boolean hasGaps = ids.size() < pieces.size();
    for (AddedToken token : addedTokens) {
      int expected = ids.getOrDefault(token.content(), all.size());
      // Hugging Face's tokenizers count the pieces for its id, and so give it another piece's.
      if (hasGaps && expected == all.size()) {
        throw new InvalidModelException(
            source
                + ": an added token must be one of the pieces where their ids have gaps or a piece"
                + " stands twice; content='"
                + Excerpt.of(token.content())
                + "'");
      }
      if (token.id() != expected) {
        throw new InvalidModelException(
            source
                + ": the id of added token '"
                + Excerpt.of(token.content())
                + "' must be that of the same piece or follow the pieces, "
                + expected
                + "; id="
                + token.id());
      }
      if (expected == all.size()) {
        all.add(token.content());
        ids.put(token.content(), expected);
      }
    }
    List<String> missing = new ArrayList<>(names.all());
    missing.removeAll(ids.keySet());
    if (!missing.isEmpty()) {
      throw new InvalidModelException(
          source
              + " lacks special tokens; expected "
              + Excerpt.of(names.all())
              + "; missing "
              + Excerpt.of(missing));
    }
    List<AddedToken> lookedFor =
        addedTokens.stream().filter(token -> !names.all().contains(token.content())).toList();
    // No word is empty, so a blank line at the end of a file needs no row of a network.
    int size = all.size();
    while (all.get(size - 1).isEmpty()) {
      size--;
    }
    if (size < all.size()) {
      ids.remove("");
    }
    return new Vocabulary(
        List.copyOf(all.subList(0, size)), Math.min(pieces.size(), size), ids, names, lookedFor);
  }

  /**
   * Reads {@code vocab.txt}: UTF-8, one piece a line. A byte-order mark and white space at the end
   * of a line are no part of a piece, as in Hugging Face's reader. Blank lines at the end are none.
   *
   * @throws InvalidModelException if the file is not UTF-8, far too large, or lacks a special token
   */
  public static Vocabulary read(Path file) throws IOException {
    return of(readPieces(file), file.toString());
  }

  /**
   * Returns how many pieces {@code vocab.txt} holds at least: its lines up to the last one that is
   * surely not blank.
   */
  static int pieceCount(Path file) throws InvalidModelException {
    byte[] bytes = ModelFile.read(file, MOST_BYTES);
    int end = bytes.length;
    // Bytes below 0 are those of other characters than ASCII's, white space among them.
    while (end > 0 && bytes[end - 1] <= ' ') {
      end--;
    }
    return lines(bytes, end);
  }

  /** Reads the lines of {@code vocab.txt}. */
  static List<String> readPieces(Path file) throws InvalidModelException {
    byte[] bytes = ModelFile.read(file, MOST_BYTES);
    int lines = lines(bytes, bytes.length);
    if (lines > MOST_PIECES) {
      throw new InvalidModelException(
          file + " must have at most " + MOST_PIECES + " pieces; pieces=" + lines);
    }
    String text;
    try {
      text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
    } catch (CharacterCodingException e) {
      throw new InvalidModelException(
          file + " is not UTF-8 text; expected one word piece a line", e);
    }
    List<String> pieces = new ArrayList<>(lines);
    int start = !text.isEmpty() && text.charAt(0) == BYTE_ORDER_MARK ? 1 : 0;
    while (start < text.length()) {
      int newline = text.indexOf('\n', start);
      int next = newline < 0 ? text.length() : newline;
      pieces.add(withoutTrailingSpace(text, start, next));
      start = next + 1;
    }
    return pieces;
  }

  private static int lines(byte[] bytes, int end) {
    int lines = end > 0 && bytes[end - 1] != '\n' ? 1 : 0;
    for (int i = 0; i < end; i++) {
      lines += bytes[i] == '\n' ? 1 : 0;
    }
    return lines;
  }

  static String withoutTrailingSpace(String text, int start, int end) {
    int to = end;
    while (to > start && isWhiteSpace(text.charAt(to - 1))) {
      to--;
    }
    return text.substring(start, to);
  }

  /** Unicode's property White_Space, which is neither of Java's two. */
  static boolean isWhiteSpace(char c) {
    return (c >= '\t' && c <= '\r') || c == '\u0085' || Character.isSpaceChar(c);
  }

  /** Returns the number of ids, special tokens included. */
  public int size() {
    return pieces.size();
  }

  /** Returns all pieces and added tokens in the order of their ids. */
  public List<String> pieces() {
    return pieces;
  }

  /** Returns what words are cut into: all pieces but the tokens that were added behind them. */
  public List<String> wordPieces() {
    return pieces.subList(0, learnt);
  }

  /** Returns the tokens that are looked for before a text is split into words; none in most. */
  public List<AddedToken> addedTokens() {
    return addedTokens;
  }

  /** Returns how this vocabulary writes BERT's special tokens. */
  public SpecialTokenNames specialTokenNames() {
    return names;
  }

  /** Returns the piece with this id, in {@code 0..size()-1}. */
  public String piece(int id) {
    return pieces.get(id);
  }

  /** Returns the id of a piece, or -1 if the vocabulary lacks it. */
  public int id(String piece) {
    return ids.getOrDefault(piece, -1);
  }

  public int padId() {
    return ids.get(names.pad());
  }

  public int unknownId() {
    return ids.get(names.unk());
  }

  public int clsId() {
    return ids.get(names.cls());
  }

  public int sepId() {
    return ids.get(names.sep());
  }

  public int maskId() {
    return ids.get(names.mask());
  }

  /** Returns BERT's special tokens, which every vocabulary holds that is learnt here. */
  public static List<String> specialTokens() {
    return SPECIAL_TOKENS;
  }
}
