package org.solrelectra.solr.search;

import java.io.IOException;
import org.apache.lucene.index.LeafReaderContext;
import org.apache.lucene.search.BulkScorer;
import org.apache.lucene.search.Explanation;
import org.apache.lucene.search.FilterWeight;
import org.apache.lucene.search.ScorerSupplier;
import org.apache.lucene.search.Weight;

/** Scores as the first stage does, and explains what the request's reranking made of it. */
final class CrossEncoderWeight extends FilterWeight {
  private final CrossEncoderQuery query;

  CrossEncoderWeight(CrossEncoderQuery query, Weight firstStage) {
    super(query, firstStage);
    this.query = query;
  }

  @Override
  public ScorerSupplier scorerSupplier(LeafReaderContext context) throws IOException {
    return in.scorerSupplier(context);
  }

  @Override
  public BulkScorer bulkScorer(LeafReaderContext context) throws IOException {
    return in.bulkScorer(context);
  }

  @Override
  public int count(LeafReaderContext context) throws IOException {
    return in.count(context);
  }

  @Override
  public Explanation explain(LeafReaderContext context, int document) throws IOException {
    Explanation firstStage = in.explain(context, document);
    if (!firstStage.isMatch()) {
      return firstStage;
    }
    return ReRankRecord.ofThisRequest()
        .explain(context.docBase + document, firstStage, query.rescorer());
  }
}
