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

/**
 * Writes {@code model.onnx}: standard operators of opset 17 and float32 alone, so that any consumer
 * of ONNX runs it. By hand, because exporters of today fuse no attention at all: everything but
 * attention works on [batch * seq, hidden] with the bias in the matrix product, and query, key and
 * value are one product with the scale folded in.
 */
final class OnnxExporter {
  private static final String HIDDEN_ROWS = "shape.rows";
  private static final String HEADS = "shape.heads";
  private static final String HIDDEN_BATCH = "shape.batch";

  private final ElectraConfig config;
  private final Map<String, Values> weights;
  private final List<String> labels;
  private final OnnxGraph graph = new OnnxGraph("electra");

  private OnnxExporter(HuggingFaceModel model) {
    this.config = model.config();
    this.weights = model.weights();
    this.labels = model.head().labels();
  }

  /** Writes the graph of a model with a classification head, or of a discriminator. */
  static void write(HuggingFaceModel model, Path file) throws IOException {
    OnnxExporter exporter = new OnnxExporter(model);
    String hidden = exporter.encoder();
    if (model.weights().containsKey("classifier.out_proj.weight")) {
      exporter.classifier(hidden);
    } else {
      exporter.discriminator(hidden);
    }
    try (OutputStream stream = Files.newOutputStream(file)) {
      exporter.graph.build().writeTo(stream);
    }
  }

  private String encoder() {
    String ids = graph.input("input_ids");
    String mask = graph.input("attention_mask");
    String types = graph.input("token_type_ids");
    String batchAndSeq = graph.node("Shape", "batch_and_seq", List.of(ids)); // [2]
    shapes(batchAndSeq);
    String hiddenState = embeddings(ids, types, batchAndSeq);
    String penalty = penalty(mask);
    for (int layer = 0; layer < config.layers(); layer++) {
      hiddenState = layer("electra.encoder.layer." + layer + ".", hiddenState, penalty);
    }
    return hiddenState;
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
   * Returns what is added to attention scores: nothing for tokens, the lowest number for padding.
   */
  private String penalty(String mask) {
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
    return graph.node("Unsqueeze", "penalty_of_keys", List.of(penalty, axes)); // [batch, 1, 1, seq]
  }

  private String layer(String prefix, String hidden, String penalty) {
    String context = attention(prefix, hidden, penalty);
    String attended = linear(context, prefix + "attention.output.dense", prefix + "attended");
    String middle = graph.node("Add", prefix + "attention_residual", List.of(attended, hidden));
    middle = layerNorm(middle, prefix + "attention.output.LayerNorm", prefix + "attention_norm");
    String wide =
        gelu(linear(middle, prefix + "intermediate.dense", prefix + "wide"), prefix + "wide");
    String narrow = linear(wide, prefix + "output.dense", prefix + "narrow");
    String sum = graph.node("Add", prefix + "output_residual", List.of(narrow, middle));
    return layerNorm(sum, prefix + "output.LayerNorm", prefix + "output_norm");
  }

  private String attention(String prefix, String hidden, String penalty) {
    packQueryKeyValue(prefix);
    String packed =
        graph.node(
            "Gemm",
            prefix + "qkv",
            List.of(
                hidden, prefix + "qkv.weight", prefix + "qkv.bias")); // [batch * seq, 3 * hidden]
    packed =
        graph.node(
            "Reshape",
            prefix + "qkv_heads",
            List.of(packed, HEADS)); // [batch, seq, 3, heads, headSize]
    packed =
        graph.node(
            "Transpose",
            prefix + "qkv_by_head",
            List.of(packed),
            OnnxGraph.attribute("perm", 2, 0, 3, 1, 4)); // [3, batch, heads, seq, headSize]
    List<String> parts = List.of(prefix + "query", prefix + "key", prefix + "value");
    graph.nodeWithOutputs(
        "Split",
        parts,
        List.of(packed),
        OnnxGraph.integer("axis", 0)); // 3 x [1, batch, heads, seq, headSize]
    String keys =
        graph.node(
            "Transpose",
            prefix + "key_t",
            List.of(parts.get(1)),
            OnnxGraph.attribute("perm", 0, 1, 2, 4, 3));
    String scores =
        graph.node(
            "MatMul",
            prefix + "scores",
            List.of(parts.get(0), keys)); // [1, batch, heads, seq, seq]
    scores = graph.node("Add", prefix + "masked_scores", List.of(scores, penalty));
    String probabilities =
        graph.node(
            "Softmax", prefix + "probabilities", List.of(scores), OnnxGraph.integer("axis", -1));
    String context =
        graph.node(
            "MatMul",
            prefix + "context",
            List.of(probabilities, parts.get(2))); // [1, batch, heads, seq, headSize]
    context =
        graph.node(
            "Transpose",
            prefix + "context_by_token",
            List.of(context),
            OnnxGraph.attribute("perm", 0, 1, 3, 2, 4)); // [1, batch, seq, heads, headSize]
    return graph.node(
        "Reshape", prefix + "context_rows", List.of(context, HIDDEN_ROWS)); // [batch * seq, hidden]
  }

  /**
   * One matrix [hidden, 3 * hidden] and its bias; 1/sqrt(headSize) is folded into the query's part.
   */
  private void packQueryKeyValue(String prefix) {
    int hidden = config.hiddenSize();
    float scale = (float) (1 / Math.sqrt(config.headSize()));
    float[] packed = new float[hidden * 3 * hidden];
    float[] bias = new float[3 * hidden];
    List<String> parts = List.of("query", "key", "value");
    for (int part = 0; part < parts.size(); part++) {
      float factor = part == 0 ? scale : 1;
      float[] matrix =
          weights.get(prefix + "attention.self." + parts.get(part) + ".weight").floats();
      float[] offsets =
          weights.get(prefix + "attention.self." + parts.get(part) + ".bias").floats();
      for (int out = 0; out < hidden; out++) {
        bias[part * hidden + out] = offsets[out] * factor;
        for (int in = 0; in < hidden; in++) {
          packed[in * 3 * hidden + part * hidden + out] = matrix[out * hidden + in] * factor;
        }
      }
    }
    graph.weights(prefix + "qkv.weight", packed, hidden, 3L * hidden);
    graph.weights(prefix + "qkv.bias", bias, 3L * hidden);
  }

  private void classifier(String hidden) {
    String byBatch =
        graph.node(
            "Reshape", "hidden_by_batch", List.of(hidden, HIDDEN_BATCH)); // [batch, seq, hidden]
    String first =
        graph.node(
            "Gather",
            "cls",
            List.of(byBatch, graph.index("first", 0)),
            OnnxGraph.integer("axis", 1)); // [batch, hidden]
    String dense = gelu(linear(first, "classifier.dense", "dense"), "dense");
    linear(dense, "classifier.out_proj", "logits"); // [batch, labels]
    graph.output("logits", List.of("batch_size", String.valueOf(labels.size())));
  }

  private void discriminator(String hidden) {
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

  private String layerNorm(String x, String name, String output) {
    return graph.node(
        "LayerNormalization",
        output,
        List.of(x, weight(name + ".weight"), weight(name + ".bias")),
        OnnxGraph.integer("axis", -1),
        OnnxGraph.real("epsilon", config.layerNormEpsilon()));
  }

  /**
   * Exact GELU in the five nodes that ONNX Runtime fuses into one; the operator itself came with
   * opset 20.
   */
  private String gelu(String x, String name) {
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
