package org.solrelectra.solr.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import org.apache.solr.common.SolrException;
import org.apache.solr.core.CoreContainer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.solrelectra.lucene.classification.EncoderClassifier;
import org.solrelectra.lucene.encoder.Encoder;
import org.solrelectra.lucene.encoder.Lane;
import org.solrelectra.lucene.encoder.WorkerPool;
import org.solrelectra.solr.FixtureModels;
import org.solrelectra.solr.WordScoreModel;

class EncoderRegistryTest {
  private static final String INTENTS = FixtureModels.INTENTS.name();

  @TempDir private Path root;
  private EncoderRegistry registry;

  @BeforeEach
  void openRegistry() throws IOException {
    FixtureModels.write(root);
    registry = new EncoderRegistry(root, new WorkerPool(1), new ScoreCache(1_000_000));
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
          "a model's name must be of letters, digits, '.', '_' and '-', and is no path; model='"
              + name
              + "'",
          refusal(name));
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
  @ValueSource(strings = {"many", "-1", "1.5", "99999999999"})
  void sizeOfTheCacheMustBeANumber(String size, @TempDir Path home) throws IOException {
    CoreContainer node = node(home);
    System.setProperty(EncoderRegistry.CACHE_PROPERTY, size);
    try {
      SolrException error = assertThrows(SolrException.class, () -> EncoderRegistry.of(node));
      assertEquals(
          "solr.electra.scoreCacheMegabytes must be a whole number from 0 to 1048576;"
              + " solr.electra.scoreCacheMegabytes="
              + size,
          error.getMessage());
    } finally {
      System.clearProperty(EncoderRegistry.CACHE_PROPERTY);
      node.shutdown();
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
