package org.solrelectra.training.network;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.solrelectra.training.GoldenFiles;
import org.solrelectra.training.checkpoint.HuggingFaceWeights;
import org.solrelectra.training.checkpoint.SafeTensors.Values;

/** Hidden states and logits of Hugging Face's ELECTRA classes, from the same weights. */
class ElectraTinyGoldenIT {
  /** Of golden/README.md: float32 against values that were computed in float64. */
  private static final float TOLERANCE = 1e-4f;

  private static final String FOLDER = "electra-tiny/";
  private static final List<String> BATCHES = List.of("padded", "full");

  @ParameterizedTest
  @ValueSource(strings = {"discriminator", "discriminator-head64"})
  void discriminatorsAgree(String name) throws IOException {
    Fixture fixture = new Fixture(name);
    ElectraEmbeddings embeddings = new ElectraEmbeddings(fixture.parameters, "", fixture.config);
    ElectraEncoder encoder =
        new ElectraEncoder(
            fixture.parameters, "", fixture.config, embeddings, Attention.BIDIRECTIONAL);
    DiscriminatorHead head = new DiscriminatorHead(fixture.parameters, fixture.config);
    fixture.load(name.equals("discriminator-head64") ? "discriminator" : name);
    for (String batch : BATCHES) {
      Tensor last = fixture.checkStates(batch, embeddings, encoder);
      fixture.check(batch + ".logits", head.forward(last));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"generator", "generator-projected"})
  void generatorsAgree(String name) throws IOException {
    Fixture fixture = new Fixture(name);
    ElectraEmbeddings embeddings = new ElectraEmbeddings(fixture.parameters, "", fixture.config);
    ElectraEncoder encoder =
        new ElectraEncoder(
            fixture.parameters, "", fixture.config, embeddings, Attention.BIDIRECTIONAL);
    GeneratorHead head = new GeneratorHead(fixture.parameters, "", fixture.config, embeddings);
    fixture.load(name);
    Map<String, long[]> positions =
        Map.of(
            "padded",
            new long[] {0, 1, 2, 3, 9, 20, 42},
            "full",
            new long[] {0, 1, 63, 64, 126, 127});
    for (String batch : BATCHES) {
      Tensor last = fixture.checkStates(batch, embeddings, encoder);
      long[] wanted = positions.get(batch);
      Tensor selected =
          last.index_select(1, Tensors.ofLongs(wanted, GoldenFiles.DEVICE, wanted.length))
              .flatten(0, 1);
      fixture.check(batch + ".logits", head.forward(selected));
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 5})
  void classifiersAgree(int labels) throws IOException {
    Fixture fixture = new Fixture("classifier-" + labels);
    ElectraEmbeddings embeddings = new ElectraEmbeddings(fixture.parameters, "", fixture.config);
    ElectraEncoder encoder =
        new ElectraEncoder(
            fixture.parameters, "", fixture.config, embeddings, Attention.BIDIRECTIONAL);
    ClassificationHead head = new ClassificationHead(fixture.parameters, fixture.config, labels);
    fixture.load("classifier-" + labels);
    for (String batch : BATCHES) {
      fixture.check(
          batch + ".logits", head.forward(fixture.forward(batch, encoder), Mode.EVALUATION));
    }
  }

  @Test
  void questionAnsweringAgrees() throws IOException {
    Fixture fixture = new Fixture("qa");
    ElectraEmbeddings embeddings = new ElectraEmbeddings(fixture.parameters, "", fixture.config);
    ElectraEncoder encoder =
        new ElectraEncoder(
            fixture.parameters, "", fixture.config, embeddings, Attention.BIDIRECTIONAL);
    QuestionAnsweringHead head = new QuestionAnsweringHead(fixture.parameters, fixture.config);
    fixture.load("qa");
    for (String batch : BATCHES) {
      Tensor logits = head.forward(fixture.forward(batch, encoder));
      fixture.check(batch + ".start_logits", logits.select(-1, 0));
      fixture.check(batch + ".end_logits", logits.select(-1, 1));
    }
  }

