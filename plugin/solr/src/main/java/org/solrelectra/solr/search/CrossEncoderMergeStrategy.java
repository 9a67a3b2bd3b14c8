package org.solrelectra.solr.search;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import org.apache.solr.common.util.NamedList;
import org.apache.solr.common.util.SimpleOrderedMap;
import org.apache.solr.handler.component.HttpShardHandler;
import org.apache.solr.handler.component.MergeStrategy;
import org.apache.solr.handler.component.ResponseBuilder;
import org.apache.solr.handler.component.ShardRequest;
import org.apache.solr.handler.component.ShardResponse;
import org.apache.solr.search.SolrIndexSearcher;
import org.solrelectra.solr.search.ReRankParameters.OnError;

/**
 * Merges the shards' reports on the coordinator; the documents are left to Solr, which sorts them
 * by the scores the shards gave.
 */
final class CrossEncoderMergeStrategy implements MergeStrategy {
  private static final String RESPONSE_HEADER = "responseHeader";
  private static final String REASONS = "reasons";

  private final String model;
  private final OnError onError;

  CrossEncoderMergeStrategy(String model, OnError onError) {
    this.model = model;
    this.onError = onError;
  }

  @Override
  public void merge(ResponseBuilder builder, ShardRequest request) {
    Map<String, ReRankReport> reports = new LinkedHashMap<>();
    for (ShardResponse response : request.responses) {
      ReRankReport report = report(response);
      if (report != null) {
        reports.put(shardName(builder, response), report);
      }
    }
    if (reports.isEmpty()) {
      return;
    }
    if (onError == OnError.FAIL) {
      fail(builder, reports);
    }
    ReRankReport.put(builder.rsp, merged(reports));
  }

  /**
   * Fails the request for a shard that could not rerank. The coordinator does it, not the shard: a
   * shard's error would make Solr ask its other replicas and take each for dead.
   */
  private void fail(ResponseBuilder builder, Map<String, ReRankReport> reports) {
    reports.forEach(
        (shard, report) -> {
          if (report.reason() == null) {
            return;
          }
          if (!HttpShardHandler.getShardsTolerantAsBool(builder.req)) {
            throw ReRanking.failure("'" + model + "' on " + shard, report.reason(), null);
          }
          builder.rsp.setPartialResults(builder.req);
        });
  }

  /** Returns the section of a response: the worst status, the sums, the reasons by shard. */
  static NamedList<Object> merged(Map<String, ReRankReport> reportsByShard) {
    NamedList<Object> reasons = new SimpleOrderedMap<>();
    reportsByShard.forEach(
        (shard, report) -> {
          if (report.reason() != null) {
            reasons.add(shard, report.reason());
          }
        });
    NamedList<Object> section =
        reportsByShard.values().stream()
            .reduce(ReRankReport.NOTHING_TO_DO, ReRankReport::with)
            .section();
    if (reasons.size() > 0) {
      section.add(REASONS, reasons);
    }
    return section;
  }

  /** Returns a shard's report; null if the shard failed, or had nothing to rank. */
  private static ReRankReport report(ShardResponse response) {
    if (response.getException() != null || response.getSolrResponse() == null) {
      return null;
    }
    Object header = response.getSolrResponse().getResponse().get(RESPONSE_HEADER);
    Object section =
        header instanceof NamedList<?> list ? list.get(CrossEncoderQParserPlugin.NAME) : null;
    return section instanceof NamedList<?> found ? ReRankReport.ofSection(found) : null;
  }

  /** Returns the shard's name in the collection, or its address where it has none. */
  private static String shardName(ResponseBuilder builder, ShardResponse response) {
    int index =
        builder.shards == null ? -1 : Arrays.asList(builder.shards).indexOf(response.getShard());
    String name = index < 0 || builder.slices == null ? null : builder.slices[index];
    return name == null ? response.getShard() : name;
  }

  @Override
  public boolean mergesIds() {
    return false;
  }

  @Override
  public boolean handlesMergeFields() {
    return false;
  }

  @Override
  public void handleMergeFields(ResponseBuilder builder, SolrIndexSearcher searcher) {
    throw new UnsupportedOperationException("handlesMergeFields() is false");
  }

  @Override
  public int getCost() {
    return 0;
  }
}
