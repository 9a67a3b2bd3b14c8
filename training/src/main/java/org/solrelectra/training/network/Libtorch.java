package org.solrelectra.training.network;

import java.io.IOException;
import java.io.UncheckedIOException;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch_cuda;

/**
 * libtorch on this machine, set up before its first use.
 *
 * @param device what networks are trained on
 */
public record Libtorch(Device device) {

  /** Says whether networks are trained on a GPU. */
  public boolean usesGpu() {
    return device.is_cuda();
  }

  /** What to compute on. */
  public enum Choice {
    /** A GPU if there is one. */
    AUTO,
    CPU,
    CUDA
  }

  /**
   * Uses this many threads on the CPU, and a device.
   *
   * @throws UncheckedIOException if libtorch cannot be loaded
   * @throws IllegalArgumentException if there is no such device
   */
  public static Libtorch start(int threads, Choice choice) {
    if (threads < 1) {
      throw new IllegalArgumentException("--threads must be at least 1; --threads=" + threads);
    }
    try {
      torch.set_num_threads(threads);
      boolean gpu = choice != Choice.CPU && torch.cuda_is_available();
      if (choice == Choice.CUDA && !gpu) {
        throw new IllegalArgumentException(
            "--device cuda needs a GPU that libtorch finds, and a build with the profile gpu; found none");
      }
      return new Libtorch(new Device(gpu ? "cuda" : "cpu"));
    } catch (LinkageError e) {
      // JavaCPP unpacks libraries into a cache that all processes of a user share.
      throw new UncheckedIOException(
          new IOException(
              "libtorch cannot be loaded ("
                  + e.getMessage()
                  + "); it is there for Linux x86-64, macOS ARM and Windows x86-64, and if another electra started at"
                  + " the same moment, it helps to start this one again",
              e));
    }
  }

  /**
   * Returns the same for one of several processes of a host: with a GPU of its own.
   *
   * @param localRank counts the processes of this host
   */
  public Libtorch ofProcess(int localRank) {
    if (!device.is_cuda()) {
      return this;
    }
    byte index = (byte) (localRank % torch.cuda_device_count());
    torch_cuda.set_device(index);
    return new Libtorch(new Device("cuda:" + index));
  }
}
