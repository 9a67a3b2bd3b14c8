package org.solrelectra.training.bundle;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.solrelectra.training.machine.FatBinaryFixture;
import org.solrelectra.training.machine.FatBinaryFixture.Code;
import org.solrelectra.training.machine.GpuCode;

/** Bundles of a made-up class path, unpacked and started by the scripts in them. */
@EnabledOnOs(OS.LINUX)
class BundleWriterTest {
  private static final BundleWriter.Settings SETTINGS =
      new BundleWriter.Settings(Set.of(90), 2048, 1);
  private static final String PYTORCH = "org/bytedeco/pytorch/linux-x86_64-gpu/";

  @TempDir private Path folder;
  private List<Path> classPath;
  private Path runtime;
  private Path output;
  private final byte[] torch = new byte[10_000];

  /** A folder of classes, a jar with classes and other systems' libraries, a jar of libraries. */
  @BeforeEach
  void makeClassPath() throws IOException {
    new Random(5).nextBytes(torch);
    Path classes = Files.createDirectories(folder.resolve("classes/org/a"));
    Files.writeString(classes.resolve("A.class"), "class A");
    Files.writeString(classes.resolve("names.txt"), "names");
    Map<String, byte[]> onnx = new LinkedHashMap<>();
    onnx.put("META-INF/MANIFEST.MF", text("Manifest-Version: 1.0\n"));
    onnx.put("META-INF/KEY.SF", text("signature"));
    onnx.put("META-INF/maven/a/b/pom.xml", text("<project/>"));
    // JavaCPP compares the versions that these files of its jars name.
    onnx.put("META-INF/maven/a/b/pom.properties", text("version=1"));
    onnx.put("ai/onnxruntime/native/win-x64/onnxruntime.dll", text("w"));
    onnx.put("ai/onnxruntime/native/linux-aarch64/libonnxruntime.so", text("a"));
    onnx.put("ai/onnxruntime/native/linux-x64/libonnxruntime.so", text("x"));
    onnx.put("ai/onnxruntime/OrtSession.class", text("class OrtSession"));
    Map<String, byte[]> natives = new LinkedHashMap<>();
    natives.put("META-INF/versions/9/module-info.class", text("module"));
    natives.put(PYTORCH + "libjnitorch.so", torch);
    natives.put(
        PYTORCH + "libtorch_cuda.so",
        FatBinaryFixture.of(new Code(80, 64, 4000), new Code(90, 64, 40)));
    natives.put(PYTORCH + "libgcc_s.so.1", text("not ours"));
    natives.put(PYTORCH + "torch.h", text("header"));
    classPath =
        List.of(
            folder.resolve("classes"),
            jar("onnxruntime-1.jar", onnx),
            jar("pytorch-1-linux-x86_64-gpu.jar", natives),
            jar(
                "openblas-1-linux-x86_64.jar",
                Map.of("org/bytedeco/openblas/linux-x86_64/libopenblas.so.0", text("blas"))));
    runtime = folder.resolve("jdk");
    script(
        runtime.resolve("bin/java"),
        "[ \"$2\" = -version ] && exit 0; echo \"$LD_LIBRARY_PATH\"; for a; do echo \"$a\"; done; exit 7");
    Files.createDirectories(runtime.resolve("lib"));
    Files.writeString(runtime.resolve("lib/modules"), "modules");
    output = folder.resolve("bundle");
  }

