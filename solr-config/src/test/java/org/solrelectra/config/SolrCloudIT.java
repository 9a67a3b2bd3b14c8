package org.solrelectra.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.apache.solr.client.solrj.request.CollectionAdminRequest;
import org.apache.solr.cloud.MiniSolrCloudCluster;
import org.apache.solr.embedded.JettyConfig;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Labels, reranking and corpora in a SolrCloud of two nodes and two shards. */
class SolrCloudIT {
  private static final String MODELS = "solr.electra.models";
  private static final String ALLOWED = "solr.allowPaths";
  private static final String BY_RANK = "{!func}field(rank)";

  private static MiniSolrCloudCluster cluster;

  @BeforeAll
  static void startCluster() throws Exception { // what the cluster declares
    System.setProperty(MODELS, FixtureModels.FOLDER.toString());
    System.setProperty(ALLOWED, FixtureModels.FOLDER.toString());
    Path folder = Files.createTempDirectory(Path.of("target").toAbsolutePath(), "solr-cloud");
    String solrXml =
        MiniSolrCloudCluster.DEFAULT_CLOUD_SOLR_XML.replaceFirst(
            "<solr>", "<solr><str name=\"sharedLib\">" + SolrNode.PLUGIN + "</str>");
    cluster =
        new MiniSolrCloudCluster(
            2, folder, solrXml, JettyConfig.builder().setContext("/solr").build());
    Path conf = folder.resolve("conf");
    new TestConfigset()
        .labelling(
            "model", "banking-intents",
            "inputField", "text",
            "outputField", "label",
            "confidenceField", "confidence")
        .reranking("models", "passage-ranker")
        .write(conf);
    cluster.uploadConfigSet(conf, "test");
    cluster.uploadConfigSet(Path.of("configset/conf").toAbsolutePath(), "help-desk");
  }

  @AfterAll
  static void stopCluster() throws Exception { // what the cluster declares
    System.clearProperty(MODELS);
    System.clearProperty(ALLOWED);
    if (cluster != null) {
      cluster.shutdown();
    }
  }

  private static String node(int index) {
    return cluster.getJettySolrRunner(index).getBaseUrl().toString();
  }

  /** Makes a collection whose shards a test chooses for each document. */
  private static SolrNode.Core collection(String name) throws Exception {
    CollectionAdminRequest.createCollectionWithImplicitRouter(name, "test", "shard1,shard2", 1)
        .process(cluster.getSolrClient());
    cluster.waitForActiveCollection(name, 2, 2);
    return new SolrNode.Core(node(0), name);
  }

  private static void index(SolrNode.Core collection, String shard, String... documents) {
    String json = "[" + String.join(",", documents).replace('\'', '"') + "]";
    Http.Answer answer = collection.update(json, "_route_", shard);
    assertEquals("", answer.error());
    assertEquals(200, answer.status());
  }

  /** Document i has first-stage score 100 - i and logit i; three on each shard. */
  private static SolrNode.Core sixDocuments(String name) throws Exception {
    SolrNode.Core collection = collection(name);
    for (int i = 0; i < 6; i++) {
      index(
          collection,
          i % 2 == 0 ? "shard1" : "shard2",
          "{'id':'" + i + "','rank':" + (100 - i) + ",'text':'" + "good ".repeat(i) + "'}");
    }
    return collection;
  }

  private static String rq(String more) {
    return "{!crossEncoder model=passage-ranker inputField=text queryText='is it any' "
        + more
        + "}";
  }

  private static Http.Answer ask(SolrNode.Core collection, String rq, String... parameters) {
    List<String> all = new ArrayList<>(List.of("q", BY_RANK, "rq", rq));
    all.addAll(List.of(parameters));
    if (!all.contains("fl")) {
      all.addAll(List.of("fl", "id,text,score"));
    }
    return collection.select(all.toArray(String[]::new));
  }

