package org.solrelectra.training.corpus;

import java.util.List;

/**
 * Which documents to ask a Solr for, and how gently.
 *
 * @param query in the syntax of Solr's standard parser
 * @param filterQueries each narrows the result
 * @param uniqueKey the field to sort by; null to ask Solr's schema, which then also says whether
 *     the fields to read are stored
 * @param rows documents a request, at least 1
 * @param documentsPerSecond at most so many, above 0
 */
public record SolrQuerySettings(
    String query,
    List<String> filterQueries,
    String uniqueKey,
    int rows,
    double documentsPerSecond) {
  /** Every document, a thousand a second: less than a Solr does beside its other work. */
  public static final SolrQuerySettings ALL =
      new SolrQuerySettings("*:*", List.of(), null, 500, 1000);

  public SolrQuerySettings {
    filterQueries = List.copyOf(filterQueries);
    if (rows < 1) {
      throw new IllegalArgumentException("rows must be at least 1; rows=" + rows);
    }
    if (!(documentsPerSecond > 0)) {
      throw new IllegalArgumentException(
          "documentsPerSecond must be above 0; documentsPerSecond=" + documentsPerSecond);
    }
  }
}
