package org.solrelectra.training.cli;

import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.global.torch;

/** Sets libtorch up before its first use. */
final class Libtorch {
  private Libtorch() {}

  /** Uses this many threads and returns the device to work on. */
  static Device start(int threads) {
    if (threads < 1) {
      throw new IllegalArgumentException("--threads must be at least 1; --threads=" + threads);
    }
    torch.set_num_threads(threads);
    return new Device(torch.cuda_is_available() ? "cuda" : "cpu");
  }
}
