package org.solrelectra.training.export;

import ai.onnx.proto.OnnxMl;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.solrelectra.training.checkpoint.HuggingFaceModel;
import org.solrelectra.training.checkpoint.SafeTensors.Values;
import org.solrelectra.training.network.ElectraConfig;
import org.solrelectra.training.task.NetworkHead;

/**
 * Writes a network as a graph of ONNX in float32. By hand, because exporters of today fuse no
 * attention at all: everything but attention works on [batch * seq, hidden] with the bias in the
 * matrix product, and query, key and value are one product with the scale folded in.
 */
final class OnnxExporter {
  private static final String HIDDEN_ROWS = "shape.rows";
  private static final String HEADS = "shape.heads";
  private static final String HIDDEN_BATCH = "shape.batch";
  private static final String PENALTY = "penalty_of_keys";

  /** Whose operators a graph is made of. */
  enum Operators {
    /** Opset 17 alone, so that any consumer of ONNX runs it: {@code model.onnx}. */
    STANDARD,
    /**
     * Those that ONNX Runtime 1.29 is fastest with on a CPU, for sequences without padding, and of
     * the last layer no more than the head reads: {@code model.fast.onnx}. SkipLayerNormalization,
     * since LayerNormalization of 1.29 takes four times as long; Gelu, not BiasGelu; {@code
     * ServingOperatorsIT} measures what they take.
     */
    ONNX_RUNTIME
  }

  private final ElectraConfig config;
  private final Map<String, Values> weights;
  private final List<String> labels;
  private final Operators operators;
  private final OnnxGraph graph = new OnnxGraph("electra");

  private OnnxExporter(HuggingFaceModel model, Operators operators) {
    this.operators = operators;
    this.config = model.config();
    this.weights = model.weights();
    this.labels = model.head().labels();
  }

  /** Writes the graph of a model with a head that tasks have. */
  static void write(HuggingFaceModel model, Operators operators, Path file) throws IOException {
    OnnxExporter exporter = new OnnxExporter(model, operators);
    switch (NetworkHead.of(model.head().architecture()).orElseThrow()) {
      case SEQUENCE_CLASSIFICATION -> exporter.classifier();
      case DISCRIMINATOR -> exporter.discriminator();
    }
    try (OutputStream stream = Files.newOutputStream(file)) {
      exporter.graph.build().writeTo(stream);
    }
  }

  private boolean isStandard() {
    return operators == Operators.STANDARD;
  }

  /** Returns the states after a number of layers, [batch * seq, hidden]. */
  private String encoder(int layers) {
    String ids = graph.input("input_ids");
    String mask = isStandard() ? graph.input("attention_mask") : null;
    String types = graph.input("token_type_ids");
    String batchAndSeq = graph.node("Shape", "batch_and_seq", List.of(ids)); // [2]
    shapes(batchAndSeq);
    String hiddenState = embeddings(ids, types, batchAndSeq);
    if (mask != null) {
      penalty(mask);
    }
    for (int layer = 0; layer < layers; layer++) {
      String prefix = prefix(layer);
      hiddenState = feedForward(prefix, attention(prefix, hiddenState), hiddenState);
    }
    return hiddenState;
  }

  private static String prefix(int layer) {
    return "electra.encoder.layer." + layer + ".";
  }

  private void shapes(String batchAndSeq) {
    graph.integers(HIDDEN_ROWS, -1, config.hiddenSize());
    String heads = graph.integers("heads", 3, config.heads(), config.headSize());
    graph.node("Concat", HEADS, List.of(batchAndSeq, heads), OnnxGraph.integer("axis", 0));
    String hiddenSize = graph.integers("hidden_size", config.hiddenSize());
    graph.node(
        "Concat", HIDDEN_BATCH, List.of(batchAndSeq, hiddenSize), OnnxGraph.integer("axis", 0));
  }

