package org.solrelectra.training.checkpoint;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.solrelectra.training.checkpoint.SafeTensors.Values;
import org.solrelectra.training.network.ElectraConfig;

/**
 * An ELECTRA of two layers with the variables that google-research/electra gives it, and values
 * that follow from their names: what the checkpoint in src/test/resources/interchange/tensorflow
 * holds.
 */
public final class SmallTensorFlowModel {
  public static final List<String> PIECES =
      List.of(
          "[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "the", "a", "##s", "cat", "sat", "mat",
          "on");

  public static final ElectraConfig DISCRIMINATOR = config(16);
  public static final ElectraConfig GENERATOR = config(4);

  private SmallTensorFlowModel() {}

  private static ElectraConfig config(int hidden) {
    return new ElectraConfig(PIECES.size(), 8, hidden, 2, 1, 4 * hidden, 10, 2, 1e-12, 0.1, 0.1);
  }

  /** Returns all variables of pretraining that are floats, some of the optimizer's among them. */
  public static Map<String, Values> variables() {
    Map<String, Values> variables = new LinkedHashMap<>();
    String embeddings = "electra/embeddings/";
    add(variables, embeddings + "word_embeddings", PIECES.size(), 8);
    add(variables, embeddings + "position_embeddings", 10, 8);
    add(variables, embeddings + "token_type_embeddings", 2, 8);
    addLayerNorm(variables, embeddings, 8);
    addBody(variables, "electra/", 16);
    addBody(variables, "generator/", 4);
    addDense(variables, "discriminator_predictions/dense", 16, 16);
    addDense(variables, "discriminator_predictions/dense_1", 16, 1);
    addDense(variables, "generator_predictions/dense", 4, 8);
    addLayerNorm(variables, "generator_predictions/", 8);
    add(variables, "generator_predictions/output_bias", PIECES.size());
    for (String name : List.copyOf(variables.keySet())) {
      if (name.endsWith("bias")) {
        for (String moment : List.of("/adam_m", "/adam_v")) {
          long[] shape = variables.get(name).shape();
          add(variables, name + moment, shape);
        }
      }
    }
    return variables;
  }

  private static void addBody(Map<String, Values> variables, String scope, int hidden) {
    addDense(variables, scope + "embeddings_project", 8, hidden);
    for (int number = 0; number < 2; number++) {
      String layer = scope + "encoder/layer_" + number + "/";
      for (String part : List.of("query", "key", "value")) {
        addDense(variables, layer + "attention/self/" + part, hidden, hidden);
      }
      addDense(variables, layer + "attention/output/dense", hidden, hidden);
      addLayerNorm(variables, layer + "attention/output/", hidden);
      addDense(variables, layer + "intermediate/dense", hidden, 4L * hidden);
      addDense(variables, layer + "output/dense", 4L * hidden, hidden);
      addLayerNorm(variables, layer + "output/", hidden);
    }
  }

  private static void addDense(Map<String, Values> variables, String name, long in, long out) {
    add(variables, name + "/kernel", in, out);
    add(variables, name + "/bias", out);
  }

  private static void addLayerNorm(Map<String, Values> variables, String scope, long width) {
    add(variables, scope + "LayerNorm/gamma", width);
    add(variables, scope + "LayerNorm/beta", width);
  }

  private static void add(Map<String, Values> variables, String name, long... shape) {
    int count = 1;
    for (long length : shape) {
      count *= (int) length;
    }
    float[] floats = new float[count];
    for (int i = 0; i < count; i++) {
      floats[i] = Math.floorMod(31 * name.hashCode() + 7 * i, 2003) / 1000f - 1;
    }
    variables.put(name, new Values(floats, shape));
  }

  /** Returns what Hugging Face calls them, for the discriminator or the generator. */
  public static Map<String, Values> expected(boolean generator) {
    Map<String, Values> variables = variables();
    String scope = generator ? "generator/" : "electra/";
    String head = generator ? "generator_predictions/" : "discriminator_predictions/";
    Map<String, Values> expected = new LinkedHashMap<>();
    List<String> names = new ArrayList<>(variables.keySet());
    names.removeIf(name -> name.contains("/adam_"));
    for (String name : names) {
      if (name.startsWith("electra/embeddings/")
          || name.startsWith(scope)
          || name.startsWith(head)) {
        Values values = variables.get(name);
        expected.put(
            huggingFace(name, scope), name.endsWith("kernel") ? transposed(values) : values);
      }
    }
    return expected;
  }

  /** Written by rules of its own, so that a slip in the reader's is not made twice. */
  private static String huggingFace(String variable, String scope) {
    if (variable.equals("generator_predictions/output_bias")) {
      return "generator_lm_head.bias";
    }
    String name =
        variable.startsWith(scope) ? "electra/" + variable.substring(scope.length()) : variable;
    String dotted =
        name.replace("/dense_1/", "/dense_prediction/")
            .replace("/layer_", "/layer/")
            .replace("/kernel", "/weight")
            .replace("/gamma", "/weight")
            .replace("/beta", "/bias")
            .replace('/', '.');
    return dotted.endsWith("_embeddings") ? dotted + ".weight" : dotted;
  }

  private static Values transposed(Values matrix) {
    int rows = (int) matrix.shape()[0];
    int columns = (int) matrix.shape()[1];
    float[] floats = new float[rows * columns];
    for (int i = 0; i < floats.length; i++) {
      floats[i] = matrix.floats()[i % rows * columns + i / rows];
    }
    return new Values(floats, new long[] {columns, rows});
  }
}
