package org.solrelectra.lucene.model;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * One version of one model on disk, opened and checked: {@code config.json}, {@code vocab.txt},
 * {@code tokenizer_config.json}, {@code manifest.json} and a graph. Directories that Hugging Face's
 * tools wrote, without a manifest, open too; then what the manifest would say is derived.
 *
 * <p>Immutable; threads may share it. Holds no file open.
 */
public final class ModelDirectory {
  /** Files with graphs that the engine runs, by their path in the directory, the best first. */
  public static final List<String> GRAPHS =
      List.of("model.int8.onnx", "model.fast.onnx", "model.onnx", "onnx/model.onnx");

  private static final String WEIGHTS = "model.safetensors";

  private final Path path;
  private final ModelConfig config;
  private final TokenizerConfig tokenizer;
  private final Vocabulary vocabulary;
  private final Manifest manifest;
  private final Path graphFile;
  private final OnnxGraph graph;
  private final List<String> labels;
  private final List<String> notes;

  private ModelDirectory(Path path, List<String> candidates) throws IOException {
    this.path = path;
    List<String> assumed = new ArrayList<>();
    Path configFile = path.resolve("config.json");
    JsonNode configJson = TokenizerFiles.readIfThere(configFile);
    if (configJson.isMissingNode()) {
      throw new InvalidModelException(path + " is not a model directory: it holds no config.json");
    }
    this.config = ModelConfig.fromJson(configJson, configFile.toString());
    Path manifestFile = path.resolve(Manifest.FILE);
    JsonNode manifestJson = TokenizerFiles.readIfThere(manifestFile);
    Manifest.Activation usual =
        "multi_label_classification".equals(config.problemType())
            ? Manifest.Activation.SIGMOID
            : null;
    Manifest written =
        manifestJson.isMissingNode()
            ? null
            : Manifest.fromJson(manifestJson, usual, manifestFile.toString());
    Map<String, String> hashes = written == null ? Map.of() : written.sha256();
    this.graphFile = findGraph(candidates, hashes.keySet());
    // Hashes first: a damaged file is to be called damaged, not ill-formed.
    verifyHashes(hashes);
    TokenizerFiles tokenizerFiles = new TokenizerFiles(path, assumed);
    this.vocabulary = tokenizerFiles.vocabulary();
    this.tokenizer = tokenizerFiles.config(config.maxPositions());
    this.graph = OnnxGraphInspector.inspect(graphFile);
    this.labels = checkedLabels();
    this.manifest = written == null ? derivedManifest(assumed) : written;
    checkGraph();
    this.notes = List.copyOf(assumed);
  }

  /**
   * Opens a directory and checks all that can be checked without running the graph. Of the files
   * that the manifest lists, the weights for training and the graphs that are not chosen need not
   * be there.
   *
   * @throws InvalidModelException if a file is missing, damaged, or does not fit the others
   */
  public static ModelDirectory open(Path path) throws IOException {
    return open(path, GRAPHS);
  }

  /**
   * The same with another graph than the best.
   *
   * @param graph one of {@link #GRAPHS}
   */
  public static ModelDirectory open(Path path, String graph) throws IOException {
    if (!GRAPHS.contains(graph)) {
      throw new IllegalArgumentException("graph must be one of " + GRAPHS + "; graph=" + graph);
    }
    return open(path, List.of(graph));
  }

  private static ModelDirectory open(Path path, List<String> candidates) throws IOException {
    if (!Files.isDirectory(path)) {
      throw new InvalidModelException(path + " is not a model directory: there is no such folder");
    }
    return new ModelDirectory(path.toAbsolutePath().normalize(), candidates);
  }

