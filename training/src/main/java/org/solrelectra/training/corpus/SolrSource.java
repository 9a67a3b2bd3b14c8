package org.solrelectra.training.corpus;

import java.io.IOException;
import java.net.ConnectException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import org.apache.solr.client.solrj.SolrClient;
import org.apache.solr.client.solrj.SolrQuery;
import org.apache.solr.client.solrj.SolrRequest;
import org.apache.solr.client.solrj.SolrResponse;
import org.apache.solr.client.solrj.SolrServerException;
import org.apache.solr.client.solrj.impl.HttpJdkSolrClient;
import org.apache.solr.client.solrj.request.QueryRequest;
import org.apache.solr.client.solrj.request.schema.SchemaRequest;
import org.apache.solr.client.solrj.response.QueryResponse;
import org.apache.solr.common.SolrDocument;
import org.apache.solr.common.SolrException;
import org.apache.solr.common.params.CommonParams;
import org.apache.solr.common.params.CursorMarkParams;
import org.apache.solr.common.params.ModifiableSolrParams;
import org.solrelectra.lucene.model.Excerpt;

/**
 * Reads documents from a running Solr, in the order of its unique key, with a cursor: each document
 * once, however many there are. A document's text is the values of some fields, one after the
 * other; one without them is passed over. What is added or deleted meanwhile may or may not be
 * seen.
 *
 * <p>A request that fails for a reason that may pass (no connection, a status of 500 or above, too
 * many requests, an answer cut short, a result that Solr itself calls partial) is made again, five
 * times, after 1, 2, 4, 8 and 16 seconds.
 */
public final class SolrSource implements DocumentSource {
  private static final int ATTEMPTS = 6;
  private static final int CLIENT_ERROR = 400;
  private static final int UNAUTHORIZED = 401;
  private static final int FORBIDDEN = 403;
  private static final int NOT_FOUND = 404;
  private static final int METHOD_NOT_ALLOWED = 405;
  private static final int TOO_MANY_REQUESTS = 429;
  private static final int SERVER_ERROR = 500;
  private static final int CONNECT_SECONDS = 10;
  private static final int ANSWER_SECONDS = 120;
  private static final int DOCUMENTS_LOOKED_AT = 10;

  private final SolrAddress address;
  private final List<String> fields;
  private final SolrQuerySettings settings;
  private final Timing timing;

  SolrSource(SolrAddress address, List<String> fields, SolrQuerySettings settings, Timing timing) {
    this.address = address;
    this.fields = List.copyOf(fields);
    this.settings = settings;
    this.timing = timing;
  }

  private interface Call<T> {
    T make() throws SolrServerException, IOException;
  }

  /**
   * Gives the documents after a place to a consumer.
   *
   * @param place the cursor's mark, or {@link #START}
   * @throws InvalidCorpusException if Solr does not answer or refuses, a field is not stored or not
   *     text, or no document has one of the fields
   */
  @Override
  public void forEachDocument(String place, DocumentConsumer consumer) throws IOException {
    DocumentAssembler documents = new DocumentAssembler(consumer);
    try (SolrClient client = client()) {
      String uniqueKey = settings.uniqueKey();
      if (uniqueKey == null) {
        uniqueKey = uniqueKey(client);
        requireStored(client);
      }
      String mark = place.equals(START) ? CursorMarkParams.CURSOR_MARK_START : place;
      long start = timing.nanoTime();
      long found = 0;
      while (true) {
        QueryResponse page = page(client, uniqueKey, mark);
        for (SolrDocument document : page.getResults()) {
          documents.addDocument(texts(document, uniqueKey));
        }
        found += page.getResults().size();
        String next = page.getNextCursorMark();
        if (next == null) {
          throw new InvalidCorpusException(address + " answers without a nextCursorMark");
        }
        if (next.equals(mark)) {
          break;
        }
        mark = next;
        consumer.mark(mark);
        long due = start + (long) (found / settings.documentsPerSecond() * 1e9);
        timing.sleep(due - timing.nanoTime());
      }
      if (place.equals(START) && documents.documents() == 0) {
        throw new InvalidCorpusException(nothing(client, found));
      }
    }
  }

  private SolrClient client() {
    HttpJdkSolrClient.Builder builder =
        new HttpJdkSolrClient.Builder(address.url())
            .withConnectionTimeout(CONNECT_SECONDS, TimeUnit.SECONDS)
            .withRequestTimeout(ANSWER_SECONDS, TimeUnit.SECONDS);
    if (address.user() != null) {
      builder.withBasicAuthCredentials(address.user(), address.password());
    }
    return builder.build();
  }

  private String uniqueKey(SolrClient client) throws IOException {
    String key = ask(() -> send(new SchemaRequest.UniqueKey(), client).getUniqueKey());
    if (key == null) {
      throw new InvalidCorpusException(
          address + " has no unique key in its schema; a cursor needs one");
    }
    return key;
  }

  /** A query says nothing of a field that is only indexed; it just leaves it out. */
  private void requireStored(SolrClient client) throws IOException {
    ModifiableSolrParams parameters = new ModifiableSolrParams();
    parameters.set(CommonParams.FL, String.join(",", fields));
    parameters.set("includeDynamic", true);
    parameters.set("showDefaults", true);
    for (Map<String, Object> field :
        ask(() -> send(new SchemaRequest.Fields(parameters), client)).getFields()) {
      if (Boolean.FALSE.equals(field.get("stored"))
          && Boolean.FALSE.equals(field.get("docValues"))) {
        throw new InvalidCorpusException(
            address
                + ": field '"
                + field.get("name")
                + "' must be stored or have docValues; stored=false, docValues=false");
      }
    }
  }

