package org.solrelectra.training.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.stream.IntStream;
import org.solrelectra.lucene.analysis.WordPieceEncoder;
import org.solrelectra.lucene.encoder.TokenBatchBuilder;
import org.solrelectra.lucene.encoder.TokenSequence;
import org.solrelectra.lucene.encoder.WorkerPool;
import org.solrelectra.lucene.model.ModelDirectory;
import org.solrelectra.training.dataset.DatasetReader;
import org.solrelectra.training.evaluation.Agreement;
import org.solrelectra.training.export.QuantizedModel;
import org.solrelectra.training.task.EvaluationOptions;
import org.solrelectra.training.task.ModelTask;
import org.solrelectra.training.task.Tasks;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
    name = "quantize",
    mixinStandardHelpOptions = true,
    modelTransformer = TaskHelp.class,
    description =
        "Adds a graph in int8 to a model directory, which the plugin then runs: a quarter of the size and faster. Measures on your"
            + " examples what that costs, writes it into manifest.json, and writes nothing if it is too much.")
final class QuantizeCommand implements Callable<Integer> {
  private static final int CALIBRATION_EXAMPLES = 1000;

  @CommandLine.Spec private CommandLine.Model.CommandSpec spec;
  @Mixin private RelevanceOption relevance;

  @Option(
      names = "--model",
      required = true,
      paramLabel = "DIR",
      description =
          "A model directory, as export writes it, of a model that does one of the tasks below.")
  private Path directory;

  @Option(
      names = "--test",
      required = true,
      paramLabel = "FILE",
      description = "Labelled examples that both are measured on, as evaluate reads them.")
  private Path test;

  @Option(
      names = "--calibration",
      paramLabel = "FILE",
      description =
          "Other examples of the same kind, of which up to 1000 are run to fix the scales of what is quantized while it runs."
              + " Then short texts of one length may share a run, which is up to 1.8 times as fast. Without it each run has scales"
              + " of its own.")
  private Path calibration;

  @Option(
      names = "--limit",
      defaultValue = "0.01",
      paramLabel = "LOSS",
      description =
          "By how much accuracy, nDCG@10 of a ranker, or what else the task is compared by, may be lower than in float32. Default: ${DEFAULT-VALUE}.")
  private double limit;

  @Option(names = "--force", description = "Write it whatever it costs.")
  private boolean force;

  @Option(names = "--json", description = "End with one JSON line: what manifest.json gets.")
  private boolean json;

  @Override
  public Integer call() throws IOException {
    if (!(limit >= 0)) {
      throw new IllegalArgumentException("--limit must be at least 0; --limit=" + limit);
    }
    int relevantFrom = relevance.grade();
    try (WorkerPool pool = WorkerPool.forThisMachine();
        QuantizedModel model = QuantizedModel.of(directory, calibrationSequences(), pool)) {
      Agreement agreement =
          measure(Tasks.of(model.reference().model().manifest()), model, relevantFrom);
      boolean good = agreement.loss() <= limit;
      print(model, agreement);
      if (!good && !force) {
        spec.commandLine()
            .getErr()
            .printf(
                Locale.ROOT,
                "electra quantize: int8 costs %.4f of %s, more than --limit %s; nothing was written; --force writes it all"
                    + " the same%n",
                agreement.loss(),
                agreement.metric(),
                limit);
        return 1;
      }
      ObjectNode report = report(model, agreement);
      report.put("forced", !good);
      model.accept(report);
      PrintWriter out = spec.commandLine().getOut();
      out.println("written: " + directory.resolve(QuantizedModel.FILE));
      if (json) {
        out.println(report);
      }
      return 0;
    }
  }

  /** Returns up to a thousand sequences, from all of the file; none without a file. */
  private List<TokenSequence> calibrationSequences() throws IOException {
    if (calibration == null) {
      return List.of();
    }
    ModelDirectory model = ModelDirectory.open(directory);
    return calibrationSequences(Tasks.of(model.manifest()), model);
  }

  private <E> List<TokenSequence> calibrationSequences(ModelTask<E> task, ModelDirectory model)
      throws IOException {
    TokenBatchBuilder batches = TokenBatchBuilder.of(model);
    return some(reader(model).read(calibration, task::read)).stream()
        .map(example -> task.sequence(example, batches))
        .toList();
  }

  private DatasetReader reader(ModelDirectory model) {
    return new DatasetReader(
        new WordPieceEncoder(model.vocabulary(), model.tokenizer())::hasPieces, Warnings.to(spec));
  }

  private static <T> List<T> some(List<T> examples) {
    int step = (examples.size() + CALIBRATION_EXAMPLES - 1) / CALIBRATION_EXAMPLES;
    return IntStream.range(0, examples.size())
        .filter(i -> i % step == 0)
        .mapToObj(examples::get)
        .toList();
  }

  private <E> Agreement measure(ModelTask<E> task, QuantizedModel model, int relevantFrom)
      throws IOException {
    return task.compare(
        model.reference(),
        model.quantized(),
        reader(model.reference().model()).read(test, task::read),
        EvaluationOptions.alone(test.toString(), relevantFrom));
  }

  private void print(QuantizedModel model, Agreement agreement) throws IOException {
    PrintWriter out = spec.commandLine().getOut();
    out.printf(
        Locale.ROOT,
        "%s: %.1f MB; %s: %.1f MB%n",
        model.sourceName(),
        model.sourceBytes() / 1e6,
        QuantizedModel.FILE,
        model.bytes() / 1e6);
    out.printf(
        Locale.ROOT,
        "%d examples, %s: float32 %.4f, int8 %.4f (%+.4f)%n",
        agreement.examples(),
        agreement.metric(),
        agreement.reference(),
        agreement.smaller(),
        agreement.smaller() - agreement.reference());
    out.printf(
        Locale.ROOT,
        "%s; largest difference of a logit %.3f%n",
        agreement.inWords(),
        agreement.largestDifference());
  }

  private ObjectNode report(QuantizedModel model, Agreement agreement) {
    ObjectNode report = new ObjectMapper().createObjectNode();
    report.put("file", QuantizedModel.FILE);
    report.put("source", model.sourceName());
    report.put(
        "scheme",
        (calibration == null ? "dynamic" : "static")
            + "; int8 weights of 7 bits, symmetric, a scale for each output");
    if (calibration != null) {
      report.put("calibration", calibration.getFileName().toString());
    }
    report.put("test", test.getFileName().toString());
    report.put("examples", agreement.examples());
    report.put("metric", agreement.metric());
    report.put("float32", agreement.reference());
    report.put("int8", agreement.smaller());
    agreement.measures().forEach(report::put);
    report.put("largest_difference", agreement.largestDifference());
    report.put("limit", limit);
    return report;
  }
}
