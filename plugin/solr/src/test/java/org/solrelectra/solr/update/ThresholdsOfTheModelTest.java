package org.solrelectra.solr.update;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import org.apache.solr.client.solrj.SolrServerException;
import org.apache.solr.client.solrj.embedded.EmbeddedSolrServer;
import org.apache.solr.client.solrj.request.UpdateRequest;
import org.apache.solr.common.SolrInputDocument;
import org.apache.solr.common.params.ModifiableSolrParams;
import org.apache.solr.core.CoreContainer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.solrelectra.solr.FixtureModels;

/** A model that says from which probability on a text has a label is taken at its word. */
@Timeout(60)
class ThresholdsOfTheModelTest {
  private static final String SCHEMA =
      """
      <schema name="test" version="1.7">
        <uniqueKey>id</uniqueKey>
        <field name="id" type="string"/>
        <field name="text" type="string"/>
        <field name="labels" type="string" multiValued="true"/>
        <fieldType name="string" class="solr.StrField" stored="true" indexed="true"/>
      </schema>
      """;

  private static final String SOLRCONFIG =
      """
      <config>
        <luceneMatchVersion>9.12</luceneMatchVersion>
        <schemaFactory class="ClassicIndexSchemaFactory"/>
        <updateRequestProcessorChain name="label" default="true">
          <processor class="org.solrelectra.solr.update.TextClassificationUpdateProcessorFactory">
            <str name="model">topics</str>
            <str name="inputField">text</str>
            <str name="outputField">labels</str>
            PARAMETERS
          </processor>
          <processor class="solr.RunUpdateProcessorFactory"/>
        </updateRequestProcessorChain>
        <requestHandler name="/select" class="solr.SearchHandler"/>
      </config>
      """;

  @TempDir private static Path home;
  private static CoreContainer node;

  @BeforeAll
  static void startNode() throws IOException {
    Path models = home.resolve("models");
    FixtureModels.write(models);
    Path manifest = models.resolve("topics/manifest.json");
    ObjectMapper mapper = new ObjectMapper();
    ObjectNode json = (ObjectNode) mapper.readTree(manifest.toFile());
    json.withObject("/calibration/thresholds")
        .put("sport", 0.99)
        .put("politics", 0.7)
        .put("science", 0.01);
    mapper.writeValue(manifest.toFile(), json);
    Files.writeString(home.resolve("solr.xml"), "<solr/>");
    node = new CoreContainer(home, new Properties());
    node.load();
  }

  @AfterAll
  @Timeout(60)
  static void endNode() {
    node.shutdown();
  }

  /** The probabilities of "goal stadium" are .95 (sport), .73 (politics) and .02 (science). */
  @Test
  void eachLabelHasItsOwn() throws IOException, SolrServerException {
    assertEquals(List.of("politics", "science"), labels("own", ofUpTo(3)));
    // What is likelier and below its threshold takes no other label's place.
    assertEquals(List.of("politics"), labels("one", ofUpTo(1)));
  }

  @Test
  void whatIsConfiguredComesFirst() throws IOException, SolrServerException {
    assertEquals(
        List.of("sport", "politics"),
        labels("given", ofUpTo(3) + "<double name=\"threshold\">0.7</double>"));
    assertEquals(
        List.of("sport", "politics", "science"),
        labels("zero", ofUpTo(3) + "<double name=\"threshold\">0</double>"));
    assertEquals(
        List.of("sport"),
        labels("logit", ofUpTo(3) + "<double name=\"logitThreshold\">4</double>"));
  }

  private static String ofUpTo(int maxLabels) {
    return "<int name=\"maxLabels\">" + maxLabels + "</int>";
  }

  /** Indexes a text in a core of its own and returns its labels. */
  private static List<Object> labels(String core, String parameters)
      throws IOException, SolrServerException {
    Path conf = Files.createDirectories(home.resolve(core).resolve("conf"));
    Files.writeString(conf.resolve("schema.xml"), SCHEMA);
    Files.writeString(conf.resolve("solrconfig.xml"), SOLRCONFIG.replace("PARAMETERS", parameters));
    node.create(core, Map.of());
    try (EmbeddedSolrServer server = new EmbeddedSolrServer(node, core)) {
      SolrInputDocument document = new SolrInputDocument();
      document.setField("id", "1");
      document.setField("text", "goal stadium");
      UpdateRequest update = new UpdateRequest();
      update.add(document);
      update.process(server);
      server.commit();
      ModifiableSolrParams query = new ModifiableSolrParams();
      query.set("q", "*:*");
      Collection<Object> labels = server.query(query).getResults().get(0).getFieldValues("labels");
      return List.copyOf(labels);
    }
  }
}
