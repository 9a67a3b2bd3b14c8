package org.solrelectra.training.cli;

import org.solrelectra.training.network.Libtorch;
import org.solrelectra.training.pretrain.PretrainingBenchmark;
import org.solrelectra.training.pretrain.PretrainingConfig;
import picocli.CommandLine.Option;

/** What a device could compute at most: what model FLOPs utilisation (MFU) is a share of. */
final class PeakOption {
  @Option(
      names = "--peak-tflops",
      paramLabel = "TFLOPS",
      description =
          "The device's peak, to tell model FLOPs utilisation (MFU) by, such as 989 for bf16 on an H100. Default: what a"
              + " large matrix product reaches here, measured first; pretrain does so on GPUs only, for a CPU does other"
              + " work meanwhile.")
  private Double teraflops;

  void requireSense() {
    if (teraflops != null && !(teraflops > 0)) {
      throw new IllegalArgumentException(
          "--peak-tflops must be above 0; --peak-tflops=" + teraflops);
    }
  }

  /**
   * Returns operations a second for a run of hours; NaN if none are given for a CPU, which does
   * other work now and then.
   */
  double flopsPerSecondOfRun(PretrainingConfig config, Libtorch libtorch) {
    return teraflops == null && !libtorch.usesGpu() ? Double.NaN : flopsPerSecond(config, libtorch);
  }

  /** Returns operations a second; NaN where there is no sensible peak. */
  double flopsPerSecond(PretrainingConfig config, Libtorch libtorch) {
    return teraflops != null
        ? teraflops * 1e12
        : PretrainingBenchmark.productRate(config, libtorch);
  }
}
