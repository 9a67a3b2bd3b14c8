package org.solrelectra.training.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.solrelectra.lucene.analysis.WordPieceEncoder;
import org.solrelectra.lucene.encoder.Deadline;
import org.solrelectra.lucene.encoder.Encoder;
import org.solrelectra.lucene.encoder.WindowPolicy;
import org.solrelectra.lucene.model.ModelDirectory;
import org.solrelectra.lucene.model.Task;
import org.solrelectra.lucene.search.CrossEncoder;
import org.solrelectra.lucene.search.ReRankOperator;
import org.solrelectra.training.dataset.DatasetReader;
import org.solrelectra.training.dataset.InvalidDatasetException;
import org.solrelectra.training.dataset.LabeledText;
import org.solrelectra.training.evaluation.Bm25Baseline;
import org.solrelectra.training.evaluation.ClassificationMetrics;
import org.solrelectra.training.evaluation.ClassifierBaselines;
import org.solrelectra.training.evaluation.ClassifierPredictions;
import org.solrelectra.training.evaluation.QueryCandidates;
import org.solrelectra.training.evaluation.RankingMetrics;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
    name = "evaluate",
    mixinStandardHelpOptions = true,
    description =
        "Measures a model directory: accuracy and macro-F1 of a classifier; MRR@10, nDCG@10 and MAP of a ranker beside BM25 on the same"
            + " candidates.")
final class EvaluateCommand implements Callable<Integer> {
  @CommandLine.Spec private CommandLine.Model.CommandSpec spec;
  @Mixin private ModelOptions model;
  @Mixin private RelevanceOption relevance;

  @Option(
      names = "--test",
      required = true,
      paramLabel = "FILE",
      description =
          "JSONL, or TSV with a header line, also .gz or .xz. For a classifier text, label and, of pairs, pair; for a ranker query, passage,"
              + " label (a grade). Queries without a relevant passage and another are left out.")
  private Path test;

  @Option(
      names = "--train",
      paramLabel = "FILE",
      description =
          "Training examples, to set a classifier beside the majority class, Lucene's own classifiers, and logistic regression on TF-IDF.")
  private Path train;

  @Option(
      names = "--weight",
      defaultValue = "1",
      description =
          "Of the logit where it is added to BM25 (reRankOperator=add). Default: ${DEFAULT-VALUE}.")
  private double weight;

  @Option(
      names = "--max-windows",
      defaultValue = "1",
      description =
          "Of a passage that is longer than the model takes, as maxWindows in Solr. Default: ${DEFAULT-VALUE}, its beginning.")
  private int maxWindows;

  @Option(
      names = "--window-aggregation",
      defaultValue = "MAX",
      description = "Of the windows' logits: ${COMPLETION-CANDIDATES}. Default: ${DEFAULT-VALUE}.")
  private WindowPolicy.Aggregation windowAggregation;

  @Option(names = "--json", description = "Print one JSON object.")
  private boolean json;

  @Override
  public Integer call() throws IOException {
    try (ModelOptions.OpenModel open = model.open()) {
      Task task = open.encoder().model().manifest().task();
      return switch (task) {
        case CLASSIFICATION -> classification(open.encoder());
        case RANKING -> ranking(open.encoder());
        default ->
            throw new IllegalArgumentException(
                "--model must be for classification or ranking; task=" + task.key());
      };
    }
  }

  private DatasetReader reader(Encoder encoder) {
    ModelDirectory directory = encoder.model();
    return new DatasetReader(
        new WordPieceEncoder(directory.vocabulary(), directory.tokenizer())::hasPieces,
        Warnings.to(spec));
  }

  private int classification(Encoder encoder) throws IOException {
    DatasetReader reader = reader(encoder);
    List<LabeledText> examples = reader.texts(test);
    List<String> truth = examples.stream().map(LabeledText::label).toList();
    Map<String, ClassificationMetrics> results = new LinkedHashMap<>();
    results.put(
        "model",
        ClassificationMetrics.of(
            truth, ClassifierPredictions.of(encoder, examples, test.toString()).labels()));
    if (train != null) {
      results.putAll(ClassifierBaselines.measure(reader.texts(train), examples));
    }
    ObjectNode object = new ObjectMapper().createObjectNode();
    object.put("task", "classification").put("examples", examples.size());
    results.forEach(
        (name, metrics) ->
            object
                .putObject(name)
                .put("accuracy", metrics.accuracy())
                .put("macroF1", metrics.macroF1()));
    PrintWriter out = spec.commandLine().getOut();
    if (json) {
      out.println(object);
    } else {
      out.printf(
          Locale.ROOT, "%d examples%n%-36s %8s %8s%n", examples.size(), "", "accuracy", "macro-F1");
      results.forEach(
          (name, metrics) ->
              out.printf(
                  Locale.ROOT, "%-36s %8.4f %8.4f%n", name, metrics.accuracy(), metrics.macroF1()));
    }
    return 0;
  }

  private int ranking(Encoder encoder) throws IOException {
    int relevantFrom = relevance.grade();
    if (maxWindows < 1) {
      throw new IllegalArgumentException(
          "--max-windows must be at least 1; --max-windows=" + maxWindows);
    }
    CrossEncoder crossEncoder = new CrossEncoder(encoder);
    WindowPolicy windowPolicy =
        new WindowPolicy(
            maxWindows, encoder.model().windowStride(), Integer.MAX_VALUE, windowAggregation);
    List<QueryCandidates> all = QueryCandidates.group(reader(encoder).pairs(test));
    List<double[]> bm25 = Bm25Baseline.scores(all);
    Map<String, List<RankingMetrics>> measured = new LinkedHashMap<>();
    measured.put("model", new ArrayList<>());
    measured.put("bm25", new ArrayList<>());
    String added = String.format(Locale.ROOT, "bm25 + %s * logit", weight);
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
          sum[j] = ReRankOperator.ADD.combine((float) bm25.get(i)[j], logits[j], weight);
        }
        measured.get("model").add(query.measure(alone, relevantFrom));
        measured.get("bm25").add(query.measure(bm25.get(i), relevantFrom));
        measured.get(added).add(query.measure(sum, relevantFrom));
      }
    }
    int queries = measured.get("model").size();
    if (queries == 0) {
      throw new InvalidDatasetException(
          test + " holds no query with a relevant passage and another");
    }
    print(queries, sequences, measured);
    return 0;
  }

  private void print(int queries, int sequences, Map<String, List<RankingMetrics>> measured) {
    PrintWriter out = spec.commandLine().getOut();
    ObjectNode object = new ObjectMapper().createObjectNode();
    object.put("task", "ranking").put("queries", queries).put("sequences", sequences);
    StringBuilder table =
        new StringBuilder(
            String.format(
                Locale.ROOT,
                "%d queries, %d sequences%n%-24s %8s %8s %8s%n",
                queries,
                sequences,
                "",
                "MRR@10",
                "nDCG@10",
                "MAP"));
    measured.forEach(
        (name, list) -> {
          RankingMetrics mean = RankingMetrics.mean(list);
          object
              .putObject(name)
              .put("mrr10", mean.mrr10())
              .put("ndcg10", mean.ndcg10())
              .put("map", mean.map());
          table.append(
              String.format(
                  Locale.ROOT,
                  "%-24s %8.4f %8.4f %8.4f%n",
                  name,
                  mean.mrr10(),
                  mean.ndcg10(),
                  mean.map()));
        });
    out.print(json ? object + "\n" : table);
    out.flush();
  }
}
