package org.solrelectra.training.corpus;

import java.net.URI;
import java.net.URISyntaxException;

/**
 * A collection or core of a running Solr, and who asks. Written as text it is the URL alone.
 *
 * @param url such as {@code http://localhost:8983/solr/articles}, without user and password
 * @param user null if nobody logs in
 * @param password null if nobody logs in
 */
record SolrAddress(String url, String user, String password) {
  private static final String EXPECTED = "expected http://host:8983/solr/collection";

  /**
   * Reads a URL, which may hold {@code user:password@}.
   *
   * @param credentials {@code user:password} to use if the URL has none; null for nobody
   * @throws IllegalArgumentException if it is no URL of a collection; the message holds no password
   */
  static SolrAddress parse(String text, String credentials) {
    String shown = text.replaceFirst("//.*@", "//");
    URI uri;
    try {
      uri = new URI(text);
    } catch (URISyntaxException e) {
      // Neither its message nor it as a cause: both hold the whole text, password included.
      throw new IllegalArgumentException(
          "a Solr must be given as a URL; " + EXPECTED + "; " + shown);
    }
    boolean http = "http".equals(uri.getScheme()) || "https".equals(uri.getScheme());
    String path = uri.getPath() == null ? "" : uri.getPath().replaceFirst("/+$", "");
    if (!http
        || uri.getHost() == null
        || path.lastIndexOf('/') < 1
        || uri.getQuery() != null
        || uri.getFragment() != null) {
      throw new IllegalArgumentException(
          "a Solr's URL must name one collection and nothing after it; " + EXPECTED + "; " + shown);
    }
    String login = uri.getUserInfo() != null ? uri.getUserInfo() : credentials;
    int colon = login == null ? -1 : login.indexOf(':');
    if (login != null && colon < 1) {
      throw new IllegalArgumentException(
          "a login to Solr must be user:password; what was given for " + shown + " has no colon");
    }
    String port = uri.getPort() < 0 ? "" : ":" + uri.getPort();
    return new SolrAddress(
        uri.getScheme() + "://" + uri.getHost() + port + path,
        login == null ? null : login.substring(0, colon),
        login == null ? null : login.substring(colon + 1));
  }

  @Override
  public String toString() {
    return url;
  }
}
