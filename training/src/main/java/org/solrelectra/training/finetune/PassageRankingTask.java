package org.solrelectra.training.finetune;

import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.solrelectra.lucene.encoder.TokenBatchBuilder;
import org.solrelectra.lucene.encoder.TokenSequence;
import org.solrelectra.training.checkpoint.HuggingFaceDirectory.Head;
import org.solrelectra.training.dataset.InvalidDatasetException;
import org.solrelectra.training.dataset.LabeledPair;
import org.solrelectra.training.evaluation.QueryCandidates;
import org.solrelectra.training.evaluation.RankingMetrics;
import org.solrelectra.training.network.Tensors;

/** One logit a (query, passage) pair: sigmoid cross-entropy, and MRR@10 on the development set. */
final class PassageRankingTask implements FineTuningTask {
  private final List<LabeledPair> trainingPairs;
  private final List<TokenSequence> training;
  private final List<QueryCandidates> queries;
  private final List<TokenSequence> development;

  /**
   * @throws InvalidDatasetException if the training passages are all relevant or all not, or no
   *     query of the development set has a relevant passage and another
   */
  PassageRankingTask(
      List<LabeledPair> training, List<LabeledPair> development, TokenBatchBuilder batches)
      throws InvalidDatasetException {
    this.trainingPairs = training;
    this.queries =
        QueryCandidates.group(development).stream().filter(query -> query.isRankable(1)).toList();
    if (queries.isEmpty()) {
      throw new InvalidDatasetException(
          "the development set must have a query with a relevant passage and another; pairs="
              + development.size());
    }
    long relevant = training.stream().filter(PassageRankingTask::isRelevant).count();
    if (relevant == 0 || relevant == training.size()) {
      throw new InvalidDatasetException(
          "training pairs must be relevant (label 1 and above) and not (0 and below), or there is"
              + " nothing to learn; relevant="
              + relevant
              + ", pairs="
              + training.size());
    }
    List<TokenSequence> tokens = new ArrayList<>();
    for (LabeledPair pair : training) {
      tokens.addAll(batches.pairs(pair.query(), List.of(pair.passage())).sequences());
    }
    this.training = tokens;
    List<TokenSequence> developmentTokens = new ArrayList<>();
    for (QueryCandidates query : queries) {
      developmentTokens.addAll(batches.pairs(query.query(), query.passages()).sequences());
    }
    this.development = developmentTokens;
  }

  private static boolean isRelevant(LabeledPair pair) {
    return pair.grade() >= 1;
  }

  @Override
  public Head head() {
    return Head.ranker();
  }

  @Override
  public int labels() {
    return 1;
  }

  @Override
  public List<TokenSequence> training() {
    return training;
  }

  @Override
  public List<TokenSequence> development() {
    return development;
  }

  @Override
  public Tensor loss(Tensor logits, int[] examples, Device device) {
    float[] targets = new float[examples.length];
    for (int i = 0; i < targets.length; i++) {
      targets[i] = isRelevant(trainingPairs.get(examples[i])) ? 1 : 0;
    }
    return torch.binary_cross_entropy_with_logits(
        logits.squeeze(-1), Tensors.ofFloats(targets, device, targets.length));
  }

  @Override
  public double quality(List<float[]> logits) {
    List<RankingMetrics> measured = new ArrayList<>();
    int at = 0;
    for (QueryCandidates query : queries) {
      double[] scores = new double[query.passages().size()];
      for (int i = 0; i < scores.length; i++) {
        scores[i] = logits.get(at++)[0];
      }
      measured.add(query.measure(scores, 1));
    }
    return RankingMetrics.mean(measured).mrr10();
  }

  @Override
  public String qualityName() {
    return "MRR@10";
  }

  @Override
  public double temperature(List<float[]> logits) {
    return 1;
  }
}
