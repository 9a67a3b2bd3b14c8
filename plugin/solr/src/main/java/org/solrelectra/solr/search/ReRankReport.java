package org.solrelectra.solr.search;

import java.util.Locale;
import org.apache.solr.common.util.NamedList;
import org.apache.solr.common.util.SimpleOrderedMap;
import org.apache.solr.response.SolrQueryResponse;

/**
 * What a request's reranking came to; the section {@code crossEncoder} of the response header.
 *
 * @param reRanked how many documents have a cross-encoder's score
 * @param truncatedQueries for how many documents the query was cut to leave room for the passage
 * @param reason why documents were not reranked; null if all were
 */
record ReRankReport(Status status, int reRanked, int truncatedQueries, String reason) {
  private static final String STATUS = "status";
  private static final String RE_RANKED = "reRanked";
  private static final String TRUNCATED_QUERIES = "truncatedQueries";
  private static final String REASON = "reason";

  /** The report before anything was reranked; it stays where there is nothing to rerank. */
  static final ReRankReport NOTHING_TO_DO = new ReRankReport(Status.OK, 0, 0, null);

  /** From the best to the worst. */
  enum Status {
    /** All documents of the window were reranked. */
    OK,
    /** Some were, and stand first. */
    PARTIAL,
    /** None was; the order is the first stage's. */
    ORIGINAL;

    String key() {
      return name().toLowerCase(Locale.ROOT);
    }

    Status worse(Status other) {
      return compareTo(other) >= 0 ? this : other;
    }
  }

  /**
   * Returns the report of two shards: the worse status, the sums, no reason. Documents of a shard
   * that gave up stand below those that another reranked, which is no longer the first stage's
   * order.
   */
  ReRankReport with(ReRankReport other) {
    int sum = reRanked + other.reRanked;
    Status worse = status.worse(other.status);
    return new ReRankReport(
        worse == Status.ORIGINAL && sum > 0 ? Status.PARTIAL : worse,
        sum,
        truncatedQueries + other.truncatedQueries,
        null);
  }

  NamedList<Object> section() {
    NamedList<Object> section = new SimpleOrderedMap<>();
    section.add(STATUS, status.key());
    section.add(RE_RANKED, reRanked);
    section.add(TRUNCATED_QUERIES, truncatedQueries);
    if (reason != null) {
      section.add(REASON, reason);
    }
    return section;
  }

  static ReRankReport ofSection(NamedList<?> section) {
    return new ReRankReport(
        Status.valueOf(section.get(STATUS).toString().toUpperCase(Locale.ROOT)),
        ((Number) section.get(RE_RANKED)).intValue(),
        ((Number) section.get(TRUNCATED_QUERIES)).intValue(),
        (String) section.get(REASON));
  }

  /** Puts a section into a response's header, in the place of an earlier one, and its log line. */
  static void put(SolrQueryResponse response, NamedList<Object> section) {
    response.addToLog(CrossEncoderQParserPlugin.NAME, section.get(STATUS));
    if (!Status.OK.key().equals(section.get(STATUS))) {
      // The index stays the same, so a client would be told that its cut-short order is fresh.
      response.setHttpCaching(false);
    }
    NamedList<Object> header = response.getResponseHeader();
    if (header != null) {
      header.removeAll(CrossEncoderQParserPlugin.NAME);
      header.add(CrossEncoderQParserPlugin.NAME, section);
    }
  }
}
