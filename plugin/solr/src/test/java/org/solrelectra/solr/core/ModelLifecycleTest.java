package org.solrelectra.solr.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.codahale.metrics.Gauge;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Properties;
import org.apache.solr.common.SolrException;
import org.apache.solr.core.CoreContainer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.solrelectra.solr.FixtureModels;

/** A node's cores hold the models that they name as long as they are open, and no longer. */
@Timeout(60)
class ModelLifecycleTest {
  private static final String SCHEMA =
      """
      <schema name="test" version="1.7">
        <uniqueKey>id</uniqueKey>
        <field name="id" type="string"/>
        <field name="text" type="string"/>
        <field name="label" type="string"/>
        <fieldType name="string" class="solr.StrField"/>
      </schema>
      """;

  private static final String SOLRCONFIG =
      """
      <config>
        <luceneMatchVersion>9.12</luceneMatchVersion>
        <schemaFactory class="ClassicIndexSchemaFactory"/>
        <updateRequestProcessorChain name="label">
          <processor class="org.solrelectra.solr.update.TextClassificationUpdateProcessorFactory">
            <str name="model">banking-intents</str>
            <str name="inputField">text</str>
            <str name="outputField">label</str>
            <str name="maxLabels">MAX_LABELS</str>
          </processor>
          <processor class="solr.RunUpdateProcessorFactory"/>
        </updateRequestProcessorChain>
        <queryParser name="crossEncoder"
            class="org.solrelectra.solr.search.CrossEncoderQParserPlugin">
          <str name="models">MODELS</str>
        </queryParser>
      </config>
      """;

  private static final String RIGHT =
      SOLRCONFIG.replace("MAX_LABELS", "1").replace("MODELS", "passage-ranker");

  private static final Map<String, Integer> ONE_CORE =
      Map.of("banking-intents", 1, "passage-ranker", 1);

  @TempDir private static Path home;
  private static CoreContainer node;
  private static EncoderRegistry registry;

  @BeforeAll
  static void startNode() throws IOException {
    FixtureModels.write(home.resolve("models"));
    Files.writeString(home.resolve("solr.xml"), "<solr/>");
    node = new CoreContainer(home, new Properties());
    node.load();
    registry = EncoderRegistry.of(node);
  }

  @AfterEach
  @Timeout(60)
  void unloadCores() {
    node.getAllCoreNames().forEach(node::unload);
    awaitUsers(Map.of());
  }

  /** A node that ends releases all, too. */
  @AfterAll
  @Timeout(60)
  static void endNode() throws IOException {
    create("last", RIGHT);
    node.shutdown();
    assertEquals(Map.of(), registry.users());
  }

  private static void write(String core, String solrconfig) throws IOException {
    Path conf = Files.createDirectories(home.resolve(core).resolve("conf"));
    Files.writeString(conf.resolve("schema.xml"), SCHEMA);
    Files.writeString(conf.resolve("solrconfig.xml"), solrconfig);
  }

  private static void create(String core, String solrconfig) throws IOException {
    write(core, solrconfig);
    node.create(core, Map.of());
  }

  /** A core closes when its last searcher has, which another thread may be at. */
  private static void awaitUsers(Map<String, Integer> expected) {
    while (!registry.users().equals(expected) && !Thread.currentThread().isInterrupted()) {
      Thread.onSpinWait();
    }
    assertEquals(expected, registry.users());
  }

  @Test
  void coresShareModelsUntilTheLastOneCloses() throws IOException {
    create("a", RIGHT);
    assertEquals(ONE_CORE, registry.users());
    create("b", RIGHT);
    assertEquals(Map.of("banking-intents", 2, "passage-ranker", 2), registry.users());
    node.unload("a");
    awaitUsers(ONE_CORE);
    node.unload("b");
    awaitUsers(Map.of());
  }

  @Test
  void metricsSayWhatIsBeingOpened() throws IOException {
    create("a", RIGHT);
    Gauge<?> gauge =
        node.getMetricManager()
            .registry("solr.core.a")
            .getGauges()
            .get("QUERYPARSER.crossEncoder.openings");
    assertEquals(Map.of("opening", 0L, "stuck", 0, "stuckModels", Map.of()), gauge.getValue());
  }

  @Test
  void reloadedCoreReleasesWhatItHeldBefore() throws IOException {
    create("a", RIGHT);
    for (int i = 0; i < 3; i++) {
      node.reload("a");
      awaitUsers(ONE_CORE);
    }
    node.unload("a");
    awaitUsers(Map.of());
  }

  @Test
  void refusedCoreReleasesWhatItHasOpened() throws IOException {
    for (String wrong :
        new String[] {
          // The classifier has three labels.
          SOLRCONFIG.replace("MAX_LABELS", "4").replace("MODELS", "passage-ranker"),
          // Not a ranker.
          SOLRCONFIG.replace("MAX_LABELS", "1").replace("MODELS", "topics"),
          SOLRCONFIG
              .replace("MAX_LABELS", "1")
              .replace("MODELS", "passage-ranker</str><str name=\"models\">no-such-model")
        }) {
      assertThrows(SolrException.class, () -> create("a", wrong));
      awaitUsers(Map.of());
    }
  }

  @Test
  void refusedReloadKeepsTheModelsOfTheRunningCore() throws IOException {
    create("a", RIGHT);
    write("a", SOLRCONFIG.replace("MAX_LABELS", "4").replace("MODELS", "passage-ranker"));
    assertThrows(SolrException.class, () -> node.reload("a"));
    awaitUsers(ONE_CORE);
    // Else Solr would not unload the core, but forget it.
    write("a", RIGHT);
    node.reload("a");
    awaitUsers(ONE_CORE);
  }
}
