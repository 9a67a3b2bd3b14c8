package org.solrelectra.solr.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.CompletableFuture;
import org.apache.solr.common.SolrException;
import org.apache.solr.core.CoreContainer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.solrelectra.lucene.classification.EncoderClassifier;
import org.solrelectra.lucene.encoder.Encoder;
import org.solrelectra.lucene.encoder.Lane;
import org.solrelectra.lucene.encoder.OpeningLimits;
import org.solrelectra.solr.FixtureModels;
import org.solrelectra.solr.WordScoreModel;

class EncoderRegistryTest {
  private static final String INTENTS = FixtureModels.INTENTS.name();
  private static final NodeSettings SETTINGS =
      new NodeSettings(1_000_000, 0.1, Duration.ofMinutes(1), OpeningLimits.ofThisMachine());

  @TempDir private Path root;
  private EncoderRegistry registry;

  @BeforeEach
  void openRegistry() throws IOException {
    FixtureModels.write(root);
    registry = new EncoderRegistry(new ModelRoot(root), SETTINGS);
  }

  @AfterEach
  void closeRegistry() throws IOException {
    registry.close();
  }

  private static double confidence(Encoder encoder) throws IOException {
    return new EncoderClassifier(encoder, Lane.INDEXING).assignClass("lost card").getScore();
  }

  @Test
  void usersOfOneNameShareOneOpenVersion() {
    Encoder first = registry.acquire(INTENTS);
    Encoder second = registry.acquire(INTENTS);
    assertNotSame(first, second);
    assertSame(first.model(), second.model());
  }

  @Test
  void modelClosesWithItsLastUser() throws IOException {
    Encoder first = registry.acquire(INTENTS);
    Encoder second = registry.acquire(INTENTS);
    double expected = confidence(second);
    first.close();
    first.close();
    assertEquals(expected, confidence(second));
    second.close();
    IllegalStateException error =
        assertThrows(IllegalStateException.class, () -> confidence(second));
    assertEquals("the encoder of model '" + INTENTS + "' is closed", error.getMessage());
  }

  @Test
  void modelOpensAgainAfterItsLastUser() throws IOException {
    Encoder first = registry.acquire(INTENTS);
    first.close();
    Encoder second = registry.acquire(INTENTS);
    assertNotSame(first.model(), second.model());
    assertEquals(0.99, confidence(second), 0.01);
  }

  @Test
  void closingTheRegistryClosesAllModels() throws IOException {
    Encoder encoder = registry.acquire(INTENTS);
    registry.close();
    assertThrows(IllegalStateException.class, () -> confidence(encoder));
    encoder.close();
  }

  private String refusal(String name) {
    SolrException error = assertThrows(SolrException.class, () -> registry.acquire(name));
    assertEquals(SolrException.ErrorCode.SERVER_ERROR.code, error.code());
    return error.getMessage();
  }

  @Test
  void unknownNameListsTheModelsThereAre() throws IOException {
    Files.createDirectory(root.resolve("no-model"));
    assertEquals(
        "there is no model 'ranker' in "
            + root
            + "; models there: [banking-intents, passage-ranker, topics]. Copy its directory there,"
            + " or set solr.electra.models to the folder that holds it",
        refusal("ranker"));
  }

  @Test
  void nameIsNoPath() {
    for (String name : List.of("", ".", "..", "../models/topics", "/topics", "a b", "to:pics")) {
      assertEquals(
          "a model's name must be of letters, digits, '.', '_' and '-', 200 at most, and is no path;"
              + " model='"
              + name
              + "'",
          refusal(name));
    }
  }

  /** A parameter of a megabyte would make a megabyte of log. */
  @Test
  void longNameIsNotRepeatedInFull() {
    assertEquals(
        "a model's name must be of letters, digits, '.', '_' and '-', 200 at most, and is no path;"
            + " model='"
            + "m".repeat(199)
            + "…'",
        refusal("m".repeat(1_000_000)));
  }

