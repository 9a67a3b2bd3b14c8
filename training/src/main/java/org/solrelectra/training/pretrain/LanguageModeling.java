package org.solrelectra.training.pretrain;

import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.solrelectra.training.network.Attention;
import org.solrelectra.training.network.ElectraConfig;
import org.solrelectra.training.network.ElectraEmbeddings;
import org.solrelectra.training.network.ElectraEncoder;
import org.solrelectra.training.network.GeneratorHead;
import org.solrelectra.training.network.Mode;
import org.solrelectra.training.network.ParameterSet;
import org.solrelectra.training.network.Tensors;

/**
 * One network that predicts tokens: those behind a mask, or, with causal attention, the next one.
 * What ELECTRA is compared with, with its body and ELECTRA's generator head.
 */
public final class LanguageModeling implements PretrainingTask {
  private final ParameterSet parameters;
  private final ElectraEncoder encoder;
  private final GeneratorHead head;
  private final Attention attention;

  /** Adds the network to {@code parameters}, under the names of {@code ElectraForMaskedLM}. */
  public LanguageModeling(ParameterSet parameters, ElectraConfig config, Attention attention) {
    this.parameters = parameters;
    this.attention = attention;
    ElectraEmbeddings embeddings = new ElectraEmbeddings(parameters, "", config);
    this.encoder = new ElectraEncoder(parameters, "", config, embeddings, attention);
    this.head = new GeneratorHead(parameters, "", config, embeddings);
  }

  @Override
  public ParameterSet parameters() {
    return parameters;
  }

  @Override
  public Outcome forward(
      MaskedBatch batch, Denominators denominators, NoiseSeeding seeding, Mode mode) {
    Device device = parameters.device();
    long rows = batch.batch();
    long seq = batch.sequenceLength();
    Tensor types = Tensors.ofLongs(batch.tokenTypeIds(), device, rows, seq); // [batch, seq]
    Tensor input = Tensors.ofLongs(batch.maskedIds(), device, rows, seq); // [batch, seq]
    Tensor places =
        batch.positionIds() == null
            ? null
            : Tensors.ofLongs(batch.positionIds(), device, rows, seq); // [batch, seq]
    Tensor mask = null;
    // Padding stands at the end, where nothing that comes before may look.
    if (batch.attentionMask() != null && attention == Attention.BIDIRECTIONAL) {
      mask = Tensors.ofLongs(batch.attentionMask(), device, rows, seq); // [batch, seq]
    }
    Tensor positions =
        Tensors.ofLongs(batch.positions(), device, batch.positions().length); // [masked]
    Tensor original =
        Tensors.ofLongs(batch.inputIds(), device, batch.inputIds().length); // [batch * seq]
    Tensor wanted =
        attention == Attention.CAUSAL ? positions.add(new Scalar(1L)) : positions; // [masked]
    Tensor targets = original.index_select(0, wanted); // [masked]

    seeding.beforeGenerator();
    Tensor hidden = encoder.forward(input, types, places, mask, mode); // [batch, seq, hidden]
    Tensor selected = hidden.flatten(0, 1).index_select(0, positions); // [masked, hidden]
    Tensor logits = head.forward(selected).to(ScalarType.Float); // [masked, vocab]
    Tensor loss = SelectionLoss.of(logits, targets, batch, denominators);
    try (NoGradGuard noGradient = new NoGradGuard()) {
      Tensor right = SelectionLoss.count(SelectionLoss.isRight(logits, targets), batch, device);
      return new Outcome(loss, Measurements.ofLanguageModel(loss, right, batch.selections()));
    }
  }
}
