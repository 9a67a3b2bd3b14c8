package org.solrelectra.solr;

import ai.onnx.proto.OnnxMl;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * A model whose logits a reader of a test can add up: every word has a number for every label, and
 * a text's logit is the sum of its words' numbers; a word that is not listed counts nothing. Runs
 * on ONNX Runtime as any other model directory.
 *
 * @param task classification or ranking
 * @param activation softmax or sigmoid
 * @param maxLength in tokens
 * @param words the numbers of each lower-case word, one for each label
 */
public record WordScoreModel(
    String name,
    String version,
    String task,
    String activation,
    double temperature,
    int maxLength,
    List<String> labels,
    Map<String, float[]> words) {

  private static final List<String> SPECIAL_TOKENS =
      List.of("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]");

  /** Writes the model's directory below a folder. */
  public void write(Path folder) throws IOException {
    Path directory = Files.createDirectories(folder.resolve(name));
    List<String> pieces = new ArrayList<>(SPECIAL_TOKENS);
    pieces.addAll(words.keySet());
    Files.writeString(directory.resolve("vocab.txt"), String.join("\n", pieces) + "\n");
    writeJson(directory.resolve("config.json"), config(pieces.size()));
    writeJson(
        directory.resolve("tokenizer_config.json"),
        ordered(
            "do_lower_case",
            true,
            "strip_accents",
            null,
            "tokenize_chinese_chars",
            true,
            "model_max_length",
            maxLength));
    writeJson(
        directory.resolve("manifest.json"),
        ordered(
            "format_version",
            1,
            "name",
            name,
            "version",
            version,
            "task",
            task,
            "activation",
            activation,
            "calibration",
            Map.of("temperature", temperature)));
    Files.write(directory.resolve("model.onnx"), graph(pieces).toByteArray());
  }

  private Map<String, Object> config(int vocabularySize) {
    Map<String, String> id2label = new LinkedHashMap<>();
    IntStream.range(0, labels.size())
        .forEach(id -> id2label.put(String.valueOf(id), labels.get(id)));
    return ordered(
        "architectures",
        List.of("ElectraForSequenceClassification"),
        "id2label",
        id2label,
        "max_position_embeddings",
        maxLength,
        "vocab_size",
        vocabularySize);
  }

  private OnnxMl.ModelProto graph(List<String> pieces) {
    OnnxMl.TensorProto.Builder table =
        OnnxMl.TensorProto.newBuilder()
            .setName("numbers")
            .setDataType(OnnxMl.TensorProto.DataType.FLOAT.getNumber())
            .addDims(pieces.size())
            .addDims(labels.size());
    for (String piece : pieces) {
      for (float number : words.getOrDefault(piece, new float[labels.size()])) {
        table.addFloatData(number);
      }
    }
    OnnxMl.TensorProto tokens =
        OnnxMl.TensorProto.newBuilder()
            .setName("tokens")
            .setDataType(OnnxMl.TensorProto.DataType.INT64.getNumber())
            .addDims(1)
            .addInt64Data(1)
            .build();
    OnnxMl.GraphProto graph =
        OnnxMl.GraphProto.newBuilder()
            .setName(name)
            .addInitializer(table)
            .addInitializer(tokens)
            .addInput(value("input_ids", OnnxMl.TensorProto.DataType.INT64, "batch", "seq"))
            .addNode(
                OnnxMl.NodeProto.newBuilder()
                    .setOpType("Gather")
                    .addInput("numbers")
                    .addInput("input_ids")
                    .addOutput("of_tokens"))
            .addNode(
                OnnxMl.NodeProto.newBuilder()
                    .setOpType("ReduceSum")
                    .addInput("of_tokens")
                    .addInput("tokens")
                    .addAttribute(
                        OnnxMl.AttributeProto.newBuilder()
                            .setName("keepdims")
                            .setType(OnnxMl.AttributeProto.AttributeType.INT)
                            .setI(0))
                    .addOutput("logits"))
            .addOutput(
                value(
                    "logits",
                    OnnxMl.TensorProto.DataType.FLOAT,
                    "batch",
                    String.valueOf(labels.size())))
            .build();
    return OnnxMl.ModelProto.newBuilder()
        .setIrVersion(8)
        .addOpsetImport(OnnxMl.OperatorSetIdProto.newBuilder().setVersion(17))
        .setGraph(graph)
        .build();
  }

  private static OnnxMl.ValueInfoProto value(
      String name, OnnxMl.TensorProto.DataType type, String... dimensions) {
    OnnxMl.TensorShapeProto.Builder shape = OnnxMl.TensorShapeProto.newBuilder();
    for (String dimension : dimensions) {
      if (Character.isDigit(dimension.charAt(0))) {
        shape.addDimBuilder().setDimValue(Long.parseLong(dimension));
      } else {
        shape.addDimBuilder().setDimParam(dimension);
      }
    }
    return OnnxMl.ValueInfoProto.newBuilder()
        .setName(name)
        .setType(
            OnnxMl.TypeProto.newBuilder()
                .setTensorType(
                    OnnxMl.TypeProto.Tensor.newBuilder()
                        .setElemType(type.getNumber())
                        .setShape(shape)))
        .build();
  }

  private static Map<String, Object> ordered(Object... keysAndValues) {
    Map<String, Object> map = new LinkedHashMap<>();
    for (int i = 0; i < keysAndValues.length; i += 2) {
      map.put((String) keysAndValues[i], keysAndValues[i + 1]);
    }
    return map;
  }

  private static void writeJson(Path file, Map<String, Object> content) throws IOException {
    String json =
        new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT).writeValueAsString(content);
    Files.write(file, (json + "\n").getBytes(StandardCharsets.UTF_8));
  }
}