  @Test
  void whatIsUnpackedIsWhatWasPacked() throws IOException, InterruptedException {
    BundleWriter.Report report = BundleWriter.write(classPath, runtime, SETTINGS, output);
    assertTrue(report.parts() > 5, report.toString());
    assertEquals(bytesOfParts(), report.bytes());
    assertEquals(
        Set.of(
            "lib",
            "native/libjnitorch.so",
            "native/libopenblas.so.0",
            "native/libtorch_cuda.so",
            "runtime"),
        report.compressed().keySet());
    Path home = folder.resolve("there/electra");
    Run run = unpack(home);
    assertEquals(
        "unpacked "
            + report.parts()
            + " parts to "
            + home
            + "; next: "
            + home
            + "/electra doctor\n",
        run.printed());
    assertEquals(0, run.code());
    assertEquals(
        List.of(
            "electra",
            "lib/000-classes.jar",
            "lib/001-onnxruntime-1.jar",
            "native/libjnitorch.so",
            "native/libopenblas.so.0",
            "native/libopenblas_nolapack.so.0",
            "native/libtorch_cuda.so",
            "runtime/bin/java",
            "runtime/lib/modules"),
        List.copyOf(files(home).keySet()));
    assertArrayEquals(torch, Files.readAllBytes(home.resolve("native/libjnitorch.so")));
    assertEquals(Map.of(90, 40L), GpuCode.architectures(home.resolve("native/libtorch_cuda.so")));
    assertEquals(
        Map.of("org/a/A.class", "class A", "org/a/names.txt", "names"),
        entries(home.resolve("lib/000-classes.jar")));
    assertEquals(
        Set.of(
            "META-INF/MANIFEST.MF",
            "META-INF/maven/a/b/pom.properties",
            "ai/onnxruntime/native/linux-x64/libonnxruntime.so",
            "ai/onnxruntime/OrtSession.class"),
        entries(home.resolve("lib/001-onnxruntime-1.jar")).keySet());
    assertEquals(
        Path.of("libopenblas.so.0"),
        Files.readSymbolicLink(home.resolve("native/libopenblas_nolapack.so.0")));
    assertTrue(Files.isExecutable(home.resolve("runtime/bin/java")));
    assertFalse(Files.isExecutable(home.resolve("runtime/lib/modules")));
  }

  @Test
  void theSameInputGivesTheSameBytes() throws IOException {
    BundleWriter.write(classPath, runtime, SETTINGS, output);
    Path again = folder.resolve("again");
    BundleWriter.write(classPath, runtime, SETTINGS, again);
    assertEquals(
        Files.readString(output.resolve("SHA256SUMS")),
        Files.readString(again.resolve("SHA256SUMS")));
  }

  @Test
  void aFlippedByteIsFound() throws IOException, InterruptedException {
    BundleWriter.write(classPath, runtime, SETTINGS, output);
    Path part = output.resolve("electra.tar.xz.002");
    byte[] bytes = Files.readAllBytes(part);
    bytes[1000] ^= 1;
    Files.write(part, bytes);
    assertUnpackFails(
        "electra.tar.xz.002 is damaged: its SHA-256 is not the one in SHA256SUMS; copy it again");
  }

  @Test
  void aMissingPartIsFound() throws IOException, InterruptedException {
    BundleWriter.write(classPath, runtime, SETTINGS, output);
    Files.delete(output.resolve("electra.tar.xz.001"));
    assertUnpackFails("electra.tar.xz.001 is missing; copy it to " + output);
  }

  @Test
  void anIncompleteListIsFound() throws IOException, InterruptedException {
    BundleWriter.write(classPath, runtime, SETTINGS, output);
    Path sums = output.resolve("SHA256SUMS");
    List<String> lines = Files.readAllLines(sums);
    Files.write(sums, lines.subList(0, lines.size() - 1));
    Run run = unpack(folder.resolve("home"));
    assertEquals(1, run.code());
    assertTrue(
        run.printed()
            .endsWith(
                "unpack.sh: the parts do not unpack; is there room in "
                    + folder
                    + ", and is SHA256SUMS complete?\n"),
        run.printed());
    assertFalse(Files.exists(folder.resolve("home")));
    assertFalse(Files.exists(folder.resolve("home.partial")));
  }

  @Test
  void nothingIsOverwritten() throws IOException, InterruptedException {
    BundleWriter.write(classPath, runtime, SETTINGS, output);
    Files.createDirectory(folder.resolve("home"));
    Run run = unpack(folder.resolve("home"));
    assertEquals(1, run.code());
    assertEquals("unpack.sh: " + folder.resolve("home") + " exists already\n", run.printed());
    assertThrows(IOException.class, () -> BundleWriter.write(classPath, runtime, SETTINGS, output));
    assertEquals(2, run(Map.of(), output.resolve("unpack.sh").toString()).code());
  }

  private void assertUnpackFails(String message) throws IOException, InterruptedException {
    Path home = folder.resolve("home");
    Run run = unpack(home);
    assertEquals("unpack.sh: " + message + "\n", run.printed());
    assertEquals(1, run.code());
    assertFalse(Files.exists(home));
  }

