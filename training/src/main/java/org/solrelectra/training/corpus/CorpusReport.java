package org.solrelectra.training.corpus;

import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import java.util.List;

/**
 * What a corpus holds, training and held-out documents together.
 *
 * @param documents those kept
 * @param duplicates documents dropped because one with the same text came before
 * @param withoutText documents passed over because they have no text
 * @param bytes of the kept documents in UTF-8, a line end between two lines
 * @param characters code points, counted likewise
 * @param words as the tokenizer splits: at white space, each punctuation mark a word of its own
 * @param tokens word pieces, without the [SEP] after each document
 * @param unknownWords words that became [UNK]
 * @param seconds that reading, tokenizing and writing took
 * @param lengths how many documents have how many tokens
 */
@JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
public record CorpusReport(
    long documents,
    long duplicates,
    long withoutText,
    long bytes,
    long characters,
    long words,
    long tokens,
    long unknownWords,
    double seconds,
    List<Length> lengths) {

  /**
   * The documents with {@code from} to {@code to} tokens.
   *
   * @param to inclusive
   */
  public record Length(int from, int to, long documents) {}

  /** Returns how many pieces a word is cut into; a word that became [UNK] counts as one piece. */
  public double piecesPerWord() {
    return (double) tokens / words;
  }

  /** Returns the share of words that became [UNK]. */
  public double unknownRate() {
    return (double) unknownWords / words;
  }

  /** Returns the bytes of text handled in a second. */
  public double bytesPerSecond() {
    return bytes / seconds;
  }
}
