package org.solrelectra.lucene.analysis;

import org.apache.lucene.analysis.Analyzer;

/** An analyzer whose terms are word pieces: {@link WordPieceTokenizer} and nothing else. */
public final class WordPieceAnalyzer extends Analyzer {
  private final WordPieceEncoder encoder;

  public WordPieceAnalyzer(WordPieceEncoder encoder) {
    this.encoder = encoder;
  }

  @Override
  protected TokenStreamComponents createComponents(String fieldName) {
    return new TokenStreamComponents(new WordPieceTokenizer(encoder));
  }
}
