package org.solrelectra.training.machine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.solrelectra.training.machine.LibraryCheck.Entry;
import org.solrelectra.training.machine.LibraryCheck.Need;

class LibraryCheckTest {
  @TempDir private Path folder;

  @Test
  void aGpuNeedsCudaAndTheDriver() throws IOException {
    Path own = folder.resolve("native");
    Path cuda = folder.resolve("cuda");
    Path torch =
        ElfFixture.write(
            own.resolve("libtorch_cuda.so"),
            "$ORIGIN",
            "libc10.so",
            "libcudart.so.13",
            "libcublas.so.13",
            "libodd.so.1");
    ElfFixture.write(own.resolve("libc10.so"), null, "libcudart.so.13");
    Path nccl =
        ElfFixture.write(
            own.resolve("libjnitorch_nccl.so"), "$ORIGIN", "libtorch_cuda.so", "libnccl.so.2");
    Path cudart = ElfFixture.write(cuda.resolve("libcudart.so.13"), null);
    Path graph = ElfFixture.write(cuda.resolve("libcudnn_graph.so.9"), null);
    LibraryCheck check =
        LibraryCheck.of(
            new LibrarySearch(List.of(own, cuda), List.of()),
            Set.of(own),
            List.of(torch),
            List.of(nccl),
            true);
    assertEquals(
        List.of(
            entry("libcudart.so.13", cudart, Need.REQUIRED, "libtorch_cuda.so", "libc10.so"),
            entry("libcublas.so.13", null, Need.REQUIRED, "libtorch_cuda.so"),
            entry("libodd.so.1", null, Need.REQUIRED, "libtorch_cuda.so"),
            entry("libnccl.so.2", null, Need.OPTIONAL, "libjnitorch_nccl.so"),
            entry("libcuda.so.1", null, Need.REQUIRED, "libcudart.so.13"),
            entry("libnvidia-ml.so.1", null, Need.OPTIONAL, "libnccl.so.2"),
            entry("libnvrtc.so.13", null, Need.OPTIONAL, "libcudnn.so.9"),
            entry("libcudnn_graph.so.9", graph, Need.OPTIONAL, "libcudnn.so.9"),
            entry("libcudnn_ops.so.9", null, Need.OPTIONAL, "libcudnn.so.9"),
            entry("libcudnn_heuristic.so.9", null, Need.OPTIONAL, "libcudnn.so.9"),
            entry("libcudnn_engines_precompiled.so.9", null, Need.OPTIONAL, "libcudnn.so.9"),
            entry("libcudnn_engines_runtime_compiled.so.9", null, Need.OPTIONAL, "libcudnn.so.9")),
        check.entries());
    assertEquals(
        List.of(
            "libcuda.so.1: of NVIDIA's driver; install it (580 or later for CUDA 13), or start the container with its"
                + " GPUs (docker run --gpus all)",
            "libcublas.so.13: of CUDA 13, cuDNN 9 or NCCL 2; say where they are, in a bundle with --cuda-libraries or"
                + " ELECTRA_CUDA_LIBRARIES, else in LD_LIBRARY_PATH: folders such as .../site-packages/nvidia/*/lib of"
                + " a PyTorch for CUDA 13, /usr/local/cuda/lib64 and /usr/local/cuda/extras/CUPTI/lib64",
            "libodd.so.1: of the operating system; install the package that holds it (Debian and Ubuntu: libstdc++6,"
                + " libgcc-s1)"),
        check.remedies(Need.REQUIRED));
    List<String> optional = check.remedies(Need.OPTIONAL);
    assertEquals(2, optional.size());
    assertTrue(optional.get(0).startsWith("libnvidia-ml.so.1: "), optional.toString());
    assertTrue(
        optional.get(1).startsWith("libnccl.so.2, libnvrtc.so.13, libcudnn_ops.so.9, "),
        optional.toString());
  }

  @Test
  void aCpuNeedsNoneOfThat() throws IOException {
    Path own = folder.resolve("native");
    Path torch = ElfFixture.write(own.resolve("libjnitorch.so"), "$ORIGIN", "libc.so.6");
    Path libc = ElfFixture.write(folder.resolve("lib/libc.so.6"), null);
    LibraryCheck check =
        LibraryCheck.of(
            new LibrarySearch(List.of(), List.of(folder.resolve("lib"))),
            Set.of(own),
            List.of(torch),
            List.of(),
            false);
    assertEquals(
        List.of(entry("libc.so.6", libc, Need.REQUIRED, "libjnitorch.so")), check.entries());
    assertEquals(List.of(), check.remedies(Need.REQUIRED));
  }

  private static Entry entry(String name, Path path, Need need, String... neededBy) {
    return new Entry(name, path, need, List.of(neededBy));
  }
}