  /** One golden folder: a network to be filled, its inputs and what it must give. */
  private static final class Fixture {
    private final ElectraConfig config;
    private final ParameterSet parameters = new ParameterSet(1, GoldenFiles.DEVICE);
    private final Map<String, Values> expected;
    private final JsonNode batches = GoldenFiles.json(FOLDER + "batches.json");

    Fixture(String name) throws IOException {
      config = GoldenFiles.config(FOLDER + name);
      expected = GoldenFiles.tensors(FOLDER + name + "/expected.safetensors");
    }

    void load(String name) throws IOException {
      HuggingFaceWeights.load(
          GoldenFiles.tensors(FOLDER + name + "/model.safetensors"),
          parameters,
          "",
          missing -> false,
          unexpected -> false,
          name);
    }

    private Tensor input(String batch, String key) {
      JsonNode rows = batches.get(batch).get(key);
      return Tensors.ofLongs(
          GoldenFiles.longs(rows), GoldenFiles.DEVICE, rows.size(), rows.get(0).size());
    }

    Tensor forward(String batch, ElectraEncoder encoder) {
      return encoder.forward(
          input(batch, "input_ids"),
          input(batch, "token_type_ids"),
          input(batch, "attention_mask"),
          Mode.EVALUATION);
    }

    /** Checks the embeddings and each layer; returns the last hidden state. */
    Tensor checkStates(String batch, ElectraEmbeddings embeddings, ElectraEncoder encoder) {
      Tensor ids = input(batch, "input_ids");
      Tensor types = input(batch, "token_type_ids");
      Tensor mask = input(batch, "attention_mask");
      check(batch + ".embeddings", embeddings.forward(ids, types, null));
      List<Tensor> states = encoder.forwardAll(ids, types, mask, Mode.EVALUATION);
      for (int layer = 0; layer < states.size(); layer++) {
        check(batch + ".hidden_" + layer, states.get(layer));
      }
      if (expected.containsKey(batch + ".attention_0")) {
        check(batch + ".attention_0", attentionOfFirstLayer(states.get(0), mask));
      }
      if (batch.equals("full")) {
        // Without padding the mask-free path, which training takes, gives the same.
        check("full.hidden_3", encoder.forward(ids, types, null, Mode.EVALUATION));
      }
      return states.get(states.size() - 1);
    }

    /** The kernel keeps its probabilities to itself: they are computed again from its weights. */
    private Tensor attentionOfFirstLayer(Tensor hidden, Tensor mask) {
      String name = "electra.encoder.layer.0." + SelfAttention.PACKED;
      long batch = hidden.size(0);
      long seq = hidden.size(1);
      Tensor packed =
          torch
              .linear(hidden, parameters.get(name + ".weight"), parameters.get(name + ".bias"))
              .view(batch, seq, 3, config.heads(), config.headSize())
              .permute(2, 0, 3, 1, 4);
      Tensor scores =
          packed
              .select(0, 0)
              .matmul(packed.select(0, 1).transpose(-1, -2))
              .div(new Scalar(Math.sqrt(config.headSize())));
      Tensor padding = mask.eq(new Scalar(0L)).unsqueeze(1).unsqueeze(1);
      return torch.softmax(scores.masked_fill(padding, new Scalar(-1e30)), -1);
    }

    void check(String name, Tensor actual) {
      Values wanted = expected.get(name);
      assertNotNull(wanted, name);
      try (PointerScope scope = new PointerScope()) {
        assertEquals(
            Arrays.stream(wanted.shape()).reduce(1, (a, b) -> a * b),
            actual.numel(),
            name + " has another size");
        org.junit.jupiter.api.Assertions.assertArrayEquals(
            wanted.floats(), Tensors.floats(actual), TOLERANCE, name);
      }
    }
  }
}
