package org.solrelectra.solr.search;

import java.io.IOException;
import java.lang.invoke.MethodHandles;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.lucene.search.Explanation;
import org.apache.lucene.search.IndexSearcher;
import org.apache.lucene.search.Rescorer;
import org.apache.lucene.search.ScoreDoc;
import org.apache.lucene.search.TopDocs;
import org.apache.solr.common.SolrException;
import org.apache.solr.common.SolrException.ErrorCode;
import org.apache.solr.search.QueryLimits;
import org.apache.solr.search.QueryLimitsExceededException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.solrelectra.lucene.encoder.Deadline;
import org.solrelectra.lucene.encoder.OverloadedException;
import org.solrelectra.lucene.search.BelowReRanked;
import org.solrelectra.lucene.search.CrossEncoder;
import org.solrelectra.solr.search.ReRankParameters.OnError;
import org.solrelectra.solr.search.ReRankReport.Status;

/**
 * One reranking of one request: scores the window as far as time and model allow, applies the
 * failure rule, and remembers what it did. One thread.
 */
final class ReRanking extends Rescorer {
  private static final Logger log = LoggerFactory.getLogger(MethodHandles.lookup().lookupClass());

  private final CrossEncoderQuery query;
  private final boolean isShard;
  private final QueryLimits queryLimits;
  private final Map<Integer, Float> firstStageScores = new HashMap<>();
  private final Map<Integer, Float> logits = new HashMap<>();
  private final AtomicReference<ReRankReport> report =
      new AtomicReference<>(ReRankReport.NOTHING_TO_DO);
  private final AtomicReference<RuntimeException> refusal = new AtomicReference<>();

  /**
   * @param isShard whether the hits will be merged with those of other shards
   */
  ReRanking(CrossEncoderQuery query, boolean isShard, QueryLimits queryLimits) {
    this.query = query;
    this.isShard = isShard;
    this.queryLimits = queryLimits;
  }

  @Override
  public TopDocs rescore(IndexSearcher searcher, TopDocs window, int topN) {
    for (ScoreDoc hit : window.scoreDocs) {
      firstStageScores.put(hit.doc, hit.score);
    }
    score(searcher, window.scoreDocs);
    ScoreDoc[] hits = new ScoreDoc[window.scoreDocs.length];
    for (int i = 0; i < hits.length; i++) {
      ScoreDoc hit = window.scoreDocs[i];
      hits[i] = new ScoreDoc(hit.doc, score(hit.doc, hit.score), hit.shardIndex);
    }
    // Stable: equal scores keep the first stage's order.
    Arrays.sort(hits, Comparator.comparingDouble(hit -> -hit.score));
    // To lift elevated documents, Solr's collector adds 1, 2, … to the highest score, which changes
    // nothing in one of ten digits. So it gets the ranks; finish() gives the scores.
    for (int i = 0; i < hits.length; i++) {
      hits[i].score = hits.length - i;
    }
    return new TopDocs(window.totalHits, hits);
  }

  private void score(IndexSearcher searcher, ScoreDoc[] window) {
    ReRankParameters parameters = query.parameters();
    RequestLimits limits = new RequestLimits(queryLimits);
    Integer timeoutMillis = parameters.timeoutMillis();
    Deadline deadline = timeoutMillis == null ? Deadline.NONE : Deadline.afterMillis(timeoutMillis);
    if (queryLimits.isLimitsEnabled()) {
      deadline = deadline.cancelledBy(limits);
    }
    CrossEncoder.Scores scores;
    try {
      scores = query.rescorer().score(searcher, window, deadline);
    } catch (IOException e) {
      // The model's. An index that cannot be read, and our own mistakes, end the request.
      giveUp(e.getMessage(), 0, e);
      return;
    }
    if (scores.scored() == window.length) {
      keep(window, scores, Status.OK, null);
      return;
    }
    boolean isLimited = limits.getAsBoolean();
    String reason =
        (isLimited ? limits.message() : "timeoutMillis=" + timeoutMillis + " passed")
            + " after "
            + scores.scored()
            + " of "
            + window.length
            + " documents";
    if (isLimited) {
      noteExceededLimits();
    }
    if (parameters.onError() == OnError.PARTIAL && scores.scored() > 0) {
      keep(window, scores, Status.PARTIAL, reason);
    } else {
      giveUp(reason, scores.truncatedQueries(), null);
    }
  }

  private void keep(ScoreDoc[] window, CrossEncoder.Scores scores, Status status, String reason) {
    for (int i = 0; i < window.length; i++) {
      if (scores.isScored(i)) {
        logits.put(window[i].doc, scores.logits()[i]);
      }
    }
    report.set(new ReRankReport(status, logits.size(), scores.truncatedQueries(), reason));
  }

  private void giveUp(String reason, int truncatedQueries, Exception cause) {
    String model = query.model().name();
    // A shard reports it, and the coordinator fails the request.
    if (query.parameters().onError() == OnError.FAIL && !isShard) {
      refuse(failure("'" + model + "'", reason, cause));
    } else if (cause != null && !(cause instanceof OverloadedException)) {
      log.warn("cannot rerank with model {}; the first stage's order is kept", model, cause);
    }
    report.set(new ReRankReport(Status.ORIGINAL, 0, truncatedQueries, reason));
  }

  static SolrException failure(String model, String reason, Exception cause) {
    return new SolrException(
        ErrorCode.SERVER_ERROR, "cannot rerank with model " + model + ": " + reason, cause);
  }

  /** Marks the response as partial, or ends the request if it does not want partial results. */
  private void noteExceededLimits() {
    try {
      queryLimits.maybeExitWithPartialResults("cross-encoder");
    } catch (QueryLimitsExceededException e) {
      refuse(e);
    }
  }

  private void refuse(RuntimeException exception) {
    refusal.compareAndSet(null, exception);
  }

  /**
   * Gives all documents their scores, those below the window too, and returns what became of them.
   *
   * @param hits of the search, the window included; their scores are changed
   * @throws RuntimeException if reranking failed and the request asks for an error then
   */
  ReRankRecord finish(ScoreDoc[] hits) {
    if (refusal.get() != null) {
      throw refusal.get();
    }
    ReRankRecord record = new ReRankRecord(report.get(), query.parameters().reRankDocs());
    // Of the window also what is not shown: explainOther may ask for it.
    firstStageScores.forEach((document, score) -> record(record, document, score));
    for (ScoreDoc hit : hits) {
      hit.score = record(record, hit.doc, firstStageScores.getOrDefault(hit.doc, hit.score));
    }
    return record;
  }

  private float record(ReRankRecord record, int document, float firstStageScore) {
    float last = score(document, firstStageScore);
    record.add(document, new ReRankRecord.Scores(firstStageScore, logits.get(document), last));
    return last;
  }

  ReRankReport report() {
    return report.get();
  }

  @Override
  public Explanation explain(IndexSearcher searcher, Explanation firstPass, int document)
      throws IOException {
    return query.rescorer().explain(searcher, firstPass, document);
  }

  /** Returns the final score of any document of the search. */
  private float score(int document, float firstStageScore) {
    Float logit = logits.get(document);
    if (logit != null) {
      return query
          .parameters()
          .reRankOperator()
          .combine(firstStageScore, logit, query.parameters().reRankWeight());
    }
    return logits.isEmpty() && !isShard ? firstStageScore : BelowReRanked.score(firstStageScore);
  }
}