  private String embeddings(String ids, String types, String batchAndSeq) {
    String prefix = "electra.embeddings.";
    String words =
        graph.node("Gather", "words", List.of(weight(prefix + "word_embeddings.weight"), ids));
    String tokenTypes =
        graph.node(
            "Gather",
            "token_types",
            List.of(weight(prefix + "token_type_embeddings.weight"), types));
    String zero = graph.integers("zero", 0);
    String one = graph.integers("one", 1);
    String seq =
        graph.node("Gather", "seq", List.of(batchAndSeq, one), OnnxGraph.integer("axis", 0)); // [1]
    String positions =
        graph.node(
            "Slice",
            "positions",
            List.of(
                weight(prefix + "position_embeddings.weight"),
                zero,
                seq,
                zero)); // [seq, embedding]
    String sum = graph.node("Add", "words_and_types", List.of(words, tokenTypes));
    sum = graph.node("Add", "embeddings", List.of(sum, positions)); // [batch, seq, embedding]
    String width = graph.integers("shape.embedding_rows", -1, config.embeddingSize());
    String rows =
        graph.node("Reshape", "embedding_rows", List.of(sum, width)); // [batch * seq, embedding]
    String normed = layerNorm(rows, prefix + "LayerNorm", "embeddings_norm");
    return config.projectsEmbeddings()
        ? linear(normed, "electra.embeddings_project", "projected")
        : normed; // [batch * seq, hidden]
  }

  /**
   * Adds what attention scores are changed by: nothing for tokens, the lowest number for padding.
   */
  private void penalty(String mask) {
    String kept =
        graph.node(
            "Cast",
            "kept",
            List.of(mask),
            OnnxGraph.integer("to", OnnxMl.TensorProto.DataType.FLOAT_VALUE));
    String one = graph.weights("one_float", new float[] {1}, 1);
    String padded = graph.node("Sub", "padded", List.of(one, kept)); // [batch, seq]
    String lowest = graph.weights("lowest", new float[] {-Float.MAX_VALUE}, 1);
    String penalty = graph.node("Mul", "penalty", List.of(padded, lowest));
    String axes = graph.integers("penalty_axes", 1, 2);
    graph.node("Unsqueeze", PENALTY, List.of(penalty, axes)); // [batch, 1, 1, seq]
  }

  /** What follows attention; maps two of [rows, hidden] to one. */
  private String feedForward(String prefix, String context, String hidden) {
    String attended = linear(context, prefix + "attention.output.dense", prefix + "attended");
    String middle =
        residualNorm(attended, hidden, prefix + "attention.output.LayerNorm", prefix + "attention");
    String wide =
        gelu(linear(middle, prefix + "intermediate.dense", prefix + "wide"), prefix + "wide");
    String narrow = linear(wide, prefix + "output.dense", prefix + "narrow");
    return residualNorm(narrow, middle, prefix + "output.LayerNorm", prefix + "output");
  }

  /** Maps [batch * seq, hidden] to the same, before the output projection. */
  private String attention(String prefix, String hidden) {
    pack(prefix, "qkv", List.of("query", "key", "value"));
    String packed =
        graph.node(
            "Gemm",
            prefix + "qkv",
            List.of(
                hidden, prefix + "qkv.weight", prefix + "qkv.bias")); // [batch * seq, 3 * hidden]
    List<String> parts = List.of(prefix + "query", prefix + "key", prefix + "value");
    byHead(prefix + "qkv", packed, HEADS, parts);
    String context =
        attend(
            prefix, parts.get(0), parts.get(1), parts.get(2)); // [1, batch, heads, seq, headSize]
    context =
        graph.node(
            "Transpose",
            prefix + "context_by_token",
            List.of(context),
            OnnxGraph.attribute("perm", 0, 1, 3, 2, 4)); // [1, batch, seq, heads, headSize]
    return graph.node(
        "Reshape", prefix + "context_rows", List.of(context, HIDDEN_ROWS)); // [batch * seq, hidden]
  }

