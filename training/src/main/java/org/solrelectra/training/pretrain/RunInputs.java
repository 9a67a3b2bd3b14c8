package org.solrelectra.training.pretrain;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.solrelectra.lucene.analysis.WordPieceEncoder;
import org.solrelectra.lucene.model.TokenizerConfig;
import org.solrelectra.lucene.model.Vocabulary;
import org.solrelectra.training.corpus.CorpusReader;
import org.solrelectra.training.corpus.TokenCorpus;
import org.solrelectra.training.corpus.TokenizerHash;

/**
 * What a run is started with, and has to be resumed with.
 *
 * @param corpusFiles text, or one {@link TokenCorpus}, which is used where it is
 */
public record RunInputs(
    PretrainingConfig config,
    List<Path> corpusFiles,
    Vocabulary vocabulary,
    TokenizerConfig tokenizer) {

  public RunInputs {
    corpusFiles = List.copyOf(corpusFiles);
  }

  String tokenizerHash() {
    return TokenizerHash.of(vocabulary, tokenizer);
  }

  /** Returns a corpus that is not the run's own; null if it is to be made of text. */
  Path shards() {
    return TokenCorpus.among(corpusFiles);
  }

  /** Makes the run's own corpus of text. */
  void tokenize(Path target) throws IOException {
    TokenCorpus.write(
        new CorpusReader(corpusFiles),
        new WordPieceEncoder(vocabulary, tokenizer),
        tokenizerHash(),
        config.heldOutShare(),
        target);
  }
}
