package org.solrelectra.training.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.solrelectra.training.checkpoint.Checkpoint;
import org.solrelectra.training.checkpoint.HuggingFaceModel;
import org.solrelectra.training.checkpoint.SafeTensors.DataType;
import org.solrelectra.training.export.ModelExporter;
import org.solrelectra.training.metrics.MetricsFile;
import org.solrelectra.training.metrics.MetricsLine;
import org.solrelectra.training.metrics.Split;
import org.solrelectra.training.task.Calibration;
import picocli.CommandLine;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(
    name = "export",
    mixinStandardHelpOptions = true,
    description =
        "Writes a model directory with an ONNX graph, opens it with the plugin's own encoder, and refuses to finish if a logit differs"
            + " from libtorch by more than 1e-4.")
final class ExportCommand implements Callable<Integer> {
  private enum Weights {
    F32,
    BF16,
    NONE
  }

  private static final class Source {
    @Option(
        names = "--run",
        paramLabel = "RUN",
        description = "A pretraining run: its discriminator is exported.")
    private Path run;

    @Option(
        names = "--checkpoint",
        paramLabel = "CHECKPOINT",
        description = "What finetune wrote, or a Hugging Face directory.")
    private Path checkpoint;
  }

  @CommandLine.Spec private CommandLine.Model.CommandSpec spec;

  @ArgGroup(multiplicity = "1")
  private Source source;

  @Option(
      names = "--output",
      required = true,
      paramLabel = "DIR",
      description = "The model directory to write.")
  private Path output;

  @Option(names = "--name", description = "The model's name. Default: the folder's.")
  private String name;

  @Option(
      names = "--model-version",
      defaultValue = "1",
      description =
          "Written to the manifest, and by Solr into modelVersionField; give each export its own. Default: ${DEFAULT-VALUE}.")
  private String version;

  @Option(
      names = "--safetensors",
      defaultValue = "f32",
      description =
          "How weights are stored for further training: ${COMPLETION-CANDIDATES}. Default: ${DEFAULT-VALUE}.")
  private Weights weights;

  @Option(
      names = "--graphs",
      defaultValue = "all",
      description =
          "${COMPLETION-CANDIDATES}. standard: model.onnx, which any consumer of ONNX runs; all: and model.fast.onnx, which the"
              + " plugin prefers; none: the directory can be trained on, not served. Default: ${DEFAULT-VALUE}.")
  private ModelExporter.Graphs graphs;

  @Override
  public Integer call() throws IOException {
    boolean noGraph = graphs == ModelExporter.Graphs.NONE;
    if (noGraph && weights == Weights.NONE) {
      throw new IllegalArgumentException(
          "--graphs=none needs weights; --safetensors=none leaves nothing");
    }
    Path folder = source.run != null ? source.run.resolve("discriminator") : source.checkpoint;
    HuggingFaceModel model = HuggingFaceModel.read(folder);
    ObjectNode provenance = source.run != null ? ofRun(source.run) : ofCheckpoint(folder);
    double difference =
        ModelExporter.export(
            model,
            new ModelExporter.Options(
                name != null ? name : output.getFileName().toString(),
                version,
                weights == Weights.NONE ? null : DataType.valueOf(weights.name()),
                graphs,
                Calibration.fromJson(provenance),
                provenance),
            output);
    String check =
        noGraph
            ? ""
            : String.format(
                Locale.ROOT, "; largest difference of a logit to libtorch: %.1e", difference);
    spec.commandLine().getOut().println("written: " + output + check);
    return 0;
  }

  private static ObjectNode ofRun(Path run) throws IOException {
    ObjectMapper json = new ObjectMapper();
    ObjectNode provenance = json.createObjectNode();
    JsonNode description = json.readTree(run.resolve("run.json").toFile());
    provenance.set("pretraining", description.get("config"));
    if (description.has("initial_run")) {
      provenance.set("initial_run", description.get("initial_run"));
    }
    long step = 0;
    List<Path> checkpoints = Checkpoint.newestFirst(run.resolve("checkpoints"));
    if (!checkpoints.isEmpty()) {
      JsonNode state = Checkpoint.state(checkpoints.get(0));
      step = state.get("step").asLong();
      provenance.put("steps", step);
      provenance.put("seconds", Math.round(state.path("seconds").asDouble()));
      provenance.put("tokenizer_hash", state.path("tokenizer_hash").asText());
    }
    MetricsLine heldOut = null;
    boolean measured = Files.exists(run.resolve(MetricsFile.NAME));
    for (MetricsLine line : measured ? MetricsFile.read(run) : List.<MetricsLine>of()) {
      // Measured on these weights, not on later ones that were never saved.
      if (line.split() == Split.HELD_OUT && line.step() <= step) {
        heldOut = line;
      }
    }
    if (heldOut != null) {
      heldOut.value("tokens").ifPresent(tokens -> provenance.put("tokens", (long) tokens));
      ObjectNode values = provenance.putObject("held_out");
      for (String key :
          List.of(
              "mlm_loss",
              "mlm_accuracy",
              "rtd_loss",
              "rtd_accuracy",
              "rtd_precision",
              "rtd_recall")) {
        heldOut.value(key).ifPresent(value -> values.put(key, value));
      }
    }
    return provenance;
  }

  private static ObjectNode ofCheckpoint(Path folder) throws IOException {
    Path record = folder.resolve(FineTuneCommand.RECORD);
    ObjectMapper json = new ObjectMapper();
    return Files.exists(record)
        ? (ObjectNode) json.readTree(record.toFile())
        : json.createObjectNode();
  }
}
