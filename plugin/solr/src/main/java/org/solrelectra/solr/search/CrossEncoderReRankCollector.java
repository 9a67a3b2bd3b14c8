package org.solrelectra.solr.search;

import java.io.IOException;
import java.util.Arrays;
import java.util.Optional;
import java.util.Set;
import org.apache.lucene.search.IndexSearcher;
import org.apache.lucene.search.Sort;
import org.apache.lucene.search.SortField;
import org.apache.lucene.search.TopDocs;
import org.apache.lucene.util.BytesRef;
import org.apache.solr.common.SolrException;
import org.apache.solr.common.params.ShardParams;
import org.apache.solr.request.SolrRequestInfo;
import org.apache.solr.search.QueryCommand;
import org.apache.solr.search.QueryLimits;
import org.apache.solr.search.ReRankCollector;
import org.solrelectra.lucene.model.Excerpt;

/**
 * Collects the first stage's documents, has the first of them reranked, and reports it. Solr's own
 * collector keeps elevated documents on top, and the first stage's score for {@code
 * fl=originalScore()}.
 */
final class CrossEncoderReRankCollector extends ReRankCollector {
  /** The sort field that QueryElevationComponent puts before the others. */
  private static final String ELEVATION = "_elevate_";

  private final ReRanking reRanking;

  private CrossEncoderReRankCollector(
      ReRanking reRanking,
      int reRankDocs,
      int length,
      QueryCommand command,
      IndexSearcher searcher,
      Set<BytesRef> elevated)
      throws IOException {
    super(reRankDocs, length, reRanking, command, searcher, elevated);
    this.reRanking = reRanking;
  }

  /**
   * @param elevated ids of elevated documents; null if there are none
   */
  static CrossEncoderReRankCollector create(
      CrossEncoderQuery query,
      int length,
      QueryCommand command,
      IndexSearcher searcher,
      Set<BytesRef> elevated)
      throws IOException {
    requireOrderByScore(command.getSort());
    SolrRequestInfo info = SolrRequestInfo.getRequestInfo();
    boolean isShard =
        info != null && info.getReq().getParams().getBool(ShardParams.IS_SHARD, false);
    return new CrossEncoderReRankCollector(
        new ReRanking(query, isShard, QueryLimits.getCurrentLimits()),
        query.parameters().reRankDocs(),
        length,
        command,
        searcher,
        elevated);
  }

  private static void requireOrderByScore(Sort sort) {
    if (sort == null) {
      return;
    }
    Optional<SortField> first =
        Arrays.stream(sort.getSort())
            .filter(field -> !ELEVATION.equals(field.getField()))
            .findFirst();
    if (first.isEmpty()
        || first.get().getType() != SortField.Type.SCORE
        || first.get().getReverse()) {
      throw ReRankParameters.wrong(
          "sort must begin with 'score desc', which is what reranking changes; sort="
              + Excerpt.of(sort.toString()));
    }
  }

  @Override
  public TopDocs topDocs(int start, int howMany) {
    TopDocs hits;
    try {
      hits = super.topDocs(start, howMany);
    } catch (SolrException e) {
      // Solr blames the client for whatever is thrown in there.
      throw e.getCause() instanceof RuntimeException cause ? cause : e;
    }
    ReRankRecord record = reRanking.finish(hits.scoreDocs);
    SolrRequestInfo info = SolrRequestInfo.getRequestInfo();
    if (info != null) {
      record.keepIn(info.getReq());
      ReRankReport.put(info.getRsp(), reRanking.report().section());
    }
    return hits;
  }
}
