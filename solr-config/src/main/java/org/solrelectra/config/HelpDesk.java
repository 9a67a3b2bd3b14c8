package org.solrelectra.config;

import java.io.IOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.solr.client.solrj.SolrClient;
import org.apache.solr.client.solrj.SolrQuery;
import org.apache.solr.client.solrj.SolrRequest.METHOD;
import org.apache.solr.client.solrj.SolrServerException;
import org.apache.solr.client.solrj.impl.Http2SolrClient;
import org.apache.solr.client.solrj.request.CoreAdminRequest;
import org.apache.solr.client.solrj.request.GenericSolrRequest;
import org.apache.solr.client.solrj.request.QueryRequest;
import org.apache.solr.client.solrj.response.QueryResponse;
import org.apache.solr.common.SolrDocument;
import org.apache.solr.common.SolrException;
import org.apache.solr.common.SolrInputDocument;
import org.apache.solr.common.params.ModifiableSolrParams;
import org.apache.solr.common.params.SolrParams;
import org.apache.solr.common.util.NamedList;
import org.apache.solr.search.DisMaxQParserPlugin;
import org.apache.solr.search.QueryParsing;
import org.solrelectra.config.SampleDocuments.Message;
import org.solrelectra.config.SampleDocuments.Passage;

/**
 * The demo's core, seen over HTTP. The one place in code that names its fields and handlers; they
 * are declared in {@code configset/}.
 */
final class HelpDesk implements AutoCloseable {
  static final String CORE = "help-desk";

  /** Precedes the plain reason in Solr's error messages. */
  private static final String CAUSE = "Caused by: ";

  private static final String ID = "id";
  private static final String TOPIC = "topic";
  private static final String TITLE = "title";
  private static final String TEXT = "text";
  private static final String MESSAGE = "message";
  private static final String LABEL = "intent";
  private static final String CONFIDENCE = "intent_confidence";

  private static final String RE_RANKING = "crossEncoder";
  private static final String OK = "ok";

  /** Where the node's metrics have the cache of scores. */
  private static final String KEPT_SCORES = "QUERYPARSER." + RE_RANKING + ".scoreCache";

  /** The ways to search for passages. */
  enum Search {
    FIRST_STAGE("/select"),
    RERANKED("/ask");

    private final String handler;

    Search(String handler) {
      this.handler = handler;
    }
  }

  /** A passage that was found. */
  record Hit(String id, String title) {}

  /** What the classifier wrote beside a message. */
  record Label(String name, double confidence) {}

  /** How many pairs of question and passage the node knew the score of, and how many it ran. */
  record KeptScores(long hits, long misses) {}

  private final String url;
  private final SolrClient client;

  /**
   * @param solrUrl the address of Solr's root
   */
  HelpDesk(String solrUrl) {
    this.url = solrUrl + "/" + CORE;
    this.client = new Http2SolrClient.Builder(solrUrl).build();
  }

  /**
   * Creates the core; Solr answers when it is loaded, or with what is wrong with it.
   *
   * @param home Solr's, with the core's folder
   */
  void create(Path home) throws IOException {
    try {
      CoreAdminRequest.createCore(CORE, home.resolve(CORE).toString(), client);
    } catch (SolrServerException | SolrException e) {
      String message = String.valueOf(e.getMessage());
      int cause = message.lastIndexOf(CAUSE);
      throw new IOException(
          "the core '"
              + CORE
              + "' cannot be created: "
              + (cause < 0 ? message : message.substring(cause + CAUSE.length())),
          e);
    }
  }

  /** Indexes passages and messages; Solr labels the messages as they come. */
  void index(List<Passage> passages, List<Message> messages) throws IOException {
    List<SolrInputDocument> documents = new ArrayList<>();
    for (Passage passage : passages) {
      documents.add(
          new SolrInputDocument(
              ID,
              passage.id(),
              TOPIC,
              passage.topic(),
              TITLE,
              passage.title(),
              TEXT,
              passage.text()));
    }
    for (Message message : messages) {
      documents.add(new SolrInputDocument(ID, message.id(), MESSAGE, message.text()));
    }
    try {
      client.add(CORE, documents);
      client.commit(CORE);
    } catch (SolrServerException e) {
      throw new IOException("the sample documents cannot be indexed: " + e.getMessage(), e);
    }
  }

  /** Returns the labels of messages by the messages' ids; a message without one is left out. */
  Map<String, Label> labels(List<Message> messages) throws IOException {
    Map<String, Label> labels = new HashMap<>();
    try {
      for (SolrDocument document :
          client.getById(CORE, messages.stream().map(Message::id).toList())) {
        Object label = document.getFirstValue(LABEL);
        if (label != null) {
          double confidence = ((Number) document.getFirstValue(CONFIDENCE)).doubleValue();
          labels.put((String) document.getFirstValue(ID), new Label(label.toString(), confidence));
        }
      }
    } catch (SolrServerException e) {
      throw new IOException("the labels cannot be read: " + e.getMessage(), e);
    }
    return labels;
  }

  /**
   * Returns the first passages for a question, the best first.
   *
   * @throws IOException also if they should have been reranked and were not
   */
  List<Hit> search(Search search, String question, int rows) throws IOException {
    SolrQuery parameters = new SolrQuery(question).setRows(rows).setFields(ID, TITLE);
    // As the handler that reranks reads a question, so that reranking alone makes the difference.
    parameters.set(QueryParsing.DEFTYPE, DisMaxQParserPlugin.NAME);
    QueryRequest query = new QueryRequest(parameters, METHOD.POST);
    query.setPath(search.handler);
    try {
      QueryResponse response = query.process(client, CORE);
      if (search == Search.RERANKED) {
        requireReRanked(response);
      }
      return response.getResults().stream()
          .map(
              document ->
                  new Hit(
                      (String) document.getFirstValue(ID), (String) document.getFirstValue(TITLE)))
          .toList();
    } catch (SolrServerException e) {
      throw new IOException("the search for '" + question + "' failed: " + e.getMessage(), e);
    }
  }

  private static void requireReRanked(QueryResponse response) throws IOException {
    Object section = response.getHeader().get(RE_RANKING);
    if (!(section instanceof NamedList<?> list) || !OK.equals(list.get("status"))) {
      throw new IOException("the passages were not reranked; " + RE_RANKING + "=" + section);
    }
  }

  /** Returns what the node's cache of scores has come to since the node started. */
  KeptScores keptScores() throws IOException {
    SolrParams parameters =
        new ModifiableSolrParams().set("group", "core").set("prefix", KEPT_SCORES);
    try {
      NamedList<Object> metrics =
          client.request(new GenericSolrRequest(METHOD.GET, "/admin/metrics", parameters));
      return new KeptScores(keptScores(metrics, "hits"), keptScores(metrics, "misses"));
    } catch (SolrServerException e) {
      throw new IOException("the node's metrics cannot be read: " + e.getMessage(), e);
    }
  }

  private static long keptScores(NamedList<Object> metrics, String name) throws IOException {
    List<String> path = List.of("metrics", "solr.core." + CORE, KEPT_SCORES, name);
    if (metrics._get(path, null) instanceof Number number) {
      return number.longValue();
    }
    throw new IOException("the node's metrics have no " + path);
  }

  /** Returns the address that a browser asks a question at. */
  String questionUrl(String question) {
    return url
        + Search.RERANKED.handler
        + "?fl="
        + TITLE
        + ",score&q="
        + URLEncoder.encode(question, StandardCharsets.UTF_8);
  }

  @Override
  public void close() throws IOException {
    client.close();
  }
}