  @Test
  void fileIsNoModel() throws IOException {
    Path file = Files.writeString(root.resolve("a-file"), "");
    assertEquals(
        "model 'a-file' must be a directory; "
            + file
            + " is a file. Copy its directory there, or set solr.electra.models to the folder that"
            + " holds it",
        refusal("a-file"));
    try (EncoderRegistry wrong = new EncoderRegistry(new ModelRoot(file), SETTINGS)) {
      assertEquals(
          "there is no model 'topics': "
              + file
              + " must be a folder of models and is a file. Copy its directory there, or set"
              + " solr.electra.models to the folder that holds it",
          assertThrows(SolrException.class, () -> wrong.acquire("topics")).getMessage());
    }
  }

  @Test
  void damagedModelIsCalledDamaged() throws IOException {
    Path graph = root.resolve(INTENTS).resolve("model.onnx");
    try (FileChannel channel = FileChannel.open(graph, StandardOpenOption.WRITE)) {
      channel.truncate(Files.size(graph) / 2);
    }
    String message = refusal(INTENTS);
    String expected =
        "model 'banking-intents' cannot be opened: "
            + graph
            + " is not an ONNX file or is cut short";
    assertEquals(expected, message.substring(0, expected.length()));
  }

  /** Infinite, it would make a probability that is no number, or a score that JSON has not. */
  @Test
  void logitThatIsNotFiniteIsAFailedInference() throws IOException {
    WordScoreModel overflowing =
        new WordScoreModel(
            "overflowing",
            "1",
            "classification",
            "softmax",
            1,
            16,
            List.of("yes", "no"),
            Map.of("large", new float[] {Float.POSITIVE_INFINITY, 0}));
    overflowing.write(root);
    try (Encoder encoder = registry.acquire("overflowing")) {
      EncoderClassifier classifier = new EncoderClassifier(encoder, Lane.INDEXING);
      assertEquals(0.5, classifier.assignClass("small").getScore());
      IOException error =
          assertThrows(IOException.class, () -> classifier.assignClass("very large"));
      assertEquals(
          "model 'overflowing' gave a logit that is not finite; logit=Infinity",
          error.getMessage());
    }
  }

  /** A pipe that nobody writes to, as a hung mount, ends no read. */
  @Test
  @EnabledOnOs({OS.LINUX, OS.MAC})
  @Timeout(60)
  void pipeInsteadOfAFileHoldsUpNobody() throws IOException, InterruptedException {
    Path config = root.resolve("passage-ranker").resolve("config.json");
    Files.delete(config);
    assertEquals(0, new ProcessBuilder("mkfifo", config.toString()).start().waitFor());
    NodeSettings settings =
        new NodeSettings(0, 0.1, Duration.ofSeconds(10), OpeningLimits.ofThisMachine());
    try (EncoderRegistry other = new EncoderRegistry(new ModelRoot(root), settings)) {
      CompletableFuture<SolrException> refused =
          CompletableFuture.supplyAsync(
              () -> assertThrows(SolrException.class, () -> other.acquire("passage-ranker")));
      other.acquire(INTENTS).close();
      String message = refused.join().getMessage();
      assertTrue(message.startsWith("model 'passage-ranker' "), message);
    }
  }

  private static CoreContainer node(Path home) throws IOException {
    Files.writeString(home.resolve("solr.xml"), "<solr/>");
    return new CoreContainer(home, new Properties());
  }

  @Test
  void nodeHasOneRegistryBelowItsHome(@TempDir Path home) throws IOException {
    FixtureModels.write(home.resolve("models"));
    CoreContainer node = node(home);
    try {
      EncoderRegistry first = EncoderRegistry.of(node);
      assertSame(first, EncoderRegistry.of(node));
      assertEquals(home.resolve("models").resolve(INTENTS), first.acquire(INTENTS).model().path());
    } finally {
      node.shutdown();
    }
  }

