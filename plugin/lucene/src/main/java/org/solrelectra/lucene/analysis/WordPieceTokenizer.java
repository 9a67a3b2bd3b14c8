package org.solrelectra.lucene.analysis;

import java.io.IOException;
import java.util.Arrays;
import org.apache.lucene.analysis.Tokenizer;
import org.apache.lucene.analysis.tokenattributes.CharTermAttribute;
import org.apache.lucene.analysis.tokenattributes.OffsetAttribute;
import org.apache.lucene.analysis.tokenattributes.PositionIncrementAttribute;

/**
 * A token stream of word pieces, for an index that holds what the model sees. Terms are pieces as
 * the vocabulary writes them ({@code ##ing}); offsets are those of {@link WordPieceEncoder}.
 */
public final class WordPieceTokenizer extends Tokenizer {
  private final CharTermAttribute term = addAttribute(CharTermAttribute.class);
  private final OffsetAttribute offset = addAttribute(OffsetAttribute.class);
  private final PositionIncrementAttribute position =
      addAttribute(PositionIncrementAttribute.class);

  private final WordPieceEncoder encoder;
  private final WordPieces pieces = new WordPieces();
  private char[] buffer = new char[1024];
  private int textLength;
  private int next;

  public WordPieceTokenizer(WordPieceEncoder encoder) {
    this.encoder = encoder;
  }

  @Override
  public boolean incrementToken() {
    clearAttributes();
    if (next == pieces.size()) {
      return false;
    }
    term.append(encoder.vocabulary().piece(pieces.id(next)));
    offset.setOffset(correctOffset(pieces.start(next)), correctOffset(pieces.end(next)));
    position.setPositionIncrement(1);
    next++;
    return true;
  }

  @Override
  public void reset() throws IOException {
    super.reset();
    textLength = 0;
    for (int read = input.read(buffer, 0, buffer.length); read > 0; ) {
      textLength += read;
      if (textLength == buffer.length) {
        buffer = Arrays.copyOf(buffer, buffer.length * 2);
      }
      read = input.read(buffer, textLength, buffer.length - textLength);
    }
    encoder.encode(
        new String(buffer, 0, textLength), WordPieceEncoder.SpecialTokens.AS_TEXT, pieces);
    next = 0;
  }

  @Override
  public void end() throws IOException {
    super.end();
    int last = correctOffset(textLength);
    offset.setOffset(last, last);
  }
}
