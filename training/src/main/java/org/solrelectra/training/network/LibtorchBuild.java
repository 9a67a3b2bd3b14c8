package org.solrelectra.training.network;

import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.bytedeco.javacpp.Loader;
import org.bytedeco.pytorch.SizeTPair;
import org.bytedeco.pytorch.global.torch;

/**
 * What libtorch says of itself, once it is loaded.
 *
 * @param version such as 2.10.0
 * @param cpuCapability the instructions its kernels use: DEFAULT, AVX2, AVX512, ...
 * @param oneDnn what multiplies matrices in bfloat16 on the CPU, with its version
 * @param openBlas the file that multiplies them in float32 there, be it OpenBLAS's or MKL's
 * @param threads that one operation may use
 * @param cuda what it says of CUDA and cuDNN, line by line; empty if it cannot use a GPU
 * @param gpus how many it can use
 */
public record LibtorchBuild(
    String version,
    String cpuCapability,
    String oneDnn,
    Path openBlas,
    int threads,
    List<String> cuda,
    int gpus) {

  /**
   * Memory of a GPU in bytes.
   *
   * @param free for this process, as the driver counts
   */
  public record Memory(long free, long total) {}

  /** Asks libtorch, which {@link Libtorch#start} has loaded. */
  public static LibtorchBuild loaded() {
    String settings = torch.show_config().getString();
    return new LibtorchBuild(
        first("TORCH_VERSION=([^,\\s]+)", settings),
        torch.get_cpu_capability().getString(),
        first("(MKL-DNN v[\\d.]+)", settings).replace("MKL-DNN", "oneDNN"),
        Path.of(Loader.getLoadedLibraries().getOrDefault("openblas@.0", "openblas")),
        torch.get_num_threads(),
        settings
            .lines()
            .map(line -> line.replaceFirst("^\\s*-\\s*", ""))
            .filter(line -> line.matches("(CUDA|NVCC|CuDNN|Magma).*"))
            .toList(),
        torch.cuda_device_count());
  }

  /** Returns the memory of the GPU of this index. */
  public static Memory memory(int gpu) {
    SizeTPair freeAndTotal = torch.getMemoryInfo((byte) gpu);
    return new Memory(freeAndTotal.first(), freeAndTotal.second());
  }

  private static String first(String pattern, String settings) {
    Matcher matcher = Pattern.compile(pattern).matcher(settings);
    return matcher.find() ? matcher.group(1) : "unknown";
  }
}
