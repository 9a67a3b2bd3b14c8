package org.solrelectra.training.network;

import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.global.torch;

/**
 * libtorch on this machine, set up before its first use.
 *
 * @param device what networks are trained on
 */
public record Libtorch(Device device) {

  /** Uses this many threads, and a GPU if there is one. */
  public static Libtorch start(int threads) {
    if (threads < 1) {
      throw new IllegalArgumentException("--threads must be at least 1; --threads=" + threads);
    }
    torch.set_num_threads(threads);
    return new Libtorch(new Device(torch.cuda_is_available() ? "cuda" : "cpu"));
  }
}
