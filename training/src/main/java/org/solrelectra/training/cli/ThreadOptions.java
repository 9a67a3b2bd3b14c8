package org.solrelectra.training.cli;

import picocli.CommandLine.Option;

/** How many threads libtorch may use. */
final class ThreadOptions {
  @Option(names = "--threads", description = "For libtorch. Default: all cores.")
  int count = Runtime.getRuntime().availableProcessors();
}
