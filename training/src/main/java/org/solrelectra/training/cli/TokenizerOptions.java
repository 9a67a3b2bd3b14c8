package org.solrelectra.training.cli;

import org.solrelectra.lucene.model.TokenizerConfig;
import picocli.CommandLine.Option;

/** How text is normalised before it is cut into pieces. */
final class TokenizerOptions {
  @Option(
      names = "--cased",
      description = "Keep case and accents. Default: lower-case and strip accents.")
  boolean cased;

  TokenizerConfig config(int modelMaxLength) {
    return TokenizerConfig.bert(!cased, modelMaxLength);
  }
}
