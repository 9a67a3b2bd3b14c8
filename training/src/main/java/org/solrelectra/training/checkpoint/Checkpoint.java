package org.solrelectra.training.checkpoint;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.solrelectra.lucene.model.InvalidModelException;
import org.solrelectra.training.checkpoint.SafeTensors.DataType;
import org.solrelectra.training.checkpoint.SafeTensors.Values;
import org.solrelectra.training.network.ParameterSet;
import org.solrelectra.training.network.Tensors;
import org.solrelectra.training.optimization.Optimizer;
import org.solrelectra.training.storage.FileHash;
import org.solrelectra.training.storage.Folders;

/**
 * Everything a run needs to go on: parameters, both moments, and the trainer's own state as JSON. A
 * folder {@code step-000001000} below the run's {@code checkpoints}; it appears under its name when
 * it is complete and on disk, so a kill or a full disk leaves the last complete one.
 */
public final class Checkpoint {
  private static final int FORMAT_VERSION = 1;
  private static final String PARAMETERS = "parameters.safetensors";
  private static final String FIRST_MOMENTS = "first-moments.safetensors";
  private static final String SECOND_MOMENTS = "second-moments.safetensors";
  private static final String STATE = "state.json";
  private static final String UPDATES = "updates";
  private static final String LEFT_OUT_IN_A_ROW = "left_out_in_a_row";
  private static final String NAME = "step-";

  private Checkpoint() {}

  /**
   * Writes a checkpoint and deletes all but the newest {@code keep} up to it.
   *
   * @param state what the trainer wants back; gets the keys format_version, step and sha256
   * @return the folder
   */
  public static Path save(
      Path checkpoints,
      long step,
      ParameterSet parameters,
      Optimizer optimizer,
      ObjectNode state,
      int keep)
      throws IOException {
    Files.createDirectories(checkpoints);
    Path target = checkpoints.resolve(NAME + String.format(Locale.ROOT, "%09d", step));
    Path partial = checkpoints.resolve("partial");
    Folders.deleteIfExists(partial);
    Files.createDirectory(partial);
    try {
      ObjectNode description = state.deepCopy();
      description.put("format_version", FORMAT_VERSION);
      description.put("step", step);
      description.put(UPDATES, optimizer.updates());
      description.put(LEFT_OUT_IN_A_ROW, optimizer.leftOutInARow());
      ObjectNode hashes = description.putObject("sha256");
      write(partial, PARAMETERS, parameters.all(), hashes);
      write(partial, FIRST_MOMENTS, optimizer.firstMoments(), hashes);
      write(partial, SECOND_MOMENTS, optimizer.secondMoments(), hashes);
      Files.writeString(partial.resolve(STATE), description.toPrettyString() + "\n");
      Folders.replace(partial, target);
    } catch (IOException e) {
      Folders.deleteIfExists(partial);
      throw new IOException(
          "checkpoint "
              + target
              + " could not be written: "
              + e.getMessage()
              + "; the last complete one stays",
          e);
    }
    prune(checkpoints, target, keep);
    return target;
  }

  /**
   * Newer ones than {@code newest} were damaged, or the run would have gone on from them: they must
   * not count among those that are kept.
   */
  private static void prune(Path checkpoints, Path newest, int keep) throws IOException {
    int kept = 0;
    for (Path checkpoint : newestFirst(checkpoints)) {
      boolean damaged = checkpoint.compareTo(newest) > 0;
      if (damaged || kept == keep) {
        Folders.deleteIfExists(checkpoint);
      } else {
        kept++;
      }
    }
  }

  private static void write(
      Path folder, String name, Map<String, Tensor> tensors, ObjectNode hashes) throws IOException {
    Map<String, Values> values = new LinkedHashMap<>();
    try (PointerScope scope = new PointerScope()) {
      tensors.forEach(
          (key, tensor) ->
              values.put(key, new Values(Tensors.floats(tensor), Tensors.shape(tensor))));
    }
    SafeTensors.write(folder.resolve(name), values, DataType.F32);
    hashes.put(name, FileHash.of(folder.resolve(name)));
  }

  /** Returns the complete checkpoints of a run, the newest first. */
  public static List<Path> newestFirst(Path checkpoints) throws IOException {
    if (!Files.isDirectory(checkpoints)) {
      return List.of();
    }
    try (Stream<Path> folders = Files.list(checkpoints)) {
      return folders
          .filter(folder -> folder.getFileName().toString().matches(NAME + "\\d+"))
          .sorted(Comparator.reverseOrder())
          .toList();
    }
  }

  /**
   * Reads a checkpoint's state and checks all of its files, without loading them.
   *
   * @throws InvalidModelException if a file is missing or damaged
   */
  public static JsonNode state(Path checkpoint) throws IOException {
    Path stateFile = checkpoint.resolve(STATE);
    if (!Files.exists(stateFile)) {
      throw new InvalidModelException(stateFile + " is missing");
    }
    JsonNode state;
    try {
      state = new ObjectMapper().readTree(stateFile.toFile());
    } catch (JsonProcessingException e) {
      throw new InvalidModelException(stateFile + " is damaged", e);
    }
    if (state.path("format_version").asInt() != FORMAT_VERSION) {
      throw new InvalidModelException(
          checkpoint
              + " has another format version; expected "
              + FORMAT_VERSION
              + "; format_version="
              + state.path("format_version"));
    }
    for (String name : List.of(PARAMETERS, FIRST_MOMENTS, SECOND_MOMENTS)) {
      Path file = checkpoint.resolve(name);
      if (!Files.exists(file)
          || !FileHash.of(file).equals(state.path("sha256").path(name).asText())) {
        throw new InvalidModelException(file + " is missing or damaged: its SHA-256 differs");
      }
    }
    return state;
  }

  /** Sets parameters and optimizer from a checkpoint that {@link #state} has checked. */
  public static void load(Path checkpoint, ParameterSet parameters, Optimizer optimizer)
      throws IOException {
    JsonNode state = new ObjectMapper().readTree(checkpoint.resolve(STATE).toFile());
    read(checkpoint.resolve(PARAMETERS), parameters.all());
    read(checkpoint.resolve(FIRST_MOMENTS), optimizer.firstMoments());
    read(checkpoint.resolve(SECOND_MOMENTS), optimizer.secondMoments());
    // Older ones have as many updates as steps.
    optimizer.resumeAt(
        state.path(UPDATES).asLong(state.get("step").asLong()),
        state.path(LEFT_OUT_IN_A_ROW).asLong());
  }

  private static void read(Path file, Map<String, Tensor> targets) throws IOException {
    Map<String, Values> values = SafeTensors.read(file);
    if (!values.keySet().equals(targets.keySet())) {
      throw new InvalidModelException(
          file
              + " is of another network; expected "
              + targets.keySet()
              + "; found "
              + values.keySet());
    }
    try (PointerScope scope = new PointerScope();
        NoGradGuard noGradient = new NoGradGuard()) {
      values.forEach(
          (name, value) -> {
            Tensor target = targets.get(name);
            target.copy_(Tensors.ofFloats(value.floats(), target.device(), value.shape()));
          });
    }
  }
}
