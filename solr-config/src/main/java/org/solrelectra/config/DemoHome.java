package org.solrelectra.config;

import java.io.IOException;
import java.nio.file.FileVisitOption;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/**
 * A Solr home with what one core needs, as one would set it up by hand: the plugin's jars in {@code
 * lib}, the configset in the core's {@code conf}, and the models' folder allowed.
 */
final class DemoHome {
  private static final String SOLR_XML =
      "<solr>\n  <str name=\"allowPaths\">${" + Demo.MODELS_PROPERTY + "}</str>\n</solr>\n";

  private DemoHome() {}

  /**
   * Makes the home anew; what was there before is deleted.
   *
   * @param module the folder of this module, built
   */
  static void create(Path home, Path module) throws IOException {
    delete(home);
    Files.createDirectories(home);
    Files.writeString(home.resolve("solr.xml"), SOLR_XML);
    copy(module.resolve("target/plugin"), home.resolve("lib"));
    copy(module.resolve("configset/conf"), home.resolve(HelpDesk.CORE).resolve("conf"));
  }

  private static void copy(Path from, Path to) throws IOException {
    try (Stream<Path> walk = Files.walk(from, FileVisitOption.FOLLOW_LINKS)) {
      for (Path path : (Iterable<Path>) walk::iterator) {
        Path target = to.resolve(from.relativize(path).toString());
        if (Files.isDirectory(path)) {
          Files.createDirectories(target);
        } else {
          Files.copy(path, target);
        }
      }
    }
  }

  private static void delete(Path folder) throws IOException {
    if (!Files.exists(folder)) {
      return;
    }
    List<Path> deepestFirst;
    try (Stream<Path> walk = Files.walk(folder)) {
      deepestFirst = walk.sorted(Comparator.reverseOrder()).toList();
    }
    for (Path path : deepestFirst) {
      Files.delete(path);
    }
  }
}
