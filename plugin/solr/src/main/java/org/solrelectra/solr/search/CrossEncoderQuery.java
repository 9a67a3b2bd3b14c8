package org.solrelectra.solr.search;

import java.io.IOException;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.apache.lucene.search.IndexSearcher;
import org.apache.lucene.search.Query;
import org.apache.lucene.search.QueryVisitor;
import org.apache.lucene.search.ScoreDoc;
import org.apache.lucene.search.ScoreMode;
import org.apache.lucene.search.TopDocsCollector;
import org.apache.lucene.search.Weight;
import org.apache.lucene.util.BytesRef;
import org.apache.solr.handler.component.MergeStrategy;
import org.apache.solr.handler.component.QueryElevationComponent;
import org.apache.solr.request.SolrRequestInfo;
import org.apache.solr.search.QueryCommand;
import org.apache.solr.search.RankQuery;
import org.solrelectra.lucene.search.CrossEncoderRescorer;
import org.solrelectra.lucene.search.PassageSource;

/**
 * A search whose first documents are reranked by a cross-encoder. Immutable, but for the options
 * that Solr sets on every query.
 */
final class CrossEncoderQuery extends RankQuery {
  private final Query mainQuery;
  private final RankingModel model;
  private final ReRankParameters parameters;

  /**
   * @param mainQuery the first stage; null until {@link #wrap}
   */
  CrossEncoderQuery(Query mainQuery, RankingModel model, ReRankParameters parameters) {
    this.mainQuery = mainQuery;
    this.model = model;
    this.parameters = parameters;
  }

  RankingModel model() {
    return model;
  }

  ReRankParameters parameters() {
    return parameters;
  }

  CrossEncoderRescorer rescorer() {
    return new CrossEncoderRescorer(
        model.crossEncoder(),
        parameters.queryText(),
        new PassageSource(parameters.inputFields()),
        parameters.windowPolicy(),
        parameters.reRankOperator(),
        parameters.reRankWeight());
  }

  @Override
  public RankQuery wrap(Query query) {
    return new CrossEncoderQuery(query, model, parameters);
  }

  /**
   * Never: Solr's cache would keep an order that was cut short until the next commit, and lose the
   * section of the response header.
   */
  @Override
  public boolean getCache() {
    return false;
  }

  @Override
  public MergeStrategy getMergeStrategy() {
    return new CrossEncoderMergeStrategy(model.name(), parameters.onError());
  }

  @Override
  public TopDocsCollector<? extends ScoreDoc> getTopDocsCollector(
      int length, QueryCommand command, IndexSearcher searcher) throws IOException {
    return CrossEncoderReRankCollector.create(this, length, command, searcher, elevated());
  }

  @SuppressWarnings("unchecked") // the type that QueryElevationComponent documents for its key
  private static Set<BytesRef> elevated() {
    SolrRequestInfo info = SolrRequestInfo.getRequestInfo();
    if (info == null) {
      return null;
    }
    Map<Object, Object> context = info.getReq().getContext();
    return (Set<BytesRef>) context.get(QueryElevationComponent.BOOSTED);
  }

  @Override
  public Query rewrite(IndexSearcher searcher) throws IOException {
    Query rewritten = firstStage().rewrite(searcher);
    return rewritten.equals(mainQuery) ? this : new CrossEncoderQuery(rewritten, model, parameters);
  }

  @Override
  public Weight createWeight(IndexSearcher searcher, ScoreMode scoreMode, float boost)
      throws IOException {
    return new CrossEncoderWeight(this, firstStage().createWeight(searcher, scoreMode, boost));
  }

  private Query firstStage() {
    if (mainQuery == null) {
      throw ReRankParameters.wrong("it reranks another query and is used as rq={!crossEncoder …}");
    }
    return mainQuery;
  }

  @Override
  public void visit(QueryVisitor visitor) {
    if (mainQuery == null) {
      visitor.visitLeaf(this);
    } else {
      mainQuery.visit(visitor);
    }
  }

  @Override
  public boolean equals(Object other) {
    return sameClassAs(other)
        && other instanceof CrossEncoderQuery query
        && Objects.equals(mainQuery, query.mainQuery)
        && model.isSameVersion(query.model)
        && parameters.equals(query.parameters);
  }

  @Override
  public int hashCode() {
    return Objects.hash(classHash(), mainQuery, model.name(), model.version(), parameters);
  }

  @Override
  public String toString(String field) {
    return "{!"
        + CrossEncoderQParserPlugin.NAME
        + " model="
        + model.name()
        + " version="
        + model.version()
        + " "
        + parameters
        + " mainQuery="
        + (mainQuery == null ? "none" : mainQuery.toString(field))
        + "}";
  }
}
