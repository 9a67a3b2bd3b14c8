package org.solrelectra.training.export;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.solrelectra.lucene.encoder.OnnxEncoder;
import org.solrelectra.lucene.encoder.WorkerPool;
import org.solrelectra.lucene.model.Excerpt;
import org.solrelectra.lucene.model.InvalidModelException;
import org.solrelectra.lucene.model.Manifest;
import org.solrelectra.lucene.model.ModelDirectory;
import org.solrelectra.lucene.model.Task;
import org.solrelectra.lucene.model.Truncation;
import org.solrelectra.training.checkpoint.HuggingFaceDirectory;
import org.solrelectra.training.checkpoint.HuggingFaceModel;
import org.solrelectra.training.checkpoint.SafeTensors.DataType;
import org.solrelectra.training.export.OnnxExporter.Operators;
import org.solrelectra.training.storage.FileHash;
import org.solrelectra.training.storage.Folders;
import org.solrelectra.training.task.Calibration;
import org.solrelectra.training.task.ModelTask;
import org.solrelectra.training.task.NetworkHead;
import org.solrelectra.training.task.Tasks;

/**
 * Writes a model directory out of a Hugging Face style directory, opens it with the plugin's own
 * encoder, and compares that with libtorch before the directory gets its name.
 */
public final class ModelExporter {
  private ModelExporter() {}

  /** What a model directory is run from. */
  public enum Graphs {
    /** Nothing. */
    NONE,
    /** {@code model.onnx}, which any consumer of ONNX runs. */
    STANDARD,
    /** And {@code model.fast.onnx}, which the plugin prefers. */
    ALL
  }

  /**
   * How a model directory is written.
   *
   * @param name the model's name
   * @param version the model's version
   * @param weights how {@code model.safetensors} is stored; null leaves it out
   * @param graphs which graphs are written, and checked; a directory without one cannot be served
   * @param calibration of probabilities and decisions
   * @param provenance where the model comes from: data, steps, seed, numbers and their commands
   */
  public record Options(
      String name,
      String version,
      DataType weights,
      Graphs graphs,
      Calibration calibration,
      ObjectNode provenance) {}

  /**
   * Exports a model.
   *
   * @return the largest difference of a logit between a graph and libtorch; 0 without a graph
   * @throws ExportMismatchException if a logit differs by more than {@link ExportCheck#TOLERANCE};
   *     then nothing is written
   * @throws InvalidModelException if the weights do not fit the configuration, or the head is
   *     another one
   */
  public static double export(HuggingFaceModel model, Options options, Path output)
      throws IOException {
    if (Files.exists(output)) {
      throw new IllegalArgumentException(output + " exists already; name another --output");
    }
    requireKnownArchitecture(model);
    ExportCheck check = new ExportCheck(model);
    Path partial = Folders.partial(output);
    Folders.deleteIfExists(partial);
    try {
      HuggingFaceDirectory.write(
          partial,
          model.config(),
          model.head(),
          model.weights(),
          options.weights() == null ? DataType.F32 : options.weights(),
          model.vocabulary(),
          model.tokenizer());
      if (options.weights() == null) {
        Files.delete(partial.resolve("model.safetensors"));
      }
      writeManifest(model, options, partial);
      double difference = 0;
      // The better graph comes later, so each is the directory's best when it is checked.
      if (options.graphs() != Graphs.NONE) {
        OnnxExporter.write(model, Operators.STANDARD, partial.resolve("model.onnx"));
        writeManifest(model, options, partial);
        difference = check(check, partial);
      }
      if (options.graphs() == Graphs.ALL) {
        OnnxExporter.write(model, Operators.ONNX_RUNTIME, partial.resolve("model.fast.onnx"));
        writeManifest(model, options, partial);
        difference = Math.max(difference, check(check, partial));
      }
      Folders.replace(partial, output);
      return difference;
    } catch (IOException | RuntimeException e) {
      Folders.deleteIfExists(partial);
      throw e;
    }
  }

  private static void requireKnownArchitecture(HuggingFaceModel model)
      throws InvalidModelException {
    String architecture = model.head().architecture();
    Optional<NetworkHead> head = NetworkHead.of(architecture);
    if (head.isEmpty()) {
      throw new InvalidModelException(
          "only "
              + Arrays.stream(NetworkHead.values())
                  .map(NetworkHead::architecture)
                  .collect(Collectors.joining(" and "))
              + " can be exported; architectures="
              + Excerpt.of(architecture));
    }
    if (head.get() != NetworkHead.DISCRIMINATOR && Tasks.of(model.head()).isEmpty()) {
      throw new InvalidModelException(
          "no task has a head with these labels and this problem_type; labels="
              + model.head().labels().size()
              + ", problem_type="
              + Excerpt.of(String.valueOf(model.head().problemType())));
    }
  }

  private static double check(ExportCheck check, Path folder) throws IOException {
    try (WorkerPool pool = new WorkerPool(0);
        OnnxEncoder encoder = OnnxEncoder.open(ModelDirectory.open(folder), pool)) {
      return check.largestDifference(encoder);
    }
  }

  static Task task(HuggingFaceModel model) {
    return Tasks.of(model.head()).map(ModelTask::manifestTask).orElse(Task.PRETRAINED);
  }

  private static void writeManifest(HuggingFaceModel model, Options options, Path folder)
      throws IOException {
    ObjectNode manifest = new ObjectMapper().createObjectNode();
    manifest.put("format_version", Manifest.FORMAT_VERSION);
    manifest.put("name", options.name());
    manifest.put("version", options.version());
    manifest.put("task", task(model).key());
    Optional<ModelTask<?>> task = Tasks.of(model.head());
    if (task.isPresent()) {
      manifest.put("head", task.get().networkHead().key());
      manifest.put("activation", task.get().activation().name().toLowerCase(Locale.ROOT));
      options.calibration().writeTo(manifest.putObject("calibration"));
      manifest
          .putObject("truncation")
          .put("strategy", Truncation.PASSAGE.key())
          .put("side", "right");
    }
    ObjectNode hashes = manifest.putObject("sha256");
    for (Map.Entry<String, String> entry : hashes(folder).entrySet()) {
      hashes.put(entry.getKey(), entry.getValue());
    }
    manifest.set("provenance", options.provenance());
    Files.writeString(folder.resolve("manifest.json"), manifest.toPrettyString() + "\n");
  }

  private static Map<String, String> hashes(Path folder) throws IOException {
    List<Path> files;
    try (Stream<Path> list = Files.list(folder)) {
      files = list.filter(file -> !file.endsWith("manifest.json")).toList();
    }
    Map<String, String> hashes = new TreeMap<>();
    for (Path file : files) {
      hashes.put(file.getFileName().toString(), FileHash.of(file));
    }
    return hashes;
  }
}
