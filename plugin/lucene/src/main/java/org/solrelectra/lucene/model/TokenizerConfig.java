package org.solrelectra.lucene.model;

/**
 * How text becomes word pieces, with the keys and meanings of Hugging Face's {@code
 * tokenizer_config.json}.
 *
 * @param doLowerCase lower-case each code point, context-free
 * @param stripAccents decompose canonically and drop non-spacing marks; Hugging Face's {@code null}
 *     is resolved to {@code doLowerCase} before it comes here
 * @param tokenizeChineseChars make each CJK ideograph a word of its own
 * @param modelMaxLength the longest sequence in tokens, special tokens included, at least 8
 */
public record TokenizerConfig(
    boolean doLowerCase, boolean stripAccents, boolean tokenizeChineseChars, int modelMaxLength) {

  /** The shortest maximum that leaves room for three special tokens and some text. */
  public static final int SHORTEST_MAXIMUM = 8;

  public TokenizerConfig {
    if (modelMaxLength < SHORTEST_MAXIMUM) {
      throw new IllegalArgumentException(
          "model_max_length must be at least "
              + SHORTEST_MAXIMUM
              + "; model_max_length="
              + modelMaxLength);
    }
  }

  /** Returns BERT's set-up for a lower-cased ({@code uncased}) or a cased vocabulary. */
  public static TokenizerConfig bert(boolean lowerCase, int modelMaxLength) {
    return new TokenizerConfig(lowerCase, lowerCase, true, modelMaxLength);
  }
}