  @Test
  void modelRootMustBeAllowed(@TempDir Path home) throws IOException {
    CoreContainer node = node(home);
    System.setProperty(EncoderRegistry.MODELS_PROPERTY, root.toString());
    try {
      SolrException error = assertThrows(SolrException.class, () -> EncoderRegistry.of(node));
      assertEquals(SolrException.ErrorCode.SERVER_ERROR.code, error.code());
      assertEquals(
          "solr.electra.models must be below Solr's home or a path in allowPaths of solr.xml"
              + " (property solr.allowPaths); solr.electra.models="
              + root,
          error.getMessage());
      node.getAllowPaths().add(root);
      assertEquals(root.resolve(INTENTS), EncoderRegistry.of(node).acquire(INTENTS).model().path());
    } finally {
      System.clearProperty(EncoderRegistry.MODELS_PROPERTY);
      node.shutdown();
    }
  }

  @ParameterizedTest
  @CsvSource({
    "solr.electra.scoreCacheMegabytes, many, a whole number from 0 to 1048576",
    "solr.electra.scoreCacheMegabytes, -1, a whole number from 0 to 1048576",
    "solr.electra.scoreCacheMegabytes, 1.5, a whole number from 0 to 1048576",
    "solr.electra.scoreCacheMegabytes, 99999999999, a whole number from 0 to 1048576",
    "solr.electra.openTimeoutSeconds, 0, a whole number from 1 to 86400",
    "solr.electra.openTimeoutSeconds, 1m, a whole number from 1 to 86400",
    "solr.electra.modelMemoryMegabytes, 0, a whole number from 1 to 1048576",
    "solr.electra.indexingShare, 10 %, a number of at least 0 and less than 1",
    "solr.electra.indexingShare, 1, a number of at least 0 and less than 1",
    "solr.electra.indexingShare, -0.1, a number of at least 0 and less than 1",
    "solr.electra.indexingShare, NaN, a number of at least 0 and less than 1",
  })
  void propertyMustBeANumber(String property, String value, String expected, @TempDir Path home)
      throws IOException {
    CoreContainer node = node(home);
    System.setProperty(property, value);
    try {
      SolrException error = assertThrows(SolrException.class, () -> EncoderRegistry.of(node));
      assertEquals(
          property + " must be " + expected + "; " + property + "=" + value, error.getMessage());
    } finally {
      System.clearProperty(property);
      node.shutdown();
    }
  }

  @Test
  void propertiesAreRead() {
    Map<String, String> properties =
        Map.of(
            EncoderRegistry.CACHE_PROPERTY, "7",
            EncoderRegistry.INDEXING_SHARE_PROPERTY, "0.25",
            EncoderRegistry.OPEN_TIMEOUT_PROPERTY, "10",
            EncoderRegistry.MODEL_MEMORY_PROPERTY, "500");
    assertEquals(
        new NodeSettings(
            32_000_000,
            0.1,
            Duration.ofMinutes(1),
            new OpeningLimits(OpeningLimits.ofThisMachine().memoryBytes(), 30_000)),
        NodeSettings.read());
    properties.forEach(System::setProperty);
    try {
      assertEquals(
          new NodeSettings(
              7_000_000, 0.25, Duration.ofSeconds(10), new OpeningLimits(500_000_000, 5_000)),
          NodeSettings.read());
    } finally {
      properties.keySet().forEach(System::clearProperty);
    }
  }

  @Test
  void sizeOfTheCacheCanBeSaid(@TempDir Path home) throws IOException {
    CoreContainer node = node(home);
    System.setProperty(EncoderRegistry.CACHE_PROPERTY, "5");
    try {
      assertEquals(5_000_000L, EncoderRegistry.of(node).scoreCacheStatistics().get("maximumBytes"));
    } finally {
      System.clearProperty(EncoderRegistry.CACHE_PROPERTY);
      node.shutdown();
    }
  }

  @Test
  void secondClassLoaderIsRefused(@TempDir Path home) throws IOException {
    CoreContainer node = node(home);
    try {
      node.getObjectCache().put(EncoderRegistry.class.getName(), "another loader's registry");
      SolrException error = assertThrows(SolrException.class, () -> EncoderRegistry.of(node));
      assertEquals(
          "solr-electra must be installed once for the whole node, in lib of Solr's home or in a"
              + " sharedLib, because its native library can be loaded once; it was loaded by null"
              + " and again by "
              + EncoderRegistry.class.getClassLoader(),
          error.getMessage());
    } finally {
      node.shutdown();
    }
  }
}
