package org.solrelectra.lucene.search;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Arrays;
import java.util.Comparator;
import org.apache.lucene.search.Explanation;
import org.apache.lucene.search.IndexSearcher;
import org.apache.lucene.search.Rescorer;
import org.apache.lucene.search.ScoreDoc;
import org.apache.lucene.search.TopDocs;
import org.solrelectra.lucene.encoder.Deadline;
import org.solrelectra.lucene.encoder.WindowPolicy;

/**
 * Reranks the hits of a first stage with a cross-encoder. Every hit that is given is scored; equal
 * scores keep the order of the documents.
 *
 * <p>Immutable; threads may share it.
 */
public final class CrossEncoderRescorer extends Rescorer {
  private final CrossEncoder crossEncoder;
  private final String query;
  private final PassageSource passages;
  private final WindowPolicy windowPolicy;
  private final ReRankOperator operator;
  private final double weight;

  /**
   * @param query the text that passages are read against
   * @param weight of the logit, above 0
   */
  public CrossEncoderRescorer(
      CrossEncoder crossEncoder,
      String query,
      PassageSource passages,
      WindowPolicy windowPolicy,
      ReRankOperator operator,
      double weight) {
    if (!(weight > 0 && Double.isFinite(weight))) {
      throw new IllegalArgumentException("weight must be above 0; weight=" + weight);
    }
    this.crossEncoder = crossEncoder;
    this.query = query;
    this.passages = passages;
    this.windowPolicy = windowPolicy;
    this.operator = operator;
    this.weight = weight;
  }

  /** Returns new hits, the best {@code topN}; leaves the given ones as they are. */
  @Override
  public TopDocs rescore(IndexSearcher searcher, TopDocs firstPass, int topN) throws IOException {
    ScoreDoc[] hits = new ScoreDoc[firstPass.scoreDocs.length];
    CrossEncoder.Scores scores = score(searcher, firstPass.scoreDocs);
    for (int i = 0; i < hits.length; i++) {
      ScoreDoc hit = firstPass.scoreDocs[i];
      hits[i] =
          new ScoreDoc(
              hit.doc, operator.combine(hit.score, scores.logits()[i], weight), hit.shardIndex);
    }
    Arrays.sort(
        hits,
        Comparator.comparingDouble((ScoreDoc hit) -> -hit.score).thenComparingInt(hit -> hit.doc));
    return new TopDocs(firstPass.totalHits, Arrays.copyOf(hits, Math.min(topN, hits.length)));
  }

  private CrossEncoder.Scores score(IndexSearcher searcher, ScoreDoc[] hits) throws IOException {
    try {
      return score(searcher, hits, Deadline.NONE);
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
  }

  /**
   * Returns the logits of hits, in their order, as far as the deadline allows.
   *
   * @throws IOException if the model fails
   * @throws UncheckedIOException if the index cannot be read
   */
  public CrossEncoder.Scores score(IndexSearcher searcher, ScoreDoc[] hits, Deadline deadline)
      throws IOException {
    int[] documents = Arrays.stream(hits).mapToInt(hit -> hit.doc).toArray();
    PassageReader reader =
        passages.reader(searcher, documents, crossEncoder.passages(query, windowPolicy));
    return crossEncoder.score(query, reader, windowPolicy, deadline);
  }

  @Override
  public Explanation explain(IndexSearcher searcher, Explanation firstPass, int document)
      throws IOException {
    ScoreDoc[] hit = {new ScoreDoc(document, 0)};
    return explain(firstPass, score(searcher, hit).logits()[0]);
  }

  /** Explains the final score of a document whose logit is known. */
  public Explanation explain(Explanation firstPass, float logit) {
    float firstStageScore = firstPass.isMatch() ? firstPass.getValue().floatValue() : 0;
    String formula =
        switch (operator) {
          case REPLACE -> "weight * logit";
          case ADD -> "first-stage score + weight * logit";
          case MULTIPLY -> "first-stage score * weight * sigmoid(logit)";
        };
    return Explanation.match(
        operator.combine(firstStageScore, logit, weight),
        "cross-encoder score, " + operator.key() + ": " + formula,
        Explanation.match(logit, "logit of the cross-encoder"),
        Explanation.match(ReRankOperator.probability(logit), "probability, sigmoid(logit)"),
        Explanation.match(weight, "weight"),
        firstPass);
  }
}
