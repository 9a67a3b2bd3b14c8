package org.solrelectra.lucene.model;

import java.util.Collection;

/**
 * A token beside the vocabulary, as a file writes it.
 *
 * @param isStripped whether white space around it counts as a part of it
 * @param isSingleWord whether it counts only as a whole word
 */
record AddedTokenEntry(AddedToken token, boolean isStripped, boolean isSingleWord) {
  /** A longer one is refused: each position of a text may be compared with all of it. */
  private static final int LONGEST = 200;

  /** Reads an entry of {@code added_tokens} or of {@code added_tokens_decoder}. */
  static AddedTokenEntry of(JsonObject json, int id) throws InvalidModelException {
    String content = json.requiredText("content");
    boolean isSpecial = json.flag("special").orElse(false);
    return new AddedTokenEntry(
            new AddedToken(content, id, json.flag("normalized").orElse(!isSpecial)),
            json.flag("lstrip").orElse(false) || json.flag("rstrip").orElse(false),
            json.flag("single_word").orElse(false))
        .checked(json, "content");
  }

  /** Returns the entry if its length is bearable; {@code json} and {@code key} name it if not. */
  AddedTokenEntry checked(JsonObject json, String key) throws InvalidModelException {
    if (token.content().isEmpty() || token.content().length() > LONGEST) {
      throw json.wrong(key, "a token of 1 to " + LONGEST + " characters");
    }
    return this;
  }

  private boolean touchesSpace() {
    String content = token.content();
    return Vocabulary.isWhiteSpace(content.charAt(0))
        || Vocabulary.isWhiteSpace(content.charAt(content.length() - 1));
  }

  /**
   * Checks the tokens that texts are searched for. White space makes no pieces, so a token may
   * count it as its own, unless another token has some at its own ends.
   *
   * @throws InvalidModelException if a token asks for what cannot be done in the same way here
   */
  static void check(Collection<AddedTokenEntry> entries, String source)
      throws InvalidModelException {
    boolean areStripped = entries.stream().anyMatch(AddedTokenEntry::isStripped);
    for (AddedTokenEntry entry : entries) {
      String shown = "; content='" + Excerpt.of(entry.token.content()) + "'";
      if (entry.isSingleWord) {
        throw new InvalidModelException(
            source
                + ": single_word of an added token must be false: what a word is to Hugging Face's"
                + " tokenizers is not known here"
                + shown);
      }
      if (areStripped && entry.touchesSpace()) {
        throw new InvalidModelException(
            source
                + ": no added token may begin or end with white space where one has lstrip or"
                + " rstrip"
                + shown);
      }
    }
  }
}