  @Test
  void theLauncherTellsTheJvmWhereCudaIs() throws IOException, InterruptedException {
    BundleWriter.write(classPath, runtime, SETTINGS, output);
    Path home = folder.resolve("electra home");
    assertEquals(0, unpack(home).code());
    String electra = home.resolve("electra").toString();
    Path blas = Files.createDirectories(folder.resolve("py thon/nvidia/cublas/lib"));
    Path cudart = Files.createDirectories(folder.resolve("py thon/nvidia/cudart/lib"));
    Path driver = Files.createDirectories(folder.resolve("driver"));
    String pattern = folder.resolve("py thon/nvidia") + "/*/lib:" + driver;
    String cuda = blas + ":" + cudart + ":" + driver;
    String natives = home.resolve("native").toString();
    for (Run run :
        List.of(
            run(Map.of(), electra, "--cuda-libraries", pattern, "bench", "a b", ""),
            run(Map.of(), electra, "bench", "a b", "", "--cuda-libraries=" + pattern),
            run(Map.of("ELECTRA_CUDA_LIBRARIES", pattern), electra, "bench", "a b", ""))) {
      assertEquals(7, run.code(), run.printed());
      List<String> lines = run.printed().lines().toList();
      assertEquals(cuda, lines.get(0));
      assertTrue(lines.contains("-Djava.library.path=" + natives + ":" + cuda), run.printed());
      assertTrue(lines.contains("-Dorg.bytedeco.javacpp.pathsFirst=true"), run.printed());
      int at = lines.indexOf("-cp");
      assertEquals(
          List.of(
              home.resolve("lib/000-classes.jar") + ":" + home.resolve("lib/001-onnxruntime-1.jar"),
              "org.solrelectra.training.cli.TrainingCli",
              "bench",
              "a b",
              ""),
          lines.subList(at + 1, lines.size()));
    }
    Run added =
        run(
            Map.of("LD_LIBRARY_PATH", "/before", "ELECTRA_JAVA_OPTIONS", "-Xa -Xb"),
            electra,
            "--cuda-libraries",
            driver.toString());
    assertEquals(driver + ":/before", added.printed().lines().findFirst().orElseThrow());
    assertTrue(added.printed().contains("\n-Xa\n-Xb\n-cp\n"), added.printed());
  }

  @Test
  void theLauncherRefusesFoldersThatAreNotThere() throws IOException, InterruptedException {
    BundleWriter.write(classPath, runtime, SETTINGS, output);
    Path home = folder.resolve("home");
    assertEquals(0, unpack(home).code());
    String electra = home.resolve("electra").toString();
    Run missing = run(Map.of(), electra, "doctor", "--cuda-libraries", "/nowhere/*/lib");
    assertEquals("electra: --cuda-libraries: '/nowhere/*/lib' is no folder\n", missing.printed());
    assertEquals(2, missing.code());
    Run without = run(Map.of(), electra, "--cuda-libraries");
    assertEquals(
        "electra: --cuda-libraries needs folders, separated by colons\n", without.printed());
    assertEquals(2, without.code());
  }

  @Test
  void anInstalledPyTorchIsFound() throws IOException, InterruptedException {
    BundleWriter.write(classPath, runtime, SETTINGS, output);
    Path home = folder.resolve("home");
    assertEquals(0, unpack(home).code());
    Path environment = folder.resolve("venv");
    Path lib =
        Files.createDirectories(
            environment.resolve("lib/python3.12/site-packages/nvidia/cu13/lib"));
    Run run =
        run(
            Map.of("VIRTUAL_ENV", environment.toString()),
            home.resolve("electra").toString(),
            "doctor");
    String first = run.printed().lines().findFirst().orElseThrow();
    assertTrue((first + ":").contains(lib + ":"), first);
  }

