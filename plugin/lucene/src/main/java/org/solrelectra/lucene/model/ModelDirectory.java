package org.solrelectra.lucene.model;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
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
  private static final String TOKEN_TYPES = "token_type_ids";

  private final Path path;
  private final ModelConfig config;
  private final TokenizerConfig tokenizer;
  private final Vocabulary vocabulary;
  private final Manifest manifest;
  private final Path graphFile;
  private final OnnxGraph graph;
  private final List<String> labels;
  private final int passageType;
  private final List<String> notes;

  private ModelDirectory(Path path, List<String> candidates) throws IOException {
    this.path = path;
    List<String> assumed = new ArrayList<>();
    JsonObject configJson =
        JsonObject.read(path.resolve(ModelConfig.FILE), TokenizerFiles.MOST_BYTES);
    if (!configJson.isThere()) {
      throw new InvalidModelException(path + " is not a model directory: it holds no config.json");
    }
    this.config = ModelConfig.fromJson(configJson);
    JsonObject manifestJson =
        JsonObject.read(path.resolve(Manifest.FILE), TokenizerFiles.MOST_BYTES);
    Manifest.Activation usual =
        "multi_label_classification".equals(config.problemType())
            ? Manifest.Activation.SIGMOID
            : null;
    Manifest written = manifestJson.isThere() ? Manifest.fromJson(manifestJson, usual) : null;
    Map<String, String> hashes = written == null ? Map.of() : portable(written.sha256());
    this.graphFile = findGraph(candidates, hashes.keySet());
    // Hashes first: a damaged file is to be called damaged, not ill-formed.
    verifyHashes(hashes);
    // The graph before the vocabulary: it bounds how many pieces there can be.
    this.graph = OnnxGraphInspector.inspect(graphFile);
    TokenizerFiles tokenizerFiles = new TokenizerFiles(path, assumed);
    checkPieces(tokenizerFiles.pieceCount());
    this.vocabulary = tokenizerFiles.vocabulary();
    // Added tokens may follow the pieces.
    checkPieces(vocabulary.size());
    this.tokenizer = tokenizerFiles.config(config.maxPositions());
    this.passageType = passageType(tokenizerFiles.passageType(), assumed);
    this.labels = checkedLabels();
    this.manifest = written == null ? derivedManifest(assumed) : written;
    checkGraph();
    boolean isListed =
        hashes.containsKey(TokenizerFiles.VOCABULARY) || hashes.containsKey(TokenizerJson.FILE);
    // A line that was lost shifts the ids behind it; a file of a known hash lost none.
    if (!isListed && vocabulary.size() < config.vocabularySize()) {
      assumed.add(
          "the vocabulary has fewer pieces than config.json's vocab_size="
              + config.vocabularySize()
              + "; pieces="
              + vocabulary.size());
    }
    this.notes = List.copyOf(assumed);
  }

  /**
   * Returns the hashes by paths as every system writes them.
   *
   * @throws InvalidModelException if two paths name one file
   */
  private Map<String, String> portable(Map<String, String> hashes) throws InvalidModelException {
    Map<String, String> portable = new TreeMap<>();
    for (Map.Entry<String, String> entry : hashes.entrySet()) {
      String name = entry.getKey().replace('\\', '/');
      if (portable.put(name, entry.getValue()) != null) {
        throw new InvalidModelException(
            path.resolve(Manifest.FILE) + " lists a file twice; file='" + Excerpt.of(name) + "'");
      }
    }
    return portable;
  }

  /** A network that knows one token type is given no other, whatever the tokenizer would say. */
  private int passageType(int ofTokenizer, List<String> assumed) throws InvalidModelException {
    if (!graph.inputs().contains(TOKEN_TYPES)) {
      return ofTokenizer;
    }
    long rows = graph.tokenTypeRows() < 0 ? config.tokenTypes() : graph.tokenTypeRows();
    if (rows < 1) {
      throw new InvalidModelException(
          graphFile
              + " takes token_type_ids, but config.json's type_vocab_size is "
              + config.tokenTypes()
              + "; expected at least 1");
    }
    if (rows == 1 && ofTokenizer != 0) {
      assumed.add("the network knows one token type; 0 is sent for both texts of a pair");
    }
    return rows == 1 ? 0 : ofTokenizer;
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
      if (listsGraphs ? listed.contains(name) : ModelFile.isThere(path.resolve(name))) {
        return path.resolve(name);
      }
    }
    throw new InvalidModelException(path + " holds no graph; expected one of " + candidates);
  }

  /** Passes over weights and graphs that are not read here: they are most of the bytes. */
  private void verifyHashes(Map<String, String> hashes) throws IOException {
    for (Map.Entry<String, String> entry : hashes.entrySet()) {
      Path file = listed(entry.getKey());
      boolean unread = entry.getKey().equals(WEIGHTS) || GRAPHS.contains(entry.getKey());
      if (unread && !file.equals(graphFile)) {
        continue;
      }
      if (!ModelFile.isThere(file)) {
        throw new InvalidModelException(
            file + " is missing, though " + Manifest.FILE + " lists it");
      }
      String hash = sha256(file);
      if (!hash.equalsIgnoreCase(entry.getValue())) {
        throw new InvalidModelException(
            file
                + " is damaged or was changed: its SHA-256 must be "
                + Excerpt.of(entry.getValue())
                + "; sha256="
                + hash);
      }
    }
  }

  private Path listed(String name) throws InvalidModelException {
    Path file;
    try {
      file = path.resolve(name).normalize();
    } catch (InvalidPathException e) {
      throw new InvalidModelException(
          path.resolve(Manifest.FILE) + " lists no possible file; file='" + Excerpt.of(name) + "'",
          e);
    }
    if (!file.startsWith(path) || isOfWindows(name)) {
      throw new InvalidModelException(
          path.resolve(Manifest.FILE)
              + " lists a file outside the directory; file='"
              + Excerpt.of(name)
              + "'");
    }
    return file;
  }

  /** Says whether a path starts at a drive. */
  private static boolean isOfWindows(String name) {
    return name.matches("(?s)[A-Za-z]:.*");
  }

  private static String sha256(Path file) throws InvalidModelException {
    ModelFile.requireRegular(file);
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
    } catch (IOException e) {
      throw ModelFile.unreadable(file, e);
    }
    return HexFormat.of().formatHex(digest.digest());
  }

  private void checkPieces(int pieces) throws InvalidModelException {
    if (graph.wordTableRows() >= 0 && pieces > graph.wordTableRows()) {
      throw new InvalidModelException(
          path
              + ": the vocabulary has more pieces than the graph's word table has rows, so the two do not belong"
              + " together; pieces="
              + pieces
              + ", rows="
              + graph.wordTableRows());
    }
    if (pieces > config.vocabularySize()) {
      throw new InvalidModelException(
          path
              + ": the vocabulary has more pieces than config.json's vocab_size="
              + config.vocabularySize()
              + "; pieces="
              + pieces);
    }
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
      if (inGraph > ModelConfig.MOST_LABELS) {
        throw new InvalidModelException(
            graphFile
                + " must give at most "
                + ModelConfig.MOST_LABELS
                + " logits; logits="
                + inGraph);
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
              + Excerpt.of(graph.outputs().keySet()));
    }
    boolean exclusive =
        task == Task.CLASSIFICATION && !"multi_label_classification".equals(config.problemType());
    return new Manifest(
        // A root has no name.
        path.getNameCount() == 0 ? "model" : path.getFileName().toString(),
        "0",
        task,
        null,
        exclusive ? Manifest.Activation.SOFTMAX : Manifest.Activation.SIGMOID,
        1,
        Map.of(),
        Truncation.PASSAGE,
        null,
        Map.of());
  }

  private void checkGraph() throws InvalidModelException {
    List<String> unknown = new ArrayList<>(graph.inputs());
    unknown.removeAll(List.of("input_ids", "attention_mask", TOKEN_TYPES));
    if (!unknown.isEmpty() || !graph.inputs().contains("input_ids")) {
      throw new InvalidModelException(
          graphFile
              + " must take input_ids and may take attention_mask and token_type_ids; inputs: "
              + Excerpt.of(graph.inputs()));
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
              + Excerpt.of(graph.outputs().keySet()));
    }
    if (manifest.stride() != null && manifest.stride() > maxWindowStride()) {
      throw new InvalidModelException(
          path.resolve(Manifest.FILE)
              + ": truncation.stride must be at most a quarter of the longest sequence, "
              + maxWindowStride()
              + "; stride="
              + manifest.stride());
    }
    for (String label : manifest.thresholds().keySet()) {
      if (!labels.contains(label)) {
        throw new InvalidModelException(
            path.resolve(Manifest.FILE)
                + ": calibration.thresholds names '"
                + Excerpt.of(label)
                + "', which is not in config.json; labels: "
                + Excerpt.of(labels));
      }
    }
    if (manifest.positiveLabel() != null && !labels.contains(manifest.positiveLabel())) {
      throw new InvalidModelException(
          path.resolve(Manifest.FILE)
              + ": positive_label '"
              + Excerpt.of(manifest.positiveLabel())
              + "' is not in config.json; labels: "
              + Excerpt.of(labels));
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

  /**
   * Returns the token type of a pair's second text: 1 or, where the network knows one type or the
   * tokenizer gives one, 0.
   */
  public int passageType() {
    return passageType;
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
