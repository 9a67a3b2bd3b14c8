package org.solrelectra.training.cli;

import org.solrelectra.training.network.Libtorch;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** What libtorch computes on. */
final class LibtorchOptions {
  @Mixin private ThreadOptions threads;

  @Option(
      names = "--device",
      defaultValue = "auto",
      description = "${COMPLETION-CANDIDATES}; auto takes a GPU if there is one. Default: auto.")
  private Libtorch.Choice device;

  int threads() {
    return threads.count;
  }

  Libtorch start() {
    return Libtorch.start(threads.count, device);
  }
}