  private QueryResponse page(SolrClient client, String uniqueKey, String mark) throws IOException {
    SolrQuery query = query();
    query.setFields(fields.toArray(String[]::new));
    query.addField(uniqueKey);
    query.setRows(settings.rows());
    query.setSort(uniqueKey, SolrQuery.ORDER.asc);
    query.set(CursorMarkParams.CURSOR_MARK_PARAM, mark);
    return ask(
        () -> {
          QueryResponse response = send(new QueryRequest(query, SolrRequest.METHOD.POST), client);
          if (Boolean.TRUE.equals(response.getHeader().getBooleanArg("partialResults"))) {
            throw new SolrServerException("the result is partial");
          }
          return response;
        });
  }

  private SolrQuery query() {
    SolrQuery query = new SolrQuery(settings.query());
    // The handler may have another parser for what people type, such as dismax, where *:* is a
    // word.
    query.set("defType", "lucene");
    query.setFilterQueries(settings.filterQueries().toArray(String[]::new));
    return query;
  }

  private static <T extends SolrResponse> T send(SolrRequest<T> request, SolrClient client)
      throws SolrServerException, IOException {
    return request.process(client);
  }

  /** Asks again after a failure that may pass. */
  private <T> T ask(Call<T> call) throws IOException {
    for (int attempt = 1; ; attempt++) {
      Exception failure;
      try {
        return call.make();
      } catch (SolrException e) {
        // What comes with a status of success is an answer cut short.
        if (e.code() >= CLIENT_ERROR && e.code() < SERVER_ERROR && e.code() != TOO_MANY_REQUESTS) {
          throw refused(e);
        }
        failure = e;
      } catch (SolrServerException | IOException e) {
        failure = e;
      }
      if (attempt == ATTEMPTS) {
        throw new InvalidCorpusException(
            address + " failed " + ATTEMPTS + " times, at last: " + reason(failure), failure);
      }
      timing.sleep(TimeUnit.SECONDS.toNanos(1L << (attempt - 1)));
    }
  }

  private InvalidCorpusException refused(SolrException e) {
    if (e.code() == UNAUTHORIZED || e.code() == FORBIDDEN) {
      return new InvalidCorpusException(
          address
              + " asks for "
              + (address.user() == null ? "a login" : "another login")
              + "; status="
              + e.code(),
          e);
    }
    if (isOfSolr(e)) {
      return new InvalidCorpusException(address + " refuses: " + Excerpt.of(e.getMessage()), e);
    }
    if (e.code() == NOT_FOUND || e.code() == METHOD_NOT_ALLOWED) {
      return new InvalidCorpusException(
          "no collection or core of a Solr answers at " + address + "; status=" + e.code(), e);
    }
    return new InvalidCorpusException(address + " refuses; status=" + e.code(), e);
  }

  /** Else it is the web server's, or a proxy's, and its message a whole page of HTML. */
  private static boolean isOfSolr(SolrException e) {
    return e.getMetadata() != null;
  }

  /** SolrJ's own messages name the address once more; what happened is the innermost one. */
  private static String reason(Throwable failure) {
    if (failure instanceof SolrException e && e.code() >= CLIENT_ERROR && !isOfSolr(e)) {
      return "status=" + e.code();
    }
    Throwable inner = failure;
    while (inner.getCause() != null) {
      inner = inner.getCause();
      if (inner instanceof ConnectException) {
        // The JDK's has no message.
        return "it cannot be reached";
      }
    }
    return Excerpt.of(inner.getMessage() == null ? inner.toString() : inner.getMessage());
  }

  private List<String> texts(SolrDocument document, String uniqueKey)
      throws InvalidCorpusException {
    List<String> texts = new ArrayList<>();
    for (String field : fields) {
      Collection<Object> values = document.getFieldValues(field);
      for (Object value : values == null ? List.of() : values) {
        if (!(value instanceof String text)) {
          throw new InvalidCorpusException(
              address
                  + ": field '"
                  + field
                  + "' of document '"
                  + Excerpt.of(document.getFieldValue(uniqueKey))
                  + "' must be text; found "
                  + value.getClass().getSimpleName());
        }
        texts.add(text);
      }
    }
    return texts;
  }

  private String nothing(SolrClient client, long found) throws IOException {
    if (found == 0) {
      return "no document of " + address + " matches " + matching();
    }
    SolrQuery query = query();
    query.set(CommonParams.FL, "*");
    query.setRows(DOCUMENTS_LOOKED_AT);
    SortedSet<String> names = new TreeSet<>();
    QueryResponse some = ask(() -> send(new QueryRequest(query, SolrRequest.METHOD.POST), client));
    some.getResults().forEach(document -> names.addAll(document.getFieldNames()));
    return "no document has text in "
        + fields
        + "; fields seen: "
        + Excerpt.of(names)
        + "; Solr: "
        + address;
  }

  private String matching() {
    return settings.query()
        + (settings.filterQueries().isEmpty() ? "" : " and " + settings.filterQueries());
  }

  @Override
  public String description() {
    return "Solr "
        + fields
        + " of "
        + address
        + " matching "
        + matching()
        + (settings.uniqueKey() == null ? "" : " by " + settings.uniqueKey());
  }
}
