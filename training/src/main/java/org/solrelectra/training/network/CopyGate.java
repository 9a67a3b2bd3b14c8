package org.solrelectra.training.network;

import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * The copy mechanism of "All-Tokens MLM" (Clark et al. 2020, section 3.4): with a probability c
 * that it computes for each token the input is right; else the language model's distribution holds.
 */
public final class CopyGate {
  private final Linear gate;

  public CopyGate(ParameterSet parameters, ElectraConfig config) {
    this.gate =
        new Linear(
            parameters, "copy_gate", Initialization.TRUNCATED_NORMAL, config.hiddenSize(), 1);
  }

  /**
   * Returns the summed cross-entropy of the mixture, -log(c * [shown = target] + (1 - c) *
   * softmax(logits)[target]).
   *
   * @param hidden [tokens, hidden]
   * @param logits float32 [tokens, vocab]
   * @param targets int64 [tokens]
   * @param shown int64 [tokens], what stands in the input
   */
  public Tensor loss(Tensor hidden, Tensor logits, Tensor targets, Tensor shown) {
    Tensor score = gate.forward(hidden).squeeze(-1).to(torch.ScalarType.Float); // [tokens]
    Tensor predicted =
        torch
            .log_softmax(logits, -1, new ScalarTypeOptional())
            .gather(1, targets.unsqueeze(-1))
            .squeeze(-1); // [tokens]
    Tensor generated = torch.log_sigmoid(score.neg()).add(predicted); // [tokens]
    Tensor mixed = torch.logaddexp(torch.log_sigmoid(score), generated); // [tokens]
    return torch.where(shown.eq(targets), mixed, generated).sum().neg();
  }

  /** Returns the likeliest original tokens, int64 [tokens]. */
  public Tensor predict(Tensor hidden, Tensor logits, Tensor shown) {
    Tensor copy = gate.forward(hidden).squeeze(-1).sigmoid(); // [tokens]
    Tensor probabilities = torch.softmax(logits, -1, new ScalarTypeOptional()); // [tokens, vocab]
    Tensor best = probabilities.argmax(new LongOptional(-1), false); // [tokens]
    Tensor rest = copy.neg().add(new org.bytedeco.pytorch.Scalar(1f)); // [tokens]
    Tensor generated =
        probabilities.gather(1, best.unsqueeze(-1)).squeeze(-1).mul(rest); // [tokens]
    Tensor own =
        probabilities.gather(1, shown.unsqueeze(-1)).squeeze(-1).mul(rest).add(copy); // [tokens]
    return torch.where(own.ge(generated), shown, best);
  }
}
