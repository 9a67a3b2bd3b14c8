package org.solrelectra.training.cli;

import org.solrelectra.training.network.Libtorch;
import picocli.CommandLine.Option;

/** What libtorch computes on. */
final class LibtorchOptions {
  @Option(names = "--threads", description = "For libtorch. Default: all cores.")
  int threads = Runtime.getRuntime().availableProcessors();

  @Option(
      names = "--device",
      defaultValue = "auto",
      description = "${COMPLETION-CANDIDATES}; auto takes a GPU if there is one. Default: auto.")
  private Libtorch.Choice device;

  Libtorch start() {
    return Libtorch.start(threads, device);
  }
}