  /**
   * @param listed the files of the manifest: if it lists graphs, another one is what an older
   *     export left, and the best of them must be there
   */
  private Path findGraph(List<String> candidates, Set<String> listed) throws InvalidModelException {
    boolean listsGraphs = GRAPHS.stream().anyMatch(listed::contains);
    for (String name : candidates) {
      if (listsGraphs ? listed.contains(name) : Files.exists(path.resolve(name))) {
        return path.resolve(name);
      }
    }
    throw new InvalidModelException(path + " holds no graph; expected one of " + candidates);
  }

  /** Passes over weights and graphs that are not read here: they are most of the bytes. */
  private void verifyHashes(Map<String, String> hashes) throws IOException {
    for (Map.Entry<String, String> entry : hashes.entrySet()) {
      Path file = path.resolve(entry.getKey()).normalize();
      if (!file.startsWith(path)) {
        throw new InvalidModelException(
            path.resolve(Manifest.FILE)
                + " lists a file outside the directory; file='"
                + entry.getKey()
                + "'");
      }
      boolean unread = entry.getKey().equals(WEIGHTS) || GRAPHS.contains(entry.getKey());
      if (unread && !file.equals(graphFile)) {
        continue;
      }
      if (!Files.exists(file)) {
        throw new InvalidModelException(
            file + " is missing, though " + Manifest.FILE + " lists it");
      }
      String hash = sha256(file);
      if (!hash.equals(entry.getValue())) {
        throw new InvalidModelException(
            file
                + " is damaged or was changed: its SHA-256 must be "
                + entry.getValue()
                + "; sha256="
                + hash);
      }
    }
  }

