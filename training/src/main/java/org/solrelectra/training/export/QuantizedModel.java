package org.solrelectra.training.export;

import ai.onnx.proto.OnnxMl;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Map;
import org.solrelectra.lucene.encoder.OnnxEncoder;
import org.solrelectra.lucene.encoder.TokenSequence;
import org.solrelectra.lucene.encoder.WorkerPool;
import org.solrelectra.lucene.model.ModelDirectory;
import org.solrelectra.training.storage.DurableFiles;
import org.solrelectra.training.storage.FileHash;
import org.solrelectra.training.storage.Folders;

/**
 * A copy of a model directory with an int8 graph, made beside it to be measured; the graph is added
 * to the directory when it was found good enough. Closed before, it leaves everything as it was.
 */
public final class QuantizedModel implements Closeable {
  /** The graph that is added; the plugin prefers it to all others. */
  public static final String FILE = "model.int8.onnx";

  private static final List<String> SOURCES = List.of("model.fast.onnx", "model.onnx");

  private static final String MANIFEST = "manifest.json";

  private final Path directory;
  private final Path partial;
  private final Path source;
  private final OnnxEncoder reference;
  private final OnnxEncoder quantized;

  private QuantizedModel(Path directory, List<TokenSequence> calibration, WorkerPool pool)
      throws IOException {
    this.directory = directory;
    this.partial = Folders.partial(directory);
    JsonNode listed = manifest(directory).path("sha256");
    boolean listsGraphs = listed.has(FILE) || SOURCES.stream().anyMatch(listed::has);
    this.source =
        SOURCES.stream()
            .filter(name -> !listsGraphs || listed.has(name))
            .map(directory::resolve)
            .filter(Files::exists)
            .findFirst()
            .orElseThrow(
                () -> new IllegalArgumentException(directory + " holds none of " + SOURCES));
    this.reference = OnnxEncoder.open(ModelDirectory.open(directory, sourceName()), pool);
    try {
      this.quantized = quantize(calibration, pool);
    } catch (IOException | RuntimeException e) {
      reference.close();
      Folders.deleteIfExists(partial);
      throw e;
    }
  }

  /**
   * Quantizes {@code model.fast.onnx}, or {@code model.onnx} where that is not there.
   *
   * @param calibration sequences that are run to fix the scales of what is quantized while it runs;
   *     none leaves that to each run
   * @param pool the threads that help to run both
   * @throws org.solrelectra.lucene.model.InvalidModelException if the directory cannot be served
   * @throws IllegalArgumentException if it lacks a manifest, a graph, or anything to quantize
   */
  public static QuantizedModel of(Path directory, List<TokenSequence> calibration, WorkerPool pool)
      throws IOException {
    // Says what is wrong with a folder that is no model directory.
    ModelDirectory.open(directory);
    if (!Files.exists(directory.resolve(MANIFEST))) {
      throw new IllegalArgumentException(
          directory + " has no " + MANIFEST + "; quantize what electra export wrote");
    }
    // The copy is made beside the folder itself, not beside a link to it.
    return new QuantizedModel(directory.toRealPath(), calibration, pool);
  }

  /** Copies the directory with another graph, and opens that. */
  private OnnxEncoder quantize(List<TokenSequence> calibration, WorkerPool pool)
      throws IOException {
    Folders.deleteIfExists(partial);
    Folders.copy(directory, partial);
    OnnxMl.ModelProto model;
    try (InputStream stream = Files.newInputStream(source)) {
      model = OnnxMl.ModelProto.parseFrom(stream);
    }
    Map<String, ActivationScale> scales =
        calibration.isEmpty()
            ? Map.of()
            : ActivationScale.calibrate(
                model,
                Int8Quantizer.activations(model),
                calibration,
                partial.resolve("calibration.onnx"));
    try (OutputStream stream = Files.newOutputStream(partial.resolve(FILE))) {
      Int8Quantizer.quantize(model, scales).writeTo(stream);
    }
    ObjectNode manifest = manifest(partial);
    list(manifest.withObject("/sha256"), partial);
    write(manifest, partial);
    return OnnxEncoder.open(ModelDirectory.open(partial, FILE), pool);
  }

  private static ObjectNode manifest(Path folder) throws IOException {
    return (ObjectNode) new ObjectMapper().readTree(folder.resolve(MANIFEST).toFile());
  }

  private static void write(ObjectNode manifest, Path folder) throws IOException {
    DurableFiles.write(folder.resolve(MANIFEST), manifest.toPrettyString() + "\n");
  }

  /** Returns the encoder of the graph in float32. */
  public OnnxEncoder reference() {
    return reference;
  }

  /** Returns the encoder of the graph in int8. */
  public OnnxEncoder quantized() {
    return quantized;
  }

  /** Returns the name of the graph that was quantized. */
  public String sourceName() {
    return source.getFileName().toString();
  }

  /** Returns the bytes of the graph that was quantized. */
  public long sourceBytes() throws IOException {
    return Files.size(source);
  }

  /** Returns the bytes of the int8 graph. */
  public long bytes() throws IOException {
    return Files.size(partial.resolve(FILE));
  }

  /**
   * Adds the graph to the directory. All else there stays as it is by now. A crash in between
   * leaves a directory without an int8 graph: one that the manifest does not list is not run.
   *
   * @param report what was measured, for the manifest
   */
  public void accept(ObjectNode report) throws IOException {
    ObjectNode manifest = manifest(directory);
    ObjectNode hashes = manifest.withObject("/sha256");
    if (hashes.remove(FILE) != null) {
      write(manifest, directory);
    }
    Path copy = directory.resolve("." + FILE + ".electra-partial");
    Files.copy(partial.resolve(FILE), copy, StandardCopyOption.REPLACE_EXISTING);
    DurableFiles.rename(copy, directory.resolve(FILE));
    list(hashes, directory);
    manifest.set("quantization", report);
    write(manifest, directory);
  }

  /** Where graphs are listed, others are not run, so the one in float32 is, too. */
  private void list(ObjectNode hashes, Path folder) throws IOException {
    hashes.put(FILE, FileHash.of(folder.resolve(FILE)));
    if (!hashes.has(sourceName())) {
      hashes.put(sourceName(), FileHash.of(source));
    }
  }

  @Override
  public void close() throws IOException {
    reference.close();
    quantized.close();
    Folders.deleteIfExists(partial);
  }
}
