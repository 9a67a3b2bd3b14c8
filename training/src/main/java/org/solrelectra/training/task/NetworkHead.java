package org.solrelectra.training.task;

import java.util.Arrays;
import java.util.Optional;
import org.bytedeco.pytorch.Tensor;
import org.solrelectra.training.network.DiscriminatorNetwork;
import org.solrelectra.training.network.ElectraConfig;
import org.solrelectra.training.network.Mode;
import org.solrelectra.training.network.ParameterSet;
import org.solrelectra.training.network.SequenceClassificationNetwork;

/**
 * The head of an encoder, in libtorch; the exporter writes the same as a graph. Several tasks may
 * have the same one.
 */
public enum NetworkHead {
  /** One logit a token, [batch, seq]: what pretraining leaves. */
  DISCRIMINATOR("ElectraForPreTraining", "discriminator_predictions.", "discriminator") {
    @Override
    public Network build(ParameterSet parameters, ElectraConfig config, int labels) {
      return new DiscriminatorNetwork(parameters, config)::forward;
    }
  },
  /** Two layers on the state of [CLS], [batch, labels]. */
  SEQUENCE_CLASSIFICATION("ElectraForSequenceClassification", "classifier.", "two-layer") {
    @Override
    public Network build(ParameterSet parameters, ElectraConfig config, int labels) {
      return new SequenceClassificationNetwork(parameters, config, labels)::forward;
    }
  };

  private final String architecture;
  private final String prefix;
  private final String key;

  NetworkHead(String architecture, String prefix, String key) {
    this.architecture = architecture;
    this.prefix = prefix;
    this.key = key;
  }

  /** An encoder with its head. */
  public interface Network {
    /**
     * Returns logits, one row a sequence.
     *
     * @param inputIds int64 [batch, seq]
     * @param tokenTypeIds int64 [batch, seq]
     * @param attentionMask [batch, seq], 0 at padding, or null
     */
    Tensor forward(Tensor inputIds, Tensor tokenTypeIds, Tensor attentionMask, Mode mode);
  }

  /** Adds an encoder with this head to {@code parameters}. */
  public abstract Network build(ParameterSet parameters, ElectraConfig config, int labels);

  /** Returns the head of Hugging Face's class of this name; nothing for another. */
  public static Optional<NetworkHead> of(String architecture) {
    return Arrays.stream(values()).filter(head -> head.architecture.equals(architecture)).findAny();
  }

  /** Returns Hugging Face's class. */
  public String architecture() {
    return architecture;
  }

  /** Returns the name in {@code manifest.json}. */
  public String key() {
    return key;
  }

  /** Says whether a weight of this name, as Hugging Face has it, is the head's. */
  public boolean owns(String weight) {
    return weight.startsWith(prefix);
  }
}