  @Test
  void eachShardReRanksItsWindowAndTheCoordinatorMerges() throws Exception {
    SolrNode.Core collection = sixDocuments("merged");
    Http.Answer answer = ask(collection, rq("reRankDocs=2"));
    // Shard 1 holds 0, 2, 4 and reranks 0, 2; shard 2 holds 1, 3, 5 and reranks 1, 3.
    assertEquals(List.of("3", "2", "1", "0", "4", "5"), answer.values("id"));
    assertEquals(List.of("3.0", "2.0", "1.0", "0.0"), answer.values("score").subList(0, 4));
    assertEquals("{\"status\":\"ok\",\"reRanked\":4,\"truncatedQueries\":0}", answer.section());

    // Below the window a shard's score says nothing; the first stage's does.
    Http.Answer before =
        ask(collection, rq("reRankDocs=2"), "fl", "id,text,score,before:originalScore()");
    assertEquals(List.of("97.0", "98.0", "99.0", "100.0", "96.0", "95.0"), before.values("before"));
    assertEquals(
        answer.values("id"),
        ask(collection, rq("reRankDocs=2"), "sort", "score desc,id desc").values("id"));

    List<String> pages = new ArrayList<>();
    for (int start = 0; start < 6; start += 2) {
      pages.addAll(
          ask(collection, rq("reRankDocs=2"), "start", "" + start, "rows", "2").values("id"));
    }
    assertEquals(answer.values("id"), pages);
  }

  @Test
  void explanationsHaveTheScoresOfTheShards() throws Exception {
    SolrNode.Core collection = sixDocuments("explained");
    for (String parameters : List.of("reRankDocs=2", "timeoutMillis=0", "reRankOperator=add")) {
      Http.Answer plain = ask(collection, rq(parameters));
      Http.Answer explained =
          ask(collection, rq(parameters), "debugQuery", "true", "debug.explain.structured", "true");
      assertEquals(plain.documents(), explained.documents());
      assertEquals(6, explained.documents().size());
      for (JsonNode document : explained.documents()) {
        JsonNode explanation =
            explained.json().path("debug").path("explain").path(document.path("id").asText());
        assertEquals(
            document.path("score").floatValue(),
            explanation.path("value").floatValue(),
            explanation.toString());
      }
    }
  }

  /** Shard 2 holds a document that the model fails on. */
  private static SolrNode.Core poisonedShard(String name) throws Exception {
    SolrNode.Core collection = collection(name);
    index(
        collection,
        "shard1",
        "{'id':'0','rank':2,'text':'bad'}",
        "{'id':'1','rank':1,'text':'awful'}");
    // In the title: the classifier, which does not read it, would refuse the document.
    index(
        collection,
        "shard2",
        "{'id':'2','rank':4,'title':'poison'}",
        "{'id':'3','rank':3,'title':'good'}");
    return collection;
  }

  private static final String BY_TITLE_AND_TEXT =
      "{!crossEncoder model=passage-ranker inputField=title,text queryText='is it any' ";

  @Test
  void shardThatGivesUpStandsBelowTheOthers() throws Exception {
    SolrNode.Core collection = poisonedShard("poisoned");
    Http.Answer answer = ask(collection, BY_TITLE_AND_TEXT + "}");
    assertEquals(200, answer.status());
    assertEquals(List.of("0", "1", "2", "3"), answer.values("id"));
    assertEquals(List.of("-1.0", "-2.5"), answer.values("score").subList(0, 2));
    JsonNode section = answer.header().path("crossEncoder");
    assertEquals("partial", section.path("status").asText());
    assertEquals(2, section.path("reRanked").asInt());
    assertEquals(1, section.path("reasons").size());
    String reason = section.path("reasons").path("shard2").asText();
    assertTrue(reason.endsWith("gave a logit that is not finite; logit=NaN"), section.toString());
  }

  @Test
  void shardThatCannotReRankFailsTheRequestOnTheCoordinator() throws Exception {
    SolrNode.Core collection = poisonedShard("failed");
    Http.Answer strict = ask(collection, BY_TITLE_AND_TEXT + "onError=fail}");
    assertEquals(500, strict.status());
    assertTrue(
        strict.error().startsWith("cannot rerank with model 'passage-ranker' on shard2: "),
        strict.error());
    Http.Answer tolerant =
        ask(collection, BY_TITLE_AND_TEXT + "onError=fail}", "shards.tolerant", "true");
    assertEquals(200, tolerant.status());
    assertEquals(List.of("0", "1", "2", "3"), tolerant.values("id"));
    assertEquals("partial", tolerant.header().path("crossEncoder").path("status").asText());
    assertTrue(tolerant.header().path("partialResults").asBoolean());
  }