  /** Splits [batch * seq, parts * hidden] into parts of [1, batch, heads, seq, headSize]. */
  private void byHead(String name, String packed, String shape, List<String> parts) {
    String byToken =
        graph.node(
            "Reshape",
            name + "_heads",
            List.of(packed, shape)); // [batch, seq, parts, heads, headSize]
    String byHead =
        graph.node(
            "Transpose",
            name + "_by_head",
            List.of(byToken),
            OnnxGraph.attribute("perm", 2, 0, 3, 1, 4)); // [parts, batch, heads, seq, headSize]
    graph.nodeWithOutputs("Split", parts, List.of(byHead), OnnxGraph.integer("axis", 0));
  }

  /** Maps three of [1, batch, heads, tokens, headSize] to [1, batch, heads, queries, headSize]. */
  private String attend(String prefix, String query, String key, String value) {
    String scores; // [1, batch, heads, queries, seq]
    if (isStandard()) {
      String keys =
          graph.node(
              "Transpose",
              prefix + "key_t",
              List.of(key),
              OnnxGraph.attribute("perm", 0, 1, 2, 4, 3));
      scores = graph.node("MatMul", prefix + "scores", List.of(query, keys));
      scores = graph.node("Add", prefix + "masked_scores", List.of(scores, PENALTY));
    } else {
      scores =
          graph.microsoftNode(
              "FusedMatMul",
              prefix + "scores",
              List.of(query, key),
              OnnxGraph.integer("transB", 1));
    }
    String probabilities =
        graph.node(
            "Softmax", prefix + "probabilities", List.of(scores), OnnxGraph.integer("axis", -1));
    return graph.node("MatMul", prefix + "context", List.of(probabilities, value));
  }

  /** The last layer for [CLS] alone, the only state that the head reads: [batch, hidden]. */
  private String lastLayerOfFirstToken(String hidden) {
    String prefix = prefix(config.layers() - 1);
    String first = firstToken(hidden);
    pack(prefix, "q", List.of("query"));
    pack(prefix, "kv", List.of("key", "value"));
    String query =
        graph.node(
            "Gemm",
            prefix + "q",
            List.of(first, prefix + "q.weight", prefix + "q.bias")); // [batch, hidden]
    String oneQuery =
        graph.integers("shape.one_query", 1, -1, config.heads(), 1, config.headSize());
    query =
        graph.node(
            "Reshape",
            prefix + "query",
            List.of(query, oneQuery)); // [1, batch, heads, 1, headSize]
    String packed =
        graph.node(
            "Gemm",
            prefix + "kv",
            List.of(hidden, prefix + "kv.weight", prefix + "kv.bias")); // [batch * seq, 2 * hidden]
    String heads = graph.integers("two_heads", 2, config.heads(), config.headSize());
    graph.node("Concat", "shape.kv", List.of("batch_and_seq", heads), OnnxGraph.integer("axis", 0));
    List<String> parts = List.of(prefix + "key", prefix + "value");
    byHead(prefix + "kv", packed, "shape.kv", parts);
    String context = attend(prefix, query, parts.get(0), parts.get(1));
    context =
        graph.node(
            "Reshape", prefix + "context_rows", List.of(context, HIDDEN_ROWS)); // [batch, hidden]
    return feedForward(prefix, context, first);
  }

  /** Maps [batch * seq, hidden] to [batch, hidden]. */
  private String firstToken(String hidden) {
    String byBatch =
        graph.node(
            "Reshape", "hidden_by_batch", List.of(hidden, HIDDEN_BATCH)); // [batch, seq, hidden]
    return graph.node(
        "Gather",
        "cls",
        List.of(byBatch, graph.index("first", 0)),
        OnnxGraph.integer("axis", 1)); // [batch, hidden]
  }

  /**
   * One matrix [hidden, parts * hidden] and its bias; 1/sqrt(headSize) is folded into the query's
   * part.
   */
  private void pack(String prefix, String name, List<String> parts) {
    int hidden = config.hiddenSize();
    int width = parts.size() * hidden;
    float scale = (float) (1 / Math.sqrt(config.headSize()));
    float[] packed = new float[hidden * width];
    float[] bias = new float[width];
    for (int part = 0; part < parts.size(); part++) {
      float factor = parts.get(part).equals("query") ? scale : 1;
      float[] matrix =
          weights.get(prefix + "attention.self." + parts.get(part) + ".weight").floats();
      float[] offsets =
          weights.get(prefix + "attention.self." + parts.get(part) + ".bias").floats();
      for (int out = 0; out < hidden; out++) {
        bias[part * hidden + out] = offsets[out] * factor;
        for (int in = 0; in < hidden; in++) {
          packed[in * width + part * hidden + out] = matrix[out * hidden + in] * factor;
        }
      }
    }
    graph.weights(prefix + name + ".weight", packed, hidden, width);
    graph.weights(prefix + name + ".bias", bias, width);
  }