  @Test
  void aClassPathWithoutLibtorchIsNoBundle() {
    List<Path> two = classPath.subList(0, 2);
    assertEquals(
        "a bundle needs libtorch for linux-x86_64 on the class path; class path: " + two,
        assertThrows(IOException.class, () -> BundleWriter.write(two, runtime, SETTINGS, output))
            .getMessage());
    List<Path> missing = List.of(folder.resolve("missing.jar"));
    assertEquals(
        missing.get(0) + " is on the class path and does not exist",
        assertThrows(
                IOException.class, () -> BundleWriter.write(missing, runtime, SETTINGS, output))
            .getMessage());
    List<Path> twice = List.of(classPath.get(2), classPath.get(2));
    assertEquals(
        classPath.get(2)
            + ": two libraries on the class path have the name libjnitorch.so; libtorch for CPUs and for GPUs"
            + " exclude each other",
        assertThrows(IOException.class, () -> BundleWriter.write(twice, runtime, SETTINGS, output))
            .getMessage());
    assertFalse(Files.exists(output));
  }

  @Test
  void wrongSettingsAreNamed() {
    assertEquals(
        "partBytes must be at least 1; partBytes=0",
        assertThrows(
                IllegalArgumentException.class, () -> new BundleWriter.Settings(Set.of(), 0, 6))
            .getMessage());
    assertEquals(
        "preset must be in 0..9; preset=10",
        assertThrows(
                IllegalArgumentException.class, () -> new BundleWriter.Settings(Set.of(), 1, 10))
            .getMessage());
  }

  @Test
  void longNamesFitTheArchive() throws IOException, InterruptedException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    String name = "a".repeat(60) + "/" + "b".repeat(60) + "/" + "c".repeat(90);
    try (TarWriter tar = new TarWriter(bytes)) {
      tar.add(name, text("content"), false);
      String tooLong = "d".repeat(101);
      assertEquals(
          "a name in a tar archive must fit 155 + 100 characters; name=" + tooLong,
          assertThrows(IOException.class, () -> tar.add(tooLong, text(""), false)).getMessage());
    }
    Path archive = Files.write(folder.resolve("a.tar"), bytes.toByteArray());
    assertEquals(name + "\n", run(Map.of(), "tar", "-tf", archive.toString()).printed());
  }

  private record Run(int code, String printed) {}

  private Run unpack(Path home) throws IOException, InterruptedException {
    return run(Map.of(), output.resolve("unpack.sh").toString(), home.toString());
  }

  private static Run run(Map<String, String> environment, String... command)
      throws IOException, InterruptedException {
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().keySet().removeAll(Set.of("ELECTRA_CUDA_LIBRARIES", "LD_LIBRARY_PATH"));
    builder.environment().putAll(environment);
    Process process = builder.start();
    String printed = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    return new Run(process.waitFor(), printed);
  }

  private long bytesOfParts() throws IOException {
    try (Stream<Path> files = Files.list(output)) {
      return files
          .filter(file -> file.getFileName().toString().startsWith("electra.tar.xz."))
          .mapToLong(file -> file.toFile().length())
          .sum();
    }
  }

  private static Map<String, Path> files(Path root) throws IOException {
    Map<String, Path> files = new TreeMap<>();
    try (Stream<Path> walk = Files.walk(root)) {
      walk.filter(Files::isRegularFile)
          .forEach(file -> files.put(root.relativize(file).toString(), file));
    }
    return files;
  }

  private static Map<String, String> entries(Path jar) throws IOException {
    try (ZipFile zip = new ZipFile(jar.toFile())) {
      Map<String, String> content = new TreeMap<>();
      zip.stream()
          .forEach(
              entry -> {
                try (InputStream stream = zip.getInputStream(entry)) {
                  content.put(
                      entry.getName(), new String(stream.readAllBytes(), StandardCharsets.UTF_8));
                } catch (IOException e) {
                  throw new UncheckedIOException(e);
                }
              });
      return content;
    }
  }

  private Path jar(String name, Map<String, byte[]> entries) throws IOException {
    Path jar = folder.resolve(name);
    try (ZipOutputStream out = new ZipOutputStream(Files.newOutputStream(jar))) {
      for (Map.Entry<String, byte[]> entry : entries.entrySet()) {
        out.putNextEntry(new ZipEntry(entry.getKey()));
        out.write(entry.getValue());
      }
    }
    return jar;
  }

  private static void script(Path file, String commands) throws IOException {
    Files.createDirectories(file.getParent());
    Files.writeString(file, "#!/bin/sh\n" + commands + "\n");
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
  }

  private static byte[] text(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
