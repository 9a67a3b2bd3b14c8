package org.solrelectra.training.bundle;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.solrelectra.training.machine.GpuCode;
import org.solrelectra.training.storage.DurableFiles;
import org.solrelectra.training.storage.Folders;
import org.tukaani.xz.LZMA2Options;
import org.tukaani.xz.XZOutputStream;

/**
 * Packs a class path, its native libraries and a Java runtime into a folder of small files:
 *
 * <pre>
 * electra.tar.xz.000 ...  electra (the launcher), lib/*.jar, native/*.so, runtime/
 * SHA256SUMS              of the parts
 * unpack.sh               checks, joins and unpacks them
 * </pre>
 *
 * <p>For Linux on x86-64. The same input gives the same bytes.
 */
public final class BundleWriter {
  private static final String ARCHIVE = "electra.tar.xz";
  private static final String GPU_LIBRARY = "libtorch_cuda.so";
  private static final String OPENBLAS = "libopenblas.so.0";

  /** A second name that JavaCPP gives OpenBLAS when it unpacks it, and that its binding needs. */
  private static final String OPENBLAS_ALIAS = "libopenblas_nolapack.so.0";

  private BundleWriter() {}

  /**
   * How to pack.
   *
   * @param architectures of GPUs whose code is kept, such as 90 for sm_90; ignored if the class
   *     path has libtorch for CPUs
   * @param partBytes largest size of a part
   * @param preset of xz, 0 (fast) to 9 (small)
   */
  public record Settings(Set<Integer> architectures, long partBytes, int preset) {
    public Settings {
      architectures = Set.copyOf(architectures);
      if (partBytes < 1) {
        throw new IllegalArgumentException("partBytes must be at least 1; partBytes=" + partBytes);
      }
      if (preset < LZMA2Options.PRESET_MIN || preset > LZMA2Options.PRESET_MAX) {
        throw new IllegalArgumentException("preset must be in 0..9; preset=" + preset);
      }
    }
  }

  /**
   * What was written.
   *
   * @param parts how many
   * @param bytes of all parts
   * @param compressed how many bytes each library, all jars and the runtime took in the archive
   */
  public record Report(int parts, long bytes, Map<String, Long> compressed) {}

  /**
   * Writes a bundle, all of it or nothing.
   *
   * @param classPath jars and folders, in their order
   * @param runtime what {@link JavaRuntime#link} made
   * @param output a folder that does not exist yet
   */
  public static Report write(List<Path> classPath, Path runtime, Settings settings, Path output)
      throws IOException {
    if (Files.exists(output)) {
      throw new FileAlreadyExistsException(output.toString());
    }
    Path scratch = Files.createTempDirectory("electra-bundle");
    Path partial = Folders.partial(output);
    try {
      Path lib = Files.createDirectory(scratch.resolve("lib"));
      Path libraries = Files.createDirectory(scratch.resolve("native"));
      sort(classPath, lib, libraries);
      slim(libraries, settings.architectures());
      Folders.deleteIfExists(partial);
      Files.createDirectories(partial);
      Report report = pack(lib, libraries, runtime, settings, partial);
      Path unpack = partial.resolve("unpack.sh");
      Files.write(unpack, resource("unpack.sh"));
      Files.setPosixFilePermissions(unpack, PosixFilePermissions.fromString("rwxr-xr-x"));
      Folders.replace(partial, output);
      return report;
    } finally {
      Folders.deleteIfExists(scratch);
      Folders.deleteIfExists(partial);
    }
  }

  private static void sort(List<Path> classPath, Path lib, Path libraries) throws IOException {
    int jars = 0;
    for (Path path : classPath) {
      if (!Files.exists(path)) {
        throw new IOException(path + " is on the class path and does not exist");
      }
      ClassPathEntry entry = new ClassPathEntry(path);
      String name = path.getFileName().toString().replaceFirst("\\.jar$", "");
      // The number keeps the class path's order.
      if (entry.writeJar(lib.resolve(String.format(Locale.ROOT, "%03d-%s.jar", jars, name)))) {
        jars++;
      }
      entry.copyLibraries(libraries);
    }
    if (!Files.exists(libraries.resolve("libjnitorch.so"))) {
      throw new IOException(
          "a bundle needs libtorch for linux-x86_64 on the class path; class path: " + classPath);
    }
  }

  private static void slim(Path libraries, Set<Integer> architectures) throws IOException {
    Path whole = libraries.resolve(GPU_LIBRARY);
    if (Files.exists(whole)) {
      Path slim = libraries.resolve(GPU_LIBRARY + ".slim");
      GpuCode.copySlimmed(whole, slim, architectures);
      DurableFiles.rename(slim, whole);
    }
  }

  private static Report pack(Path lib, Path libraries, Path runtime, Settings settings, Path folder)
      throws IOException {
    Map<String, Long> compressed = new LinkedHashMap<>();
    try (PartsOutputStream parts = new PartsOutputStream(folder, ARCHIVE, settings.partBytes())) {
      try (TarWriter tar =
          new TarWriter(
              new BufferedOutputStream(
                  new XZOutputStream(parts, new LZMA2Options(settings.preset())), 1 << 16))) {
        tar.add("electra", resource("electra.sh"), true);
        addAll(tar, "lib", lib);
        compressed.put("lib", parts.bytes());
        for (Path library : files(libraries).values()) {
          long before = parts.bytes();
          tar.add("native/" + library.getFileName(), library, false);
          compressed.put("native/" + library.getFileName(), parts.bytes() - before);
        }
        if (Files.exists(libraries.resolve(OPENBLAS))) {
          tar.addLink("native/" + OPENBLAS_ALIAS, OPENBLAS);
        }
        long before = parts.bytes();
        addAll(tar, "runtime", runtime);
        compressed.put("runtime", parts.bytes() - before);
      }
      StringBuilder sums = new StringBuilder();
      for (PartsOutputStream.Part part : parts.parts()) {
        sums.append(part.sha256()).append("  ").append(part.file().getFileName()).append('\n');
      }
      Files.writeString(folder.resolve("SHA256SUMS"), sums, StandardCharsets.US_ASCII);
      return new Report(parts.parts().size(), parts.bytes(), compressed);
    }
  }

  private static void addAll(TarWriter tar, String name, Path folder) throws IOException {
    for (Map.Entry<String, Path> file : files(folder).entrySet()) {
      tar.add(name + "/" + file.getKey(), file.getValue(), Files.isExecutable(file.getValue()));
    }
  }

  /** Returns all files below a folder by their path in it, in its order. */
  private static Map<String, Path> files(Path folder) throws IOException {
    List<Path> found = new ArrayList<>();
    try (Stream<Path> walk = Files.walk(folder)) {
      walk.filter(Files::isRegularFile).forEach(found::add);
    }
    Map<String, Path> files = new TreeMap<>();
    for (Path file : found) {
      files.put(folder.relativize(file).toString(), file);
    }
    return files;
  }

  private static byte[] resource(String name) throws IOException {
    try (InputStream stream = BundleWriter.class.getResourceAsStream(name)) {
      return stream.readAllBytes();
    }
  }
}