  private void classifier() {
    String first =
        isStandard()
            ? firstToken(encoder(config.layers()))
            : lastLayerOfFirstToken(encoder(config.layers() - 1));
    String dense = gelu(linear(first, "classifier.dense", "dense"), "dense");
    linear(dense, "classifier.out_proj", "logits"); // [batch, labels]
    graph.output("logits", List.of("batch_size", String.valueOf(labels.size())));
  }

  private void discriminator() {
    String hidden = encoder(config.layers());
    String dense =
        gelu(
            linear(hidden, "discriminator_predictions.dense", "dense"),
            "dense"); // [batch * seq, hidden]
    String rows =
        linear(
            dense, "discriminator_predictions.dense_prediction", "row_logits"); // [batch * seq, 1]
    graph.node("Reshape", "logits", List.of(rows, "batch_and_seq")); // [batch, seq]
    graph.output("logits", List.of("batch_size", "sequence_length"));
  }

  /** x W + b; W is stored [in, out], as Gemm reads it without a transposition. */
  private String linear(String x, String name, String output) {
    Values matrix = weights.get(name + ".weight");
    int out = (int) matrix.shape()[0];
    int in = (int) matrix.shape()[1];
    float[] transposed = new float[matrix.floats().length];
    for (int i = 0; i < out; i++) {
      for (int j = 0; j < in; j++) {
        transposed[j * out + i] = matrix.floats()[i * in + j];
      }
    }
    graph.weights(name + ".weight", transposed, in, out);
    return graph.node("Gemm", output, List.of(x, name + ".weight", weight(name + ".bias")));
  }

  /** LayerNorm of a sum. */
  private String residualNorm(String x, String residual, String name, String output) {
    if (isStandard()) {
      String sum = graph.node("Add", output + "_residual", List.of(x, residual));
      return layerNorm(sum, name, output + "_norm");
    }
    return graph.microsoftNode(
        "SkipLayerNormalization",
        output + "_norm",
        List.of(x, residual, weight(name + ".weight"), weight(name + ".bias")),
        OnnxGraph.real("epsilon", config.layerNormEpsilon()));
  }

  private String layerNorm(String x, String name, String output) {
    return graph.node(
        "LayerNormalization",
        output,
        List.of(x, weight(name + ".weight"), weight(name + ".bias")),
        OnnxGraph.integer("axis", -1),
        OnnxGraph.real("epsilon", config.layerNormEpsilon()));
  }

  /**
   * Exact GELU: of standard operators in the five nodes that ONNX Runtime fuses into one, for the
   * operator itself came with opset 20.
   */
  private String gelu(String x, String name) {
    if (!isStandard()) {
      return graph.microsoftNode("Gelu", name + ".gelu", List.of(x));
    }
    String root = constant("sqrt_2", (float) Math.sqrt(2));
    String erf =
        graph.node(
            "Erf", name + ".erf", List.of(graph.node("Div", name + ".scaled", List.of(x, root))));
    String sum = graph.node("Add", name + ".erf_plus_1", List.of(erf, constant("gelu_1", 1)));
    String product = graph.node("Mul", name + ".product", List.of(x, sum));
    return graph.node("Mul", name + ".gelu", List.of(product, constant("half", 0.5f)));
  }

  private String constant(String name, float value) {
    return graph.has(name) ? name : graph.weights(name, new float[] {value});
  }

  private String weight(String name) {
    Values values = weights.get(name);
    return graph.weights(name, values.floats(), values.shape());
  }
}
