package org.solrelectra.training.network;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.bytedeco.javacpp.ClassProperties;
import org.bytedeco.javacpp.Loader;
import org.bytedeco.openblas.presets.openblas;
import org.bytedeco.pytorch.presets.torch;

/**
 * libtorch's own libraries as files, found or unpacked without loading any, so that one can look at
 * them when loading fails.
 *
 * @param libraries by file name, such as {@code libtorch_cpu.so}; empty if there are none for this
 *     platform
 * @param folders where JavaCPP looks for libraries that are in no jar, in its order
 */
public record NativeFiles(Map<String, Path> libraries, List<Path> folders) {
  /** What a program needs that computes on the CPU. */
  public static final String CPU = "libjnitorch.so";

  /** What it needs besides to compute on a GPU. */
  public static final String GPU = "libtorch_cuda.so";

  /** What distributed training on GPUs needs besides. */
  public static final String NCCL = "libjnitorch_nccl.so";

  private static final List<String> OF_TORCH =
      List.of(
          CPU,
          "libtorch.so",
          "libtorch_cpu.so",
          "libc10.so",
          "libgomp.so.1",
          "libjnitorch_gloo.so",
          GPU,
          "libc10_cuda.so",
          "libtorch_cuda_linalg.so",
          "libjnitorch_cuda.so",
          NCCL);

  private static final List<String> OF_OPENBLAS =
      List.of("libopenblas.so.0", "libgfortran.so.5", "libquadmath.so.0");

  /**
   * Finds them where JavaCPP would: in the library path if it is to look there first, else unpacked
   * from the class path.
   */
  public static NativeFiles unpack() throws IOException {
    Map<String, Path> found = new LinkedHashMap<>();
    for (String name : OF_TORCH) {
      found.put(name, find(torch.class, name));
    }
    for (String name : OF_OPENBLAS) {
      found.put(name, find(openblas.class, name));
    }
    found.values().removeIf(Objects::isNull);
    List<Path> folders = new ArrayList<>(libraryPath());
    ClassProperties properties = Loader.loadProperties(torch.class, Loader.loadProperties(), true);
    for (String folder : properties.get("platform.preloadpath")) {
      folders.add(Path.of(folder));
    }
    return new NativeFiles(found, folders);
  }

  /** Says whether these libraries can use a GPU. */
  public boolean forGpus() {
    return libraries.containsKey(GPU);
  }

  private static Path find(Class<?> owner, String name) throws IOException {
    if (Boolean.getBoolean("org.bytedeco.javacpp.pathsFirst")) {
      for (Path folder : libraryPath()) {
        if (Files.isRegularFile(folder.resolve(name))) {
          return folder.resolve(name);
        }
      }
    }
    String classFolder = "/" + owner.getPackageName().replace(".presets", "").replace('.', '/');
    for (String extension : List.of("-gpu", "")) {
      String resource = classFolder + "/" + Loader.getPlatform() + extension + "/" + name;
      if (owner.getResource(resource) != null) {
        File file = Loader.cacheResource(owner, resource);
        return file == null ? null : file.toPath();
      }
    }
    return null;
  }

  private static List<Path> libraryPath() {
    List<Path> folders = new ArrayList<>();
    for (String folder : System.getProperty("java.library.path", "").split(File.pathSeparator)) {
      if (!folder.isEmpty()) {
        folders.add(Path.of(folder));
      }
    }
    return folders;
  }
}
