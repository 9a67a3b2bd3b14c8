package org.solrelectra.training.bundle;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.LocalDateTime;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/**
 * A jar or a folder on the class path, sorted into what a Linux machine needs of it: classes and
 * resources, and JavaCPP's libraries, which become files of their own, so that nothing has to be
 * unpacked when the program starts.
 */
final class ClassPathEntry {
  /** JavaCPP's libraries: org/bytedeco/PRESET/PLATFORM/FILE. */
  private static final Pattern LIBRARY =
      Pattern.compile("org/bytedeco/([^/]+)/linux-x86_64(?:-gpu)?/(lib[^/]+\\.so(?:\\.\\d+)*)");

  /** What only compilers, signature checks and other systems read. */
  private static final Pattern LEFT_OUT =
      Pattern.compile(
          "org/bytedeco/[^/]+/(linux|windows|macosx)-[^/]+/.*"
              + "|META-INF/native-image/.*|META-INF/maven/.*\\.xml"
              + "|META-INF/[^/]+\\.(SF|RSA|DSA|EC)"
              + "|ai/onnxruntime/native/(?!linux-x64/).*"
              + "|.*\\.(dll|dylib|jnilib)");

  /**
   * libgcc_s is the system's, as its libstdc++ is. MKL would double the bundle for what is computed
   * on the CPU, where there is a GPU. libtorch uses no more of OpenBLAS's and CUDA's bindings.
   */
  private static final Pattern LIBRARY_LEFT_OUT =
      Pattern.compile(
          "libgcc_s\\..*|libmkl_.*|libiomp5\\.so|libjniopenblas_full\\.so"
              + "|libjni(npp.*|nvjpeg|nvcomp|nvblas|cufftw)\\.so");

  /** The first date that a zip file can hold, in any time zone. */
  private static final LocalDateTime FIRST_DATE = LocalDateTime.of(1980, 1, 1, 0, 0);

  private final Path path;

  ClassPathEntry(Path path) {
    this.path = path;
  }

  /**
   * Writes the classes and resources as a jar without compression, for the archive compresses them
   * better; nothing if it holds no class.
   *
   * @return whether there is a jar
   */
  boolean writeJar(Path jar) throws IOException {
    return visit(
        files -> {
          if (files.keySet().stream()
              .noneMatch(name -> name.endsWith(".class") && !name.endsWith("module-info.class"))) {
            return false;
          }
          try (ZipOutputStream out = new ZipOutputStream(Files.newOutputStream(jar))) {
            out.setMethod(ZipOutputStream.STORED);
            for (Map.Entry<String, Path> file : files.entrySet()) {
              if (!LEFT_OUT.matcher(file.getKey()).matches()) {
                byte[] content = Files.readAllBytes(file.getValue());
                CRC32 sum = new CRC32();
                sum.update(content);
                ZipEntry entry = new ZipEntry(file.getKey());
                entry.setTimeLocal(FIRST_DATE);
                entry.setSize(content.length);
                entry.setCrc(sum.getValue());
                out.putNextEntry(entry);
                out.write(content);
              }
            }
          }
          return true;
        });
  }

  /**
   * Copies JavaCPP's libraries into a folder.
   *
   * @throws IOException if one of that name is there already
   */
  void copyLibraries(Path folder) throws IOException {
    visit(
        files -> {
          for (Map.Entry<String, Path> file : files.entrySet()) {
            Matcher matcher = LIBRARY.matcher(file.getKey());
            if (matcher.matches() && !LIBRARY_LEFT_OUT.matcher(matcher.group(2)).matches()) {
              Path target = folder.resolve(matcher.group(2));
              if (Files.exists(target)) {
                throw new IOException(
                    path
                        + ": two libraries on the class path have the name "
                        + matcher.group(2)
                        + "; libtorch for CPUs and for GPUs exclude each other");
              }
              try (InputStream content = Files.newInputStream(file.getValue())) {
                Files.copy(content, target, StandardCopyOption.REPLACE_EXISTING);
              }
            }
          }
          return true;
        });
  }

  @FunctionalInterface
  private interface Visitor {
    /**
     * @param files by their path with slashes, in its order
     */
    boolean visit(Map<String, Path> files) throws IOException;
  }

  private boolean visit(Visitor visitor) throws IOException {
    if (Files.isDirectory(path)) {
      return visitor.visit(files(path));
    }
    try (FileSystem jar = FileSystems.newFileSystem(path)) {
      return visitor.visit(files(jar.getPath("/")));
    }
  }

  private static Map<String, Path> files(Path root) throws IOException {
    List<Path> found;
    try (Stream<Path> walk = Files.walk(root)) {
      found = walk.filter(Files::isRegularFile).toList();
    }
    Map<String, Path> files = new TreeMap<>();
    for (Path file : found) {
      files.put(root.relativize(file).toString().replace('\\', '/'), file);
    }
    return files;
  }
}
