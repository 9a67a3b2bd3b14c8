package org.solrelectra.training.bundle;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.spi.ToolProvider;

/** A Java runtime of the modules that electra needs, made of the JDK that runs. */
public final class JavaRuntime {

  /**
   * What our classes and their libraries use, as {@code jdeps -s} lists it: java.desktop for
   * XChart, java.management for the benchmarks, java.net.http for a running Solr, java.xml for
   * MedQuAD, jdk.unsupported for protobuf and JavaCPP; and by name, when it runs, jdk.crypto.ec for
   * HTTPS.
   */
  static final List<String> MODULES =
      List.of(
          "java.base",
          "java.desktop",
          "java.logging",
          "java.management",
          "java.net.http",
          "java.xml",
          "jdk.crypto.ec",
          "jdk.unsupported");

  private JavaRuntime() {}

  /**
   * Makes it. Classes stay uncompressed: the archive they go into compresses better than they would
   * one by one.
   *
   * @param target a folder that does not exist yet
   * @throws IOException if this is no JDK with jlink and its modules
   */
  public static void link(Path target) throws IOException {
    Path home = Path.of(System.getProperty("java.home"));
    ToolProvider jlink = ToolProvider.findFirst("jlink").orElse(null);
    if (jlink == null || !Files.isDirectory(home.resolve("jmods"))) {
      throw new IOException(
          "a bundle is made with a JDK that has jlink and the folder jmods (Debian and Ubuntu:"
              + " openjdk-17-jdk-headless); java.home="
              + home);
    }
    StringWriter printed = new StringWriter();
    PrintWriter writer = new PrintWriter(printed, true);
    int code =
        jlink.run(
            writer,
            writer,
            "--add-modules",
            String.join(",", MODULES),
            "--strip-java-debug-attributes",
            "--no-header-files",
            "--no-man-pages",
            "--output",
            target.toString());
    if (code != 0) {
      throw new IOException("jlink ended with " + code + ": " + printed.toString().strip());
    }
  }
}
