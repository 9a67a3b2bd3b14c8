package org.solrelectra.training.cli;

import org.solrelectra.lucene.model.TokenizerConfig;
import picocli.CommandLine.Option;

/** How text is normalised before it is cut into pieces. */
final class TokenizerOptions {
  @Option(
      names = "--cased",
      description = "Keep case and accents. Default: lower-case and strip accents.")
  boolean cased;

  @Option(
      names = "--no-strip-accents",
      description =
          "Keep accents, also where case is not kept: an umlaut stays a letter of its own. Give it to each command that"
              + " reads the text, as --cased.")
  boolean keepsAccents;

  TokenizerConfig config(int modelMaxLength) {
    return new TokenizerConfig(!cased, !cased && !keepsAccents, true, modelMaxLength);
  }
}
