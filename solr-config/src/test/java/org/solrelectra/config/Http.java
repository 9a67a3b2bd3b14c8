package org.solrelectra.config;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** Asks Solr as any client does. */
final class Http {
  private static final HttpClient CLIENT =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

  private Http() {}

  /** An answer: its status and its JSON. */
  record Answer(int status, JsonNode json) {
    /** Returns the error's message, or "" if there is none. */
    String error() {
      return json.path("error").path("msg").asText();
    }

    JsonNode documents() {
      return json.path("response").path("docs");
    }

    /** Returns one field of all documents. */
    List<String> values(String field) {
      List<String> values = new ArrayList<>();
      documents().forEach(document -> values.add(document.path(field).asText()));
      return values;
    }

    JsonNode header() {
      return json.path("responseHeader");
    }

    /** Returns the section of the response header that tells of reranking. */
    String section() {
      return header().path("crossEncoder").toString();
    }
  }

  /**
   * Sends a form.
   *
   * @param parameters name, value, name, value, …
   */
  static Answer form(String url, String... parameters) {
    StringBuilder form = new StringBuilder();
    for (int i = 0; i < parameters.length; i += 2) {
      form.append(i == 0 ? "" : "&")
          .append(encode(parameters[i]))
          .append('=')
          .append(encode(parameters[i + 1]));
    }
    return send(url, "application/x-www-form-urlencoded", form.toString());
  }

  static Answer json(String url, String json) {
    return send(url, "application/json", json);
  }

  private static String encode(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8);
  }

  private static Answer send(String url, String contentType, String content) {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create(url))
            .header("Content-Type", contentType)
            .POST(HttpRequest.BodyPublishers.ofString(content))
            .build();
    try {
      HttpResponse<String> response = CLIENT.send(request, HttpResponse.BodyHandlers.ofString());
      return new Answer(response.statusCode(), new ObjectMapper().readTree(response.body()));
    } catch (IOException e) {
      throw new IllegalStateException(url, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(url, e);
    }
  }
}
