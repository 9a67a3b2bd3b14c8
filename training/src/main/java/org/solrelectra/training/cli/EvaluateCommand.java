package org.solrelectra.training.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import org.solrelectra.lucene.analysis.WordPieceEncoder;
import org.solrelectra.lucene.encoder.Encoder;
import org.solrelectra.lucene.encoder.WindowPolicy;
import org.solrelectra.lucene.model.ModelDirectory;
import org.solrelectra.training.dataset.DatasetReader;
import org.solrelectra.training.evaluation.EvaluationTable;
import org.solrelectra.training.task.EvaluationOptions;
import org.solrelectra.training.task.ModelTask;
import org.solrelectra.training.task.Tasks;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
    name = "evaluate",
    mixinStandardHelpOptions = true,
    modelTransformer = TaskHelp.class,
    description = "Measures a model directory by what its task is measured by.")
final class EvaluateCommand implements Callable<Integer> {
  @CommandLine.Spec private CommandLine.Model.CommandSpec spec;
  @Mixin private ModelOptions model;
  @Mixin private RelevanceOption relevance;

  @Option(
      names = "--test",
      required = true,
      paramLabel = "FILE",
      description =
          "JSONL, or TSV with a header line, also .gz or .xz. Each task has its own keys, below.")
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
    EvaluationOptions options =
        new EvaluationOptions(
            test.toString(), relevance.grade(), weight, maxWindows(), windowAggregation);
    try (ModelOptions.OpenModel open = model.open()) {
      ModelTask<?> task = Tasks.of(open.encoder().model().manifest());
      EvaluationTable table = measure(task, open.encoder(), options);
      PrintWriter out = spec.commandLine().getOut();
      if (json) {
        ObjectNode object = new ObjectMapper().createObjectNode();
        object.put("task", task.manifestTask().key());
        table.writeTo(object);
        out.println(object);
      } else {
        out.print(table.asText());
      }
      out.flush();
      return 0;
    }
  }

  private int maxWindows() {
    if (maxWindows < 1) {
      throw new IllegalArgumentException(
          "--max-windows must be at least 1; --max-windows=" + maxWindows);
    }
    return maxWindows;
  }

  private <E> EvaluationTable measure(ModelTask<E> task, Encoder encoder, EvaluationOptions options)
      throws IOException {
    ModelDirectory directory = encoder.model();
    DatasetReader reader =
        new DatasetReader(
            new WordPieceEncoder(directory.vocabulary(), directory.tokenizer())::hasPieces,
            Warnings.to(spec));
    return task.evaluate(
        encoder,
        reader.read(test, task::read),
        train == null ? List.of() : reader.read(train, task::read),
        options);
  }
}
