package org.solrelectra.training.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.solrelectra.lucene.analysis.WordPieceEncoder;
import org.solrelectra.training.checkpoint.HuggingFaceDirectory;
import org.solrelectra.training.checkpoint.HuggingFaceModel;
import org.solrelectra.training.checkpoint.SafeTensors.DataType;
import org.solrelectra.training.dataset.DatasetReader;
import org.solrelectra.training.finetune.FineTuner;
import org.solrelectra.training.finetune.FineTuningConfig;
import org.solrelectra.training.network.Libtorch;
import org.solrelectra.training.optimization.Optimizer.BiasCorrection;
import org.solrelectra.training.storage.FileHash;
import org.solrelectra.training.task.ModelTask;
import org.solrelectra.training.task.Objective;
import org.solrelectra.training.task.Tasks;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
    name = "finetune",
    mixinStandardHelpOptions = true,
    modelTransformer = TaskHelp.class,
    description = "Trains a model that does a task from a pretrained discriminator.")
final class FineTuneCommand implements Callable<Integer> {
  /** What stands beside the weights in the output: how they were made, and how good they are. */
  static final String RECORD = "finetuning.json";

  /** The names that {@code --task} takes. */
  private static final class TaskNames implements Iterable<String> {
    @Override
    public Iterator<String> iterator() {
      return Tasks.all().stream().<String>map(ModelTask::name).iterator();
    }
  }

  @CommandLine.Spec private CommandLine.Model.CommandSpec spec;
  @Mixin private LibtorchOptions libtorchOptions;

  @Option(
      names = "--task",
      required = true,
      paramLabel = "TASK",
      completionCandidates = TaskNames.class,
      description = "What is learnt: ${COMPLETION-CANDIDATES}; each is described below.")
  private String taskName;

  @Option(
      names = "--model",
      required = true,
      paramLabel = "DIR",
      description =
          "What to start from: RUN/discriminator, DIR/discriminator as import writes it, or a Hugging Face directory of an"
              + " ELECTRA (safetensors or pytorch_model.bin). electra import makes such a directory of a TensorFlow"
              + " checkpoint.")
  private Path model;

  @Option(
      names = "--train",
      required = true,
      arity = "1..*",
      paramLabel = "FILE",
      description =
          "JSONL, or TSV with a header line, also .gz or .xz. Each task has its own keys, below.")
  private List<Path> train;

  @Option(
      names = "--dev",
      required = true,
      arity = "1..*",
      paramLabel = "FILE",
      description =
          "As --train. The epoch that is best on it is kept; what makes probabilities and decisions of logits is fitted on"
              + " it.")
  private List<Path> development;

  @Option(
      names = "--output",
      required = true,
      paramLabel = "CHECKPOINT",
      description = "The folder to write, for export --checkpoint.")
  private Path output;

  @Option(names = "--epochs", description = "Default: the task's, below.")
  private Integer epochs;

  @Option(names = "--batch-size", defaultValue = "32", description = "Default: ${DEFAULT-VALUE}.")
  private int batchSize;

  @Option(
      names = "--learning-rate",
      defaultValue = "3e-4",
      description =
          "Peak, of the head. Clark et al. 2020: 3e-4 for small, 1e-4 for base, 5e-5 for large. Default: ${DEFAULT-VALUE}.")
  private double learningRate;

  @Option(
      names = "--warmup",
      defaultValue = "0.1",
      paramLabel = "SHARE",
      description = "Of all steps. Default: ${DEFAULT-VALUE}.")
  private double warmupShare;

  @Option(
      names = "--weight-decay",
      defaultValue = "0.01",
      description = "Default: ${DEFAULT-VALUE}.")
  private double weightDecay;

  @Option(
      names = "--layer-decay",
      defaultValue = "0.8",
      description =
          "Factor of the rate from one layer to the next below; large models need it. Default: ${DEFAULT-VALUE}.")
  private double layerDecay;

  @Option(
      names = "--bias-correction",
      defaultValue = "standard",
      description =
          "Of Adam's moments: ${COMPLETION-CANDIDATES}. The original has none, which makes runs on little data fail now and"
              + " then (Mosbach et al. 2021). Default: ${DEFAULT-VALUE}.")
  private BiasCorrection biasCorrection;

  @Option(
      names = "--max-length",
      description = "Tokens a sequence. Default: the model's model_max_length.")
  private Integer maxLength;

  @Option(names = "--dropout", defaultValue = "0.1", description = "Default: ${DEFAULT-VALUE}.")
  private double dropout;

