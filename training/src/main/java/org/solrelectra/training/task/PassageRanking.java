package org.solrelectra.training.task;

import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.solrelectra.lucene.encoder.Deadline;
import org.solrelectra.lucene.encoder.Encoder;
import org.solrelectra.lucene.encoder.TokenBatchBuilder;
import org.solrelectra.lucene.encoder.TokenSequence;
import org.solrelectra.lucene.encoder.WindowPolicy;
import org.solrelectra.lucene.model.Manifest;
import org.solrelectra.lucene.model.Task;
import org.solrelectra.lucene.search.CrossEncoder;
import org.solrelectra.lucene.search.ReRankOperator;
import org.solrelectra.training.checkpoint.HuggingFaceDirectory.Head;
import org.solrelectra.training.dataset.ExampleRow;
import org.solrelectra.training.dataset.InvalidDatasetException;
import org.solrelectra.training.dataset.LabeledPair;
import org.solrelectra.training.dataset.TextSequences;
import org.solrelectra.training.evaluation.Agreement;
import org.solrelectra.training.evaluation.Bm25Baseline;
import org.solrelectra.training.evaluation.EvaluationTable;
import org.solrelectra.training.evaluation.QueryCandidates;
import org.solrelectra.training.evaluation.RankingMetrics;
import org.solrelectra.training.network.Tensors;

/** One logit a (query, passage) pair: sigmoid cross-entropy, and MRR@10 on the development set. */
public final class PassageRanking implements ModelTask<LabeledPair> {

  @Override
  public String name() {
    return "rank";
  }

  @Override
  public String description() {
    return "relevant or not, a (query, passage) pair. Keys: query, passage, label (a whole number; 1 and"
        + " above is relevant). The epoch with the best MRR@10 is kept. Measured: MRR@10, nDCG@10 and"
        + " MAP beside BM25 on the same candidates; queries without a relevant passage and another are"
        + " left out.";
  }

  @Override
  public Task manifestTask() {
    return Task.RANKING;
  }

  @Override
  public Manifest.Activation activation() {
    return Manifest.Activation.SIGMOID;
  }

  @Override
  public NetworkHead networkHead() {
    return NetworkHead.SEQUENCE_CLASSIFICATION;
  }

  @Override
  public boolean isTaskOf(Head head) {
    return head.labels().size() == 1 && !"regression".equals(head.problemType());
  }

  @Override
  public boolean isTaskOf(Manifest manifest) {
    return manifest.task() == Task.RANKING;
  }

  @Override
  public int usualEpochs() {
    return 3;
  }

  @Override
  public LabeledPair read(ExampleRow row) throws InvalidDatasetException {
    return LabeledPair.of(row);
  }

  @Override
  public TokenSequence sequence(LabeledPair example, TokenBatchBuilder batches) {
    return TextSequences.of(example.query(), example.passage(), batches);
  }

  @Override
  public Objective objective(
      List<LabeledPair> training, List<LabeledPair> development, TokenBatchBuilder batches)
      throws InvalidDatasetException {
    return new JudgedPairs(training, development, batches);
  }

  @Override
  public EvaluationTable evaluate(
      Encoder encoder,
      List<LabeledPair> test,
      List<LabeledPair> training,
      EvaluationOptions options)
      throws IOException {
    int relevantFrom = options.relevantFrom();
    CrossEncoder crossEncoder = new CrossEncoder(encoder);
    WindowPolicy windowPolicy =
        new WindowPolicy(
            options.maxWindows(),
            encoder.model().windowStride(),
            Integer.MAX_VALUE,
            options.aggregation());
    List<QueryCandidates> all = QueryCandidates.group(test);
    List<double[]> bm25 = Bm25Baseline.scores(all);
    Map<String, List<RankingMetrics>> measured = new LinkedHashMap<>();
    measured.put("model", new ArrayList<>());
    measured.put("bm25", new ArrayList<>());
    String added = String.format(Locale.ROOT, "bm25 + %s * logit", options.weight());
    measured.put(added, new ArrayList<>());
    int sequences = 0;
    for (int i = 0; i < all.size(); i++) {
      QueryCandidates query = all.get(i);
      if (query.isRankable(relevantFrom)) {
        CrossEncoder.Scores scores =
            crossEncoder.score(query.query(), query.passages(), windowPolicy, Deadline.NONE);
        float[] logits = scores.logits();
        sequences += scores.sequences();
        double[] alone = new double[logits.length];
        double[] sum = new double[logits.length];
        for (int j = 0; j < logits.length; j++) {
          alone[j] = logits[j];
          sum[j] = ReRankOperator.ADD.combine((float) bm25.get(i)[j], logits[j], options.weight());
        }
        measured.get("model").add(query.measure(alone, relevantFrom));
        measured.get("bm25").add(query.measure(bm25.get(i), relevantFrom));
        measured.get(added).add(query.measure(sum, relevantFrom));
      }
    }
    int queries = measured.get("model").size();
    if (queries == 0) {
      throw new InvalidDatasetException(
          options.source() + " holds no query with a relevant passage and another");
    }
    return table(queries, sequences, measured);
  }

  private static EvaluationTable table(
      int queries, int sequences, Map<String, List<RankingMetrics>> measured) {
    Map<String, Integer> counts = new LinkedHashMap<>();
    counts.put("queries", queries);
    counts.put("sequences", sequences);
    Map<String, List<Double>> rows = new LinkedHashMap<>();
    measured.forEach(
        (name, metrics) -> {
          RankingMetrics mean = RankingMetrics.mean(metrics);
          rows.put(name, List.of(mean.mrr10(), mean.ndcg10(), mean.map()));
        });
    return new EvaluationTable(
        counts,
        List.of(
            new EvaluationTable.Column("MRR@10", "mrr10"),
            new EvaluationTable.Column("nDCG@10", "ndcg10"),
            new EvaluationTable.Column("MAP", "map")),
        rows);
  }

  @Override
  public Agreement compare(
      Encoder reference, Encoder smaller, List<LabeledPair> test, EvaluationOptions options)
      throws IOException {
    return Agreement.ofRankers(
        reference, smaller, QueryCandidates.group(test), options.relevantFrom());
  }

  private static final class JudgedPairs implements Objective {
    private final List<LabeledPair> trainingPairs;
    private final List<TokenSequence> training;
    private final List<QueryCandidates> queries;
    private final List<TokenSequence> development;

    /**
     * @throws InvalidDatasetException if the training passages are all relevant or all not, or no
     *     query of the development set has a relevant passage and another
     */
    private JudgedPairs(
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
      long relevant = training.stream().filter(JudgedPairs::isRelevant).count();
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
        tokens.add(TextSequences.of(pair.query(), pair.passage(), batches));
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
    public Calibration calibration(List<float[]> logits) {
      return Calibration.NONE;
    }
  }
}
