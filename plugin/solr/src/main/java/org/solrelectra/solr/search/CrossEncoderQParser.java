package org.solrelectra.solr.search;

import java.util.Map;
import org.apache.lucene.search.Query;
import org.apache.solr.common.params.CommonParams;
import org.apache.solr.common.params.CursorMarkParams;
import org.apache.solr.common.params.GroupParams;
import org.apache.solr.common.params.ModifiableSolrParams;
import org.apache.solr.common.params.ShardParams;
import org.apache.solr.common.params.SolrParams;
import org.apache.solr.handler.component.ResponseBuilder;
import org.apache.solr.request.SolrQueryRequest;
import org.apache.solr.request.SolrRequestInfo;
import org.apache.solr.search.QParser;
import org.solrelectra.lucene.model.Excerpt;

/** Reads {@code {!crossEncoder …}}; on a coordinator and, again, on each shard. */
final class CrossEncoderQParser extends QParser {
  private final Map<String, RankingModel> models;

  CrossEncoderQParser(
      String query,
      SolrParams localParams,
      SolrParams params,
      SolrQueryRequest req,
      Map<String, RankingModel> models) {
    super(query, localParams, params, req);
    this.models = models;
  }

  @Override
  public Query parse() {
    if (localParams == null) {
      throw ReRankParameters.wrong("it is used as rq={!crossEncoder model=…}");
    }
    if (qstr != null && !qstr.isBlank()) {
      throw ReRankParameters.wrong(
          "text behind it is not read; give queryText='…' inside; text=" + Excerpt.of(qstr));
    }
    checkRequest();
    RankingModel model = model();
    ReRankParameters parameters =
        ReRankParameters.of(localParams, req.getSchema(), model.directory());
    try {
      model.crossEncoder().check(parameters.queryText(), parameters.windowPolicy());
    } catch (IllegalArgumentException e) {
      throw ReRankParameters.wrong("queryText cannot be read: " + e.getMessage());
    }
    explainOnTheShardsThatReRank();
    return new CrossEncoderQuery(null, model, parameters);
  }

  private void checkRequest() {
    if (params.getBool(CommonParams.MULTI_THREADED, false)) {
      throw ReRankParameters.wrong(
          "multiThreaded=true would rerank once for each part of the index; leave it out, models"
              + " use several threads by themselves");
    }
    if (params.get(CursorMarkParams.CURSOR_MARK_PARAM) != null) {
      throw ReRankParameters.wrong(
          "cursorMark needs an order that does not depend on a window of documents; use start and"
              + " rows");
    }
    if (params.getBool(GroupParams.GROUP, false)) {
      throw ReRankParameters.wrong(
          "group=true does not rerank; use fq={!collapse field=…}, which does");
    }
  }

  private RankingModel model() {
    String name =
        ReRankParameters.required(localParams, ReRankParameters.MODEL, "one of " + models.keySet());
    RankingModel model = models.get(name);
    if (model == null) {
      throw ReRankParameters.wrong(
          "model '" + Excerpt.of(name) + "' is not loaded; loaded: " + models.keySet());
    }
    return model;
  }

  /**
   * A distributed search explains documents in a second request to the shards, which knows nothing
   * of what the first one reranked. To explain the scores that were given, it has to be one.
   */
  private void explainOnTheShardsThatReRank() {
    SolrRequestInfo info = SolrRequestInfo.getRequestInfo();
    ResponseBuilder response = info == null ? null : info.getResponseBuilder();
    if (response != null
        && response.isDistributed()
        && response.isDebugResults()
        && params.get(ShardParams.DISTRIB_SINGLE_PASS) == null) {
      ModifiableSolrParams onePass = new ModifiableSolrParams(req.getParams());
      onePass.set(ShardParams.DISTRIB_SINGLE_PASS, true);
      req.setParams(onePass);
    }
  }
}