  @Option(names = "--seed", defaultValue = "1", description = "Default: ${DEFAULT-VALUE}.")
  private long seed;

  @Override
  public Integer call() throws IOException {
    if (Files.exists(output)) {
      throw new IllegalArgumentException(output + " exists already; name another --output");
    }
    ModelTask<?> task = Tasks.named(taskName);
    HuggingFaceModel start = HuggingFaceModel.read(model);
    FineTuningConfig config =
        new FineTuningConfig(
            epochs != null ? epochs : task.usualEpochs(),
            batchSize,
            learningRate,
            warmupShare,
            weightDecay,
            layerDecay,
            biasCorrection,
            maxLength != null ? maxLength : start.tokenizer().modelMaxLength(),
            dropout,
            seed);
    ObjectNode record = record(task, config);
    Libtorch libtorch = libtorchOptions.start();
    FineTuner tuner =
        new FineTuner(start, task.networkHead(), objective(task, start, config), config, libtorch);
    PrintWriter out = spec.commandLine().getOut();
    long startNanos = System.nanoTime();
    FineTuner.Result result = train(tuner, out);
    HuggingFaceDirectory.write(
        output,
        result.model().config(),
        result.model().head(),
        result.model().weights(),
        DataType.F32,
        result.model().vocabulary(),
        result.model().tokenizer(),
        Map.of(RECORD, completed(record, result, startNanos).toPrettyString() + "\n"));
    out.printf(
        Locale.ROOT,
        "best epoch %d: %s %.4f on %s; written: %s%n",
        result.bestEpoch(),
        result.qualityName(),
        result.quality(),
        development.stream().map(Path::toString).collect(Collectors.joining(", ")),
        output);
    return 0;
  }

  private <E> Objective objective(
      ModelTask<E> task, HuggingFaceModel start, FineTuningConfig config) throws IOException {
    DatasetReader reader =
        new DatasetReader(
            new WordPieceEncoder(start.vocabulary(), start.tokenizer())::hasPieces,
            Warnings.to(spec));
    return task.objective(
        read(train, reader, task),
        read(development, reader, task),
        FineTuner.batches(start, config));
  }

  private static <E> List<E> read(List<Path> files, DatasetReader reader, ModelTask<E> task)
      throws IOException {
    List<E> examples = new ArrayList<>();
    for (Path file : files) {
      examples.addAll(reader.read(file, task::read));
    }
    return examples;
  }

  private static FineTuner.Result train(FineTuner tuner, PrintWriter out) throws IOException {
    ProgressDisplay[] display = new ProgressDisplay[1];
    try {
      return tuner.train(
          new FineTuner.Observer() {
            private double mean;

            @Override
            public void step(long step, long steps, double loss) {
              if (display[0] == null) {
                display[0] = new ProgressDisplay("finetune", 0, steps, out);
              }
              mean = step == 1 ? loss : 0.98 * mean + 0.02 * loss;
              display[0].update(step, String.format(Locale.ROOT, "loss %.4f", mean));
            }

            @Override
            public void epoch(int epoch, String qualityName, double quality) {
              out.printf(Locale.ROOT, "epoch %d: %s %.4f%n", epoch, qualityName, quality);
              out.flush();
            }
          });
    } finally {
      if (display[0] != null) {
        display[0].close();
      }
    }
  }

  /** Describes the start; hashes before training, for the files may change meanwhile. */
  private ObjectNode record(ModelTask<?> task, FineTuningConfig config) throws IOException {
    ObjectMapper json = new ObjectMapper();
    ObjectNode record = json.createObjectNode();
    record.put("task", task.manifestTask().key());
    record.set("config", json.valueToTree(config));
    record.put("start_sha256", HuggingFaceModel.weightsSha256(model));
    putHashes(record.putArray("train_files"), train);
    putHashes(record.putArray("dev_files"), development);
    return record;
  }

  private static ObjectNode completed(ObjectNode record, FineTuner.Result result, long startNanos) {
    record.put("best_epoch", result.bestEpoch());
    record.putObject("dev").put(result.qualityName(), result.quality());
    result.calibration().writeTo(record);
    record.put("tokens", result.tokens());
    record.put("seconds", Math.round((System.nanoTime() - startNanos) / 1e9));
    return record;
  }

  private static void putHashes(ArrayNode hashes, List<Path> files) throws IOException {
    for (Path file : files) {
      hashes
          .addObject()
          .put("file", file.getFileName().toString())
          .put("sha256", FileHash.of(file));
    }
  }
}
