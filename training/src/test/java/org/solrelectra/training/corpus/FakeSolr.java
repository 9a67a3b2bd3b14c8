package org.solrelectra.training.corpus;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import org.apache.solr.common.SolrDocument;
import org.apache.solr.common.SolrDocumentList;
import org.apache.solr.common.util.JavaBinCodec;
import org.apache.solr.common.util.NamedList;
import org.apache.solr.common.util.SimpleOrderedMap;

/**
 * Answers on this machine as a Solr does: the schema's unique key and fields, and queries with a
 * cursor over documents in the order of their ids, in SolrJ's binary format. Keeps the parameters
 * of each query, and fails when told to.
 */
final class FakeSolr implements Closeable {
  /** In the schema, but neither stored nor with docValues. */
  static final String UNSTORED = "hidden";

  private static final String CURSOR_MARK = "cursorMark";

  /** What a query is answered with instead of documents. */
  enum Failure {
    /** Status 503. */
    UNAVAILABLE,
    /** The connection ends in the middle of the answer. */
    CUT_SHORT,
    /** Documents, but Solr says that some may be missing. */
    PARTIAL,
    /** Status 400 and Solr's reason. */
    BAD_REQUEST,
    /** Status 414 and a page of HTML, as from the web server Solr runs in. */
    TOO_LONG
  }

  final List<Map<String, String>> queries = new ArrayList<>();
  final Queue<Failure> failures = new ArrayDeque<>();
  String requiredAuthorization;
  private final List<SolrDocument> documents;
  private final HttpServer server;

  FakeSolr(List<SolrDocument> documents) throws IOException {
    this.documents = documents;
    this.server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext("/solr/articles/select", this::select);
    server.createContext("/solr/articles/schema/uniquekey", this::uniqueKey);
    server.createContext("/solr/articles/schema/fields", this::fields);
    server.start();
  }

  /** Returns an address's host and port. */
  String host() {
    return server.getAddress().getHostString() + ":" + server.getAddress().getPort();
  }

  String url() {
    return "http://" + host() + "/solr/articles";
  }

  private void uniqueKey(HttpExchange exchange) throws IOException {
    NamedList<Object> answer = header(false);
    answer.add("uniqueKey", "key");
    answer(exchange, 200, bytes(answer));
  }

  private void fields(HttpExchange exchange) throws IOException {
    List<Object> fields = new ArrayList<>();
    for (String name : parameters(exchange).get("fl").split(",")) {
      boolean stored = documents.stream().anyMatch(document -> document.containsKey(name));
      if (stored || name.equals(UNSTORED)) {
        NamedList<Object> field = new SimpleOrderedMap<>();
        field.add("name", name);
        field.add("stored", stored);
        field.add("docValues", false);
        fields.add(field);
      }
    }
    NamedList<Object> answer = header(false);
    answer.add("fields", fields);
    answer(exchange, 200, bytes(answer));
  }

  private synchronized void select(HttpExchange exchange) throws IOException {
    Map<String, String> query = parameters(exchange);
    if (requiredAuthorization != null
        && !requiredAuthorization.equals(exchange.getRequestHeaders().getFirst("Authorization"))) {
      answer(exchange, 401, new byte[0]);
      return;
    }
    Failure failure = failures.poll();
    if (failure == Failure.UNAVAILABLE) {
      answer(exchange, 503, new byte[0]);
      return;
    }
    if (failure == Failure.BAD_REQUEST) {
      NamedList<Object> answer = header(false);
      NamedList<Object> error = new SimpleOrderedMap<>();
      error.add("metadata", List.of("error-class", "org.apache.solr.common.SolrException"));
      error.add("msg", "undefined field nonsense");
      error.add("code", 400);
      answer.add("error", error);
      answer(exchange, 400, bytes(answer));
      return;
    }
    if (failure == Failure.TOO_LONG) {
      exchange.getResponseHeaders().set("Content-Type", "text/html");
      byte[] html = "<html><body>URI Too Long</body></html>".getBytes(StandardCharsets.UTF_8);
      exchange.sendResponseHeaders(414, html.length);
      exchange.getResponseBody().write(html);
      exchange.close();
      return;
    }
    byte[] page = bytes(page(query, failure == Failure.PARTIAL));
    if (failure == Failure.CUT_SHORT) {
      exchange.getResponseHeaders().set("Content-Type", "application/octet-stream");
      exchange.sendResponseHeaders(200, page.length);
      exchange.getResponseBody().write(page, 0, page.length / 2);
      exchange.getResponseBody().flush();
      // Closing it before its end drops the connection.
      exchange.close();
      return;
    }
    if (failure == null) {
      queries.add(query);
    }
    answer(exchange, 200, page);
  }

  private NamedList<Object> page(Map<String, String> query, boolean partial) {
    NamedList<Object> answer = header(partial);
    int rows = Integer.parseInt(query.get("rows"));
    String mark = query.get(CURSOR_MARK);
    int from = mark == null || mark.equals("*") ? 0 : Integer.parseInt(mark.substring(2));
    int to = Math.min(documents.size(), from + rows);
    SolrDocumentList found = new SolrDocumentList();
    List<String> fields = List.of(query.get("fl").split(","));
    for (SolrDocument document : documents.subList(from, partial ? from : to)) {
      SolrDocument part = new SolrDocument();
      document.getFieldNames().stream()
          .filter(name -> fields.contains(name) || fields.contains("*"))
          .forEach(name -> part.setField(name, document.getFieldValue(name)));
      found.add(part);
    }
    found.setNumFound(documents.size());
    answer.add("response", found);
    if (mark != null) {
      answer.add("nextCursorMark", to == from ? mark : "Ao" + to);
    }
    return answer;
  }

  private static NamedList<Object> header(boolean partial) {
    NamedList<Object> answer = new SimpleOrderedMap<>();
    NamedList<Object> header = new SimpleOrderedMap<>();
    header.add("status", 0);
    header.add("QTime", 1);
    if (partial) {
      header.add("partialResults", true);
    }
    answer.add("responseHeader", header);
    return answer;
  }

  private static byte[] bytes(NamedList<Object> answer) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (JavaBinCodec codec = new JavaBinCodec()) {
      codec.marshal(answer, bytes);
    }
    return bytes.toByteArray();
  }

  private static void answer(HttpExchange exchange, int status, byte[] body) throws IOException {
    exchange.getRequestBody().readAllBytes();
    exchange.getResponseHeaders().set("Content-Type", "application/octet-stream");
    exchange.sendResponseHeaders(status, body.length == 0 ? -1 : body.length);
    exchange.getResponseBody().write(body);
    exchange.close();
  }

  /** Those of the body and of the address; values of one name stand between bars. */
  private static Map<String, String> parameters(HttpExchange exchange) throws IOException {
    String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
    String inAddress = exchange.getRequestURI().getRawQuery();
    Map<String, String> parameters = new HashMap<>();
    for (String pair : (body + "&" + inAddress).split("&")) {
      String[] parts = pair.split("=", 2);
      if (parts.length == 2) {
        parameters.merge(
            parts[0],
            URLDecoder.decode(parts[1], StandardCharsets.UTF_8),
            (one, other) -> one + "|" + other);
      }
    }
    return parameters;
  }

  @Override
  public void close() {
    server.stop(0);
  }
}
