package org.solrelectra.lucene.model;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
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

  private final List<String> pieces;
  private final Map<String, Integer> ids;

  private Vocabulary(List<String> pieces, Map<String, Integer> ids) {
    this.pieces = pieces;
    this.ids = ids;
  }

  /**
   * Makes a vocabulary of pieces in the order of their ids.
   *
   * @throws InvalidModelException if a special token is missing; {@code source} names the culprit
   */
  public static Vocabulary of(List<String> pieces, String source) throws InvalidModelException {
    Map<String, Integer> ids = new HashMap<>(pieces.size() * 2);
    for (int id = 0; id < pieces.size(); id++) {
      // Of a piece that stands twice the last line counts, as in Hugging Face's reader.
      ids.put(pieces.get(id), id);
    }
    List<String> missing = new ArrayList<>(SPECIAL_TOKENS);
    missing.removeAll(ids.keySet());
    if (!missing.isEmpty()) {
      throw new InvalidModelException(
          source + " lacks special tokens; expected " + SPECIAL_TOKENS + "; missing " + missing);
    }
    return new Vocabulary(List.copyOf(pieces), ids);
  }

  /**
   * Reads {@code vocab.txt}: UTF-8, one piece a line.
   *
   * @throws InvalidModelException if the file is not UTF-8 or lacks a special token
   */
  public static Vocabulary read(Path file) throws IOException {
    String text;
    try {
      text =
          StandardCharsets.UTF_8
              .newDecoder()
              .decode(ByteBuffer.wrap(Files.readAllBytes(file)))
              .toString();
    } catch (CharacterCodingException e) {
      throw new InvalidModelException(
          file + " is not UTF-8 text; expected one word piece a line", e);
    }
    List<String> pieces = new ArrayList<>();
    int start = 0;
    while (start < text.length()) {
      int newline = text.indexOf('\n', start);
      int next = newline < 0 ? text.length() : newline;
      int end = next > start && text.charAt(next - 1) == '\r' ? next - 1 : next;
      pieces.add(text.substring(start, end));
      start = next + 1;
    }
    return of(pieces, file.toString());
  }

  /** Returns the number of ids, special tokens included. */
  public int size() {
    return pieces.size();
  }

  /** Returns all pieces in the order of their ids. */
  public List<String> pieces() {
    return pieces;
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
    return ids.get(PAD);
  }

  public int unknownId() {
    return ids.get(UNK);
  }

  public int clsId() {
    return ids.get(CLS);
  }

  public int sepId() {
    return ids.get(SEP);
  }

  public int maskId() {
    return ids.get(MASK);
  }

  /** Returns the special tokens every vocabulary holds, in BERT's order. */
  public static List<String> specialTokens() {
    return SPECIAL_TOKENS;
  }
}
