package org.solrelectra.training.checkpoint;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.solrelectra.lucene.model.TokenizerConfig;
import org.solrelectra.lucene.model.Vocabulary;
import org.solrelectra.training.checkpoint.SafeTensors.DataType;
import org.solrelectra.training.checkpoint.SafeTensors.Values;
import org.solrelectra.training.network.ElectraConfig;
import org.solrelectra.training.storage.Folders;

/**
 * Writes a folder that Hugging Face's {@code from_pretrained} opens: {@code config.json}, {@code
 * vocab.txt}, {@code tokenizer_config.json}, {@code model.safetensors}.
 */
public final class HuggingFaceDirectory {
  /** The names of the files that make a directory. */
  static final List<String> FILES =
      List.of("config.json", "vocab.txt", "tokenizer_config.json", "model.safetensors");

  private static final String CAUSAL = "ElectraForCausalLM";

  private HuggingFaceDirectory() {}

  /**
   * What a network is for.
   *
   * @param architecture Hugging Face's class, such as {@code ElectraForPreTraining}
   * @param labels label names in the order of their ids; empty where there is none
   * @param problemType what Hugging Face calls the kind of labels, such as {@code
   *     multi_label_classification}; null where it need not be said
   */
  public record Head(String architecture, List<String> labels, String problemType) {
    public static Head discriminator() {
      return new Head("ElectraForPreTraining", List.of(), null);
    }

    public static Head generator() {
      return new Head("ElectraForMaskedLM", List.of(), null);
    }

    /** A causal language model; Hugging Face needs {@code is_decoder} to run it as one. */
    public static Head causal() {
      return new Head(CAUSAL, List.of(), null);
    }

    /** A network without a head, to fine-tune. */
    public static Head none() {
      return new Head("ElectraModel", List.of(), null);
    }

    public static Head classifier(List<String> labels) {
      return new Head("ElectraForSequenceClassification", labels, "single_label_classification");
    }

    /** A ranker: one logit, named as Hugging Face names it. */
    public static Head ranker() {
      return new Head("ElectraForSequenceClassification", List.of("LABEL_0"), null);
    }
  }

  /** Writes a folder, in place of an old one of that name. It appears when it is complete. */
  public static void write(
      Path folder,
      ElectraConfig config,
      Head head,
      Map<String, Values> weights,
      DataType type,
      Vocabulary vocabulary,
      TokenizerConfig tokenizer)
      throws IOException {
    write(folder, config, head, weights, type, vocabulary, tokenizer, Map.of());
  }

  /**
   * Writes a folder, in place of an old one of that name. It appears when it is complete.
   *
   * @param others contents of further files, by name
   */
  public static void write(
      Path folder,
      ElectraConfig config,
      Head head,
      Map<String, Values> weights,
      DataType type,
      Vocabulary vocabulary,
      TokenizerConfig tokenizer,
      Map<String, String> others)
      throws IOException {
    Path partial = Folders.partial(folder);
    Folders.deleteIfExists(partial);
    Files.createDirectories(partial);
    try {
      Files.writeString(partial.resolve("config.json"), configJson(config, head, vocabulary, type));
      Files.writeString(
          partial.resolve("vocab.txt"), String.join("\n", vocabulary.pieces()) + "\n");
      Files.writeString(partial.resolve("tokenizer_config.json"), tokenizerJson(tokenizer));
      SafeTensors.write(partial.resolve("model.safetensors"), weights, type);
      for (Map.Entry<String, String> other : others.entrySet()) {
        Files.writeString(partial.resolve(other.getKey()), other.getValue());
      }
      Folders.replace(partial, folder);
    } catch (IOException e) {
      Folders.deleteIfExists(partial);
      throw e;
    }
  }

  private static String configJson(
      ElectraConfig config, Head head, Vocabulary vocabulary, DataType type) {
    ObjectNode json = new ObjectMapper().createObjectNode();
    json.putArray("architectures").add(head.architecture());
    config.writeTo(json);
    if (head.architecture().equals(CAUSAL)) {
      json.put("is_decoder", true);
    }
    json.put("pad_token_id", vocabulary.padId());
    json.put("torch_dtype", type == DataType.BF16 ? "bfloat16" : "float32");
    if (!head.labels().isEmpty()) {
      ObjectNode names = json.putObject("id2label");
      ObjectNode ids = json.putObject("label2id");
      for (int id = 0; id < head.labels().size(); id++) {
        names.put(String.valueOf(id), head.labels().get(id));
        ids.put(head.labels().get(id), id);
      }
    }
    if (head.problemType() != null) {
      json.put("problem_type", head.problemType());
    }
    return json.toPrettyString() + "\n";
  }

  private static String tokenizerJson(TokenizerConfig tokenizer) {
    ObjectNode json = new ObjectMapper().createObjectNode();
    json.put("tokenizer_class", "ElectraTokenizer");
    json.put("do_lower_case", tokenizer.doLowerCase());
    if (tokenizer.stripAccents() == tokenizer.doLowerCase()) {
      json.putNull("strip_accents");
    } else {
      json.put("strip_accents", tokenizer.stripAccents());
    }
    json.put("tokenize_chinese_chars", tokenizer.tokenizeChineseChars());
    json.put("model_max_length", tokenizer.modelMaxLength());
    for (String token : List.of("pad", "unk", "cls", "sep", "mask")) {
      json.put(token + "_token", "[" + token.toUpperCase(java.util.Locale.ROOT) + "]");
    }
    return json.toPrettyString() + "\n";
  }
}
