package org.solrelectra.solr.search;

import java.util.HashMap;
import java.util.Map;
import org.apache.lucene.search.Explanation;
import org.apache.solr.request.SolrQueryRequest;
import org.apache.solr.request.SolrRequestInfo;
import org.solrelectra.lucene.search.CrossEncoderRescorer;

/**
 * The scores that a request's documents got, on one core. It stands in the request's context, where
 * all that show scores read it, so that they agree with the order. One thread at a time.
 */
final class ReRankRecord {
  private static final String KEY = ReRankRecord.class.getName();

  private final ReRankReport report;
  private final int reRankDocs;
  private final Map<Integer, Scores> documents = new HashMap<>();

  ReRankRecord(ReRankReport report, int reRankDocs) {
    this.report = report;
    this.reRankDocs = reRankDocs;
  }

  /**
   * A document's scores.
   *
   * @param logit null if it was not reranked
   */
  record Scores(float firstStage, Float logit, float last) {}

  void add(int document, Scores scores) {
    documents.put(document, scores);
  }

  void keepIn(SolrQueryRequest request) {
    request.getContext().put(KEY, this);
  }

  /** Returns the record of the request that this thread works on; an empty one if there is none. */
  static ReRankRecord ofThisRequest() {
    SolrRequestInfo info = SolrRequestInfo.getRequestInfo();
    Object found = info == null ? null : info.getReq().getContext().get(KEY);
    return found instanceof ReRankRecord kept
        ? kept
        : new ReRankRecord(ReRankReport.NOTHING_TO_DO, 0);
  }

  Explanation explain(int document, Explanation firstStage, CrossEncoderRescorer rescorer) {
    Scores scores = documents.get(document);
    if (scores == null) {
      return Explanation.match(
          firstStage.getValue(),
          "first-stage score: this request did not rank the document",
          firstStage);
    }
    if (scores.logit() != null) {
      return rescorer.explain(withValue(scores.firstStage(), firstStage), scores.logit());
    }
    String reason =
        report.reason() == null ? "not among the first reRankDocs=" + reRankDocs : report.reason();
    String meaning =
        scores.last() == scores.firstStage()
            ? "first-stage score, not reranked: "
            : "below every reranked document, by first-stage score, not reranked: ";
    return Explanation.match(scores.last(), meaning + reason, firstStage);
  }

  /** An explanation may differ in the last bit from the score that was collected. */
  private static Explanation withValue(float value, Explanation explanation) {
    return explanation.getValue().floatValue() == value
        ? explanation
        : Explanation.match(value, explanation.getDescription(), explanation.getDetails());
  }
}
