package org.solrelectra.lucene.encoder;

import java.util.ArrayList;
import java.util.List;
import org.solrelectra.lucene.analysis.WordPieceEncoder;
import org.solrelectra.lucene.analysis.WordPieceEncoder.SpecialTokens;
import org.solrelectra.lucene.analysis.WordPieces;

/**
 * Values that make up one text, joined by a blank, as far as a model reads it. For fields with many
 * values: whoever reads them asks {@link #isFull()} before each and stops when it is, since no
 * further value can change a sequence. A value is kept as a whole.
 *
 * <p>One thread.
 */
public final class JoinedText {
  private final WordPieceEncoder wordPieces;
  private final int limit;
  private final WordPieces pieces = new WordPieces();
  private final List<String> values = new ArrayList<>();
  private int counted;
  private int length;

  /**
   * @param limit pieces that a sequence can hold of the text
   */
  JoinedText(WordPieceEncoder wordPieces, int limit) {
    this.wordPieces = wordPieces;
    this.limit = limit;
  }

  /** Adds a value. */
  public void add(String value) {
    values.add(value);
  }

  /**
   * Says whether the values so far have as many pieces as are read. A value is tokenized for it
   * when the next one is asked about, so that a text of one value is tokenized only once.
   */
  public boolean isFull() {
    while (length < limit && counted < values.size()) {
      wordPieces.encode(values.get(counted), SpecialTokens.AS_TEXT, limit - length, pieces);
      length += pieces.size();
      counted++;
    }
    return length >= limit;
  }

  /** Says whether the text has a piece; one that has none tells a model nothing. */
  public boolean hasPieces() {
    return values.stream().anyMatch(wordPieces::hasPieces);
  }

  /** Says whether nothing was added. */
  public boolean isEmpty() {
    return values.isEmpty();
  }

  /** Forgets all values. */
  public void clear() {
    values.clear();
    counted = 0;
    length = 0;
  }

  /** Returns the values, joined by a blank. */
  @Override
  public String toString() {
    return values.size() == 1 ? values.get(0) : String.join(" ", values);
  }
}
