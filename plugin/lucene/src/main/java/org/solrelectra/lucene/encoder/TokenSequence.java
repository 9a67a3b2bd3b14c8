package org.solrelectra.lucene.encoder;

/**
 * One input of an encoder, unpadded, special tokens included.
 *
 * @param inputIds vocabulary ids, [seq]
 * @param tokenTypeIds 0 for the first text, 1 for the second, [seq]
 */
public record TokenSequence(int[] inputIds, int[] tokenTypeIds) {
  public TokenSequence {
    if (inputIds.length == 0 || inputIds.length != tokenTypeIds.length) {
      throw new IllegalArgumentException(
          "inputIds and tokenTypeIds must be of one length above 0; inputIds="
              + inputIds.length
              + ", tokenTypeIds="
              + tokenTypeIds.length);
    }
  }

  /** Returns the number of tokens. */
  public int length() {
    return inputIds.length;
  }
}