  @Test
  void wrongRequestsAreRefusedByCoordinatorAndShards() throws Exception {
    SolrNode.Core collection = sixDocuments("refused");
    Http.Answer byCoordinator = ask(collection, rq("reRankDocs=0"));
    assertEquals(400, byCoordinator.status());
    assertEquals(
        "{!crossEncoder}: reRankDocs must be a whole number in 1..10000; reRankDocs=0",
        byCoordinator.error());
    Http.Answer byShards = ask(collection, rq(""), "sort", "rank asc");
    assertEquals(400, byShards.status());
    assertTrue(
        byShards
            .error()
            .endsWith(
                "{!crossEncoder}: sort must begin with 'score desc', which is what reranking"
                    + " changes; sort=<float: \"rank\">"),
        byShards.error());
  }

  @Test
  void updatesAreLabelledByTheNodeThatReceivesThem() throws Exception {
    SolrNode.Core collection = collection("labelled");
    for (String shard : List.of("shard1", "shard2")) {
      for (int i = 0; i < 2; i++) {
        SolrNode.Core receiver = new SolrNode.Core(node(i), collection.name());
        String id = shard + i;
        index(receiver, shard, "{'id':'" + id + "','text':'top top'}");
        assertLabel("top_up_failed", receiver, shard, id);
        SolrNode.Core other = new SolrNode.Core(node(1 - i), collection.name());
        index(other, shard, "{'id':'" + id + "','text':{'set':'lost card'}}");
        assertLabel("lost_or_stolen_card", receiver, shard, id);
        index(other, shard, "{'id':'" + id + "','text':{'set':null}}");
        assertLabel("", receiver, shard, id);
      }
    }
  }

  private static void assertLabel(String label, SolrNode.Core collection, String shard, String id) {
    JsonNode document =
        collection.select("q", "id:" + id, "fl", "*", "_route_", shard).documents().get(0);
    assertEquals(label, document.path("label").asText(), document.toString());
    assertEquals(label.isEmpty(), document.path("confidence").isMissingNode());
  }

  @Test
  void shippedConfigsetWorksInSolrCloud() throws Exception {
    CollectionAdminRequest.createCollection("help-desk", "help-desk", 2, 1)
        .process(cluster.getSolrClient());
    cluster.waitForActiveCollection("help-desk", 2, 2);
    SolrNode.Core collection = new SolrNode.Core(node(0), "help-desk");
    List<String> documents = new ArrayList<>();
    for (int i = 0; i < 10; i++) {
      documents.add(
          "{\"id\":\"p" + i + "\",\"title\":\"account\",\"text\":\"" + "good ".repeat(i) + "\"}");
      documents.add("{\"id\":\"m" + i + "\",\"message\":\"I lost my card\"}");
    }
    assertEquals(200, collection.update("[" + String.join(",", documents) + "]").status());
    assertEquals(
        10,
        collection
            .select("q", "*:*", "fq", "intent:lost_or_stolen_card")
            .json()
            .path("response")
            .path("numFound")
            .asInt());

    Http.Answer answer =
        Http.form(collection.url() + "/ask", "q", "How do I close my account?", "rows", "3");
    assertEquals(List.of("p9", "p8", "p7"), answer.values("id"));
    assertEquals("{\"status\":\"ok\",\"reRanked\":10,\"truncatedQueries\":0}", answer.section());
  }

  @Test
  void corpusOfTheShippedConfigsetIsReadFromAllShards(@TempDir Path folder) throws Exception {
    ElectraCommand.assumeBuilt();
    CollectionAdminRequest.createCollection("corpus", "help-desk", 2, 1)
        .process(cluster.getSolrClient());
    cluster.waitForActiveCollection("corpus", 2, 2);
    SolrNode.Core collection = new SolrNode.Core(node(0), "corpus");
    List<String> passages = new ArrayList<>();
    for (int i = 0; i < 50; i++) {
      passages.add(
          String.format(
              Locale.ROOT, "{\"id\":\"p%02d\",\"title\":\"account %d\",\"text\":\"good\"}", i, i));
    }
    assertEquals(200, collection.update("[" + String.join(",", passages) + "]").status());

    Path ofFile = folder.resolve("of-file");
    Path file = Files.write(folder.resolve("passages.jsonl"), passages);
    ElectraCommand.corpus(file, ofFile, "--field", "title", "--field", "text").assertSuccess();
    Path ofSolr = folder.resolve("of-solr");
    ElectraCommand.corpus(
            collection.url(), ofSolr, "--field", "title", "--field", "text", "--rows", "7")
        .assertSuccess();
    ElectraCommand.assertSameCorpus(ofFile, ofSolr);
    assertEquals(50, ElectraCommand.report(ofSolr).path("documents").asInt());
  }
}