  private static String sha256(Path file) throws IOException {
    MessageDigest digest;
    try {
      digest = MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
    byte[] buffer = new byte[1 << 16];
    try (InputStream stream = new DigestInputStream(Files.newInputStream(file), digest)) {
      while (stream.read(buffer) >= 0) {
        // The stream feeds the digest.
      }
    }
    return HexFormat.of().formatHex(digest.digest());
  }

  private boolean hasLabels() {
    return graph.outputs().containsKey("logits")
        && (config.architecture() == null
            || config.architecture().endsWith("ForSequenceClassification"));
  }

  private List<String> checkedLabels() throws InvalidModelException {
    if (!hasLabels()) {
      return List.of();
    }
    List<Long> shape = graph.outputs().get("logits");
    long inGraph = shape.size() == 2 ? shape.get(1) : -1;
    if (config.labels().isEmpty()) {
      if (inGraph < 1) {
        throw new InvalidModelException(
            path.resolve("config.json")
                + " lacks the key 'id2label', and the graph does not fix the number of labels");
      }
      return IntStream.range(0, (int) inGraph).mapToObj(id -> "LABEL_" + id).toList();
    }
    if (inGraph >= 1 && inGraph != config.labels().size()) {
      throw new InvalidModelException(
          graphFile
              + " gives "
              + inGraph
              + " logits; expected one for each of the "
              + config.labels().size()
              + " labels of config.json");
    }
    return config.labels();
  }

  private Manifest derivedManifest(List<String> assumed) throws InvalidModelException {
    assumed.add(Manifest.FILE + " is not there; task, activation and truncation are derived");
    Task task;
    if (graph.outputs().containsKey("start_logits")) {
      task = Task.QUESTION_ANSWERING;
    } else if (hasLabels()) {
      task = labels.size() == 1 ? Task.RANKING : Task.CLASSIFICATION;
    } else if (graph.outputs().containsKey("logits")) {
      task = Task.PRETRAINED;
    } else {
      throw new InvalidModelException(
          graphFile
              + " must give 'logits', or 'start_logits' and 'end_logits'; outputs: "
              + graph.outputs().keySet());
    }
    boolean exclusive =
        task == Task.CLASSIFICATION && !"multi_label_classification".equals(config.problemType());
    return new Manifest(
        path.getFileName().toString(),
        "0",
        task,
        null,
        exclusive ? Manifest.Activation.SOFTMAX : Manifest.Activation.SIGMOID,
        1,
        Truncation.PASSAGE,
        null,
        Map.of());
  }

  private void checkGraph() throws InvalidModelException {
    List<String> unknown = new ArrayList<>(graph.inputs());
    unknown.removeAll(List.of("input_ids", "attention_mask", "token_type_ids"));
    if (!unknown.isEmpty() || !graph.inputs().contains("input_ids")) {
      throw new InvalidModelException(
          graphFile
              + " must take input_ids and may take attention_mask and token_type_ids; inputs: "
              + graph.inputs());
    }
    List<String> wanted =
        manifest.task() == Task.QUESTION_ANSWERING
            ? List.of("start_logits", "end_logits")
            : List.of("logits");
    if (!graph.outputs().keySet().containsAll(wanted)) {
      throw new InvalidModelException(
          graphFile
              + " must give "
              + wanted
              + " for task "
              + manifest.task().key()
              + "; outputs: "
              + graph.outputs().keySet());
    }
    if (graph.wordTableRows() >= 0 && vocabulary.size() > graph.wordTableRows()) {
      throw new InvalidModelException(
          path
              + ": the vocabulary has more pieces than the graph's word table has rows, so the two do not belong"
              + " together; pieces="
              + vocabulary.size()
              + ", rows="
              + graph.wordTableRows());
    }
    if (vocabulary.size() > config.vocabularySize()) {
      throw new InvalidModelException(
          path
              + ": the vocabulary has more pieces than config.json's vocab_size="
              + config.vocabularySize()
              + "; pieces="
              + vocabulary.size());
    }
    if (manifest.stride() != null && manifest.stride() > maxWindowStride()) {
      throw new InvalidModelException(
          path.resolve(Manifest.FILE)
              + ": truncation.stride must be at most a quarter of the longest sequence, "
              + maxWindowStride()
              + "; stride="
              + manifest.stride());
    }
    if (manifest.positiveLabel() != null && !labels.contains(manifest.positiveLabel())) {
      throw new InvalidModelException(
          path.resolve(Manifest.FILE)
              + ": positive_label '"
              + manifest.positiveLabel()
              + "' is not in config.json; labels: "
              + labels);
    }
  }

  /** Returns where the directory is, absolute. */
  public Path path() {
    return path;
  }

  public ModelConfig config() {
    return config;
  }

  public TokenizerConfig tokenizer() {
    return tokenizer;
  }

  public Vocabulary vocabulary() {
    return vocabulary;
  }

  /** Returns the manifest, read or derived. */
  public Manifest manifest() {
    return manifest;
  }

  /** Returns the graph that is to be run. */
  public Path graphFile() {
    return graphFile;
  }

  /** Returns the names of the graph's inputs. */
  public List<String> inputs() {
    return graph.inputs();
  }

  /**
   * Says whether the graph quantizes values by the least and largest of a whole run. Then the
   * logits of a sequence depend on what else is in its run, as those of an int8 graph without
   * calibrated scales do.
   */
  public boolean hasDynamicScales() {
    return graph.hasDynamicScales();
  }

  /** Returns the labels in the order of the logits; empty if the model has none. */
  public List<String> labels() {
    return labels;
  }

  /** Returns the longest sequence in tokens, special tokens included. */
  public int maxLength() {
    return tokenizer.modelMaxLength();
  }

  /**
   * Returns how many tokens neighbouring windows of a passage share if nobody wishes for more or
   * fewer: the manifest's {@code truncation.stride}, or an eighth of the longest sequence.
   */
  public int windowStride() {
    return manifest.stride() == null ? maxLength() / 8 : manifest.stride();
  }

  /**
   * Returns how many tokens windows can share at most: the longest query leaves them half of a
   * sequence.
   */
  public int maxWindowStride() {
    return maxLength() / 4;
  }

  /** Returns what the files did not say and was assumed, a sentence each; worth logging once. */
  public List<String> notes() {
    return notes;
  }
}
