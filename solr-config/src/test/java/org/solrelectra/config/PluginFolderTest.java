package org.solrelectra.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.jar.JarFile;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The folder of jars that a node loads. */
class PluginFolderTest {
  private static List<Path> jars() throws IOException {
    try (Stream<Path> files = Files.list(SolrNode.PLUGIN)) {
      return files.sorted().toList();
    }
  }

  @Test
  void holdsOursAndWhatSolrHasNot() throws IOException {
    assertEquals(
        List.of(
            "onnxruntime",
            "protobuf-java",
            "solr-electra-lucene",
            "solr-electra-solr",
            "tribuo-util-onnx"),
        jars().stream()
            .map(jar -> jar.getFileName().toString().replaceFirst("-\\d.*", ""))
            .toList());
  }

  /** Else the tests and the demo would not show what breaks in production. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "ai.onnxruntime.OrtEnvironment",
        "org.solrelectra.lucene.encoder.OnnxEncoder",
        "org.solrelectra.solr.core.EncoderRegistry",
        "org.solrelectra.solr.search.CrossEncoderQParserPlugin",
        "com.google.protobuf.Message",
        "ai.onnx.proto.OnnxMl"
      })
  void isOnNoClassPathOfThisModule(String type) throws IOException {
    assertThrows(
        ClassNotFoundException.class,
        () -> Class.forName(type, false, getClass().getClassLoader()));
    String entry = type.replace('.', '/') + ".class";
    boolean inFolder = false;
    for (Path jar : jars()) {
      try (JarFile file = new JarFile(jar.toFile())) {
        inFolder |= file.getEntry(entry) != null;
      }
    }
    assertTrue(inFolder, entry);
  }
}
