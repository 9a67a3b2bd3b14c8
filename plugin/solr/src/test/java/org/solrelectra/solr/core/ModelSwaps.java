package org.solrelectra.solr.core;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.solr.client.solrj.SolrServerException;
import org.apache.solr.client.solrj.embedded.EmbeddedSolrServer;
import org.apache.solr.client.solrj.request.UpdateRequest;
import org.apache.solr.common.params.ModifiableSolrParams;
import org.apache.solr.common.util.NamedList;
import org.apache.solr.core.CoreContainer;
import org.solrelectra.lucene.FixtureModels;
import org.solrelectra.lucene.SoakProcess;

/**
 * What {@link ModelSwapIT} has done in a process of its own: a core is reloaded with another ranker
 * each time, which closes one model and opens another, while a client searches.
 */
final class ModelSwaps {
  private static final String CORE = "core";
  private static final String CLASSIFIER = "classifier";
  private static final List<String> RANKERS = List.of("first-ranker", "second-ranker");
  private static final int DOCUMENTS = 20;
  private static final int SEARCHES_PER_RELOAD = 3;
  private static final int PATIENCE_SECONDS = 60;

  private static final String SCHEMA =
      """
      <schema name="test" version="1.7">
        <uniqueKey>id</uniqueKey>
        <field name="id" type="string"/>
        <field name="text" type="string"/>
        <field name="label" type="string"/>
        <fieldType name="string" class="solr.StrField" stored="true"/>
      </schema>
      """;

  private static final String SOLRCONFIG =
      """
      <config>
        <luceneMatchVersion>9.12</luceneMatchVersion>
        <schemaFactory class="ClassicIndexSchemaFactory"/>
        <updateRequestProcessorChain name="label" default="true">
          <processor class="org.solrelectra.solr.update.TextClassificationUpdateProcessorFactory">
            <str name="model">classifier</str>
            <str name="inputField">text</str>
            <str name="outputField">label</str>
          </processor>
          <processor class="solr.RunUpdateProcessorFactory"/>
        </updateRequestProcessorChain>
        <queryParser name="crossEncoder"
            class="org.solrelectra.solr.search.CrossEncoderQParserPlugin">
          <str name="models">RANKER</str>
        </queryParser>
        <requestHandler name="/select" class="solr.SearchHandler">
          <lst name="defaults">
            <str name="q">*:*</str>
            <str name="rq">{!crossEncoder model=RANKER inputField=text queryText=$words}</str>
          </lst>
        </requestHandler>
      </config>
      """;

  private ModelSwaps() {}

  /** Takes Solr's home and how often to reload. */
  public static void main(String[] args)
      throws IOException, InterruptedException, ExecutionException, SolrServerException {
    Path home = Path.of(args[0]);
    int steps = Integer.parseInt(args[1]);
    Path models = home.resolve("models");
    FixtureModels.copy(CLASSIFIER, models);
    for (String ranker : RANKERS) {
      Files.move(FixtureModels.copy("ranker", models), models.resolve(ranker));
    }
    Files.writeString(home.resolve("solr.xml"), "<solr/>");
    CoreContainer node = new CoreContainer(home, new Properties());
    node.load();
    EncoderRegistry registry = EncoderRegistry.of(node);
    ExecutorService client = Executors.newSingleThreadExecutor();
    // Not closed: it would end the node.
    try {
      configure(home, RANKERS.get(0));
      node.create(CORE, Map.of());
      @SuppressWarnings("resource")
      EmbeddedSolrServer server = new EmbeddedSolrServer(node, CORE);
      index(server);
      AtomicBoolean isOver = new AtomicBoolean();
      Semaphore searches = new Semaphore(0);
      Future<?> end =
          client.submit(
              () -> {
                for (int search = 0; !isOver.get(); search++) {
                  search(server, "good " + search);
                  searches.release();
                }
                return null;
              });
      for (int step = 1; step <= steps; step++) {
        searches.drainPermits();
        if (!searches.tryAcquire(SEARCHES_PER_RELOAD, PATIENCE_SECONDS, TimeUnit.SECONDS)) {
          break;
        }
        String ranker = RANKERS.get(step % RANKERS.size());
        configure(home, ranker);
        node.reload(CORE);
        awaitUsers(registry, Map.of(CLASSIFIER, 1, ranker, 1));
        SoakProcess.step(step, steps);
      }
      isOver.set(true);
      end.get();
      node.unload(CORE);
      awaitUsers(registry, Map.of());
    } finally {
      client.shutdownNow();
      node.shutdown();
    }
  }

  private static void configure(Path home, String ranker) throws IOException {
    Path conf = Files.createDirectories(home.resolve(CORE).resolve("conf"));
    Files.writeString(conf.resolve("schema.xml"), SCHEMA);
    Files.writeString(conf.resolve("solrconfig.xml"), SOLRCONFIG.replace("RANKER", ranker));
  }

  private static void index(EmbeddedSolrServer server) throws IOException, SolrServerException {
    UpdateRequest update = new UpdateRequest();
    for (int i = 0; i < DOCUMENTS; i++) {
      update.add("id", String.valueOf(i), "text", "a great or bad card " + i);
    }
    update.commit(server, CORE);
  }

  private static void search(EmbeddedSolrServer server, String words)
      throws IOException, SolrServerException {
    NamedList<?> header = server.query(new ModifiableSolrParams().set("words", words)).getHeader();
    Object reRanked = ((NamedList<?>) header.get("crossEncoder")).get("reRanked");
    if (!reRanked.equals(DOCUMENTS)) {
      throw new IllegalStateException("expected " + DOCUMENTS + " reranked documents; " + header);
    }
  }

  /** A core closes when its last searcher has, which another thread may be at. */
  private static void awaitUsers(EncoderRegistry registry, Map<String, Integer> expected) {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
    while (!registry.users().equals(expected)) {
      if (System.nanoTime() - end > 0) {
        throw new IllegalStateException(
            "users must be " + expected + "; users=" + registry.users());
      }
      Thread.onSpinWait();
    }
  }
}
