package org.solrelectra.training.optimization;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.ToDoubleFunction;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.IValue;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.solrelectra.training.network.ParameterSet;
import org.solrelectra.training.network.Tensors;

/**
 * Updates parameters by AdamW, or the hidden matrices among them by Muon: decoupled weight decay on
 * all but biases and LayerNorms, gradients clipped to a global norm first. An update whose gradient
 * is not finite is left out and counted.
 *
 * <p>Nothing in {@link #step} waits for the device: norm, clipping and the decision to leave an
 * update out stay there. Parameters, gradients and moments are one tensor each ({@link
 * FlatParameters}). Lives as long as the program trains; not thread-safe.
 */
public final class Optimizer {
  /** As torch.nn.utils.clip_grad_norm_ adds it, against a division by zero. */
  private static final double NORM_EPSILON = 1e-6;

  /** Query, key and value are one parameter and three matrices. */
  private static final String PACKED = ".query_key_value.";

  private static final int PACKED_MATRICES = 3;

  /** So late a step makes both bias corrections exactly 1. */
  private static final float NO_CORRECTION_STEP = 1e8f;

  /** What updates the hidden matrices: the weights of the layers' linear maps. */
  public enum Matrices {
    /** As every other parameter. */
    ADAMW,
    /** Jordan et al. 2024: momentum, made orthogonal. */
    MUON
  }

  /** Whether AdamW's moments are corrected for starting at zero. */
  public enum BiasCorrection {
    /** Google's ELECTRA and BERT (optimization.py L114-119). */
    NONE,
    /** Kingma and Ba 2015. */
    STANDARD
  }

  /** Settings of the optimizer; the names are the field's. */
  public record Settings(
      double weightDecay, double clipNorm, BiasCorrection biasCorrection, Matrices matrices) {
    public Settings {
      Objects.requireNonNull(biasCorrection);
      Objects.requireNonNull(matrices);
      if (!(weightDecay >= 0)) {
        throw new IllegalArgumentException(
            "weightDecay must be at least 0; weightDecay=" + weightDecay);
      }
      if (!(clipNorm > 0)) {
        throw new IllegalArgumentException("clipNorm must be above 0; clipNorm=" + clipNorm);
      }
    }

    /** Returns what the paper pretrains with. */
    public static Settings electra() {
      return electra(BiasCorrection.NONE, Matrices.ADAMW);
    }

    /** Returns the paper's weight decay and clipping with another rule of update. */
    public static Settings electra(BiasCorrection biasCorrection, Matrices matrices) {
      return new Settings(0.01, 1.0, biasCorrection, matrices);
    }
  }

  /** A rule and what the learning rate is multiplied by for it. */
  private record Group(double rateFactor, UpdateRule rule) {}

  /**
   * What parameters that are updated together have in common.
   *
   * @param matrix the shape of a hidden matrix that Muon updates; empty for AdamW
   */
  private record Alike(double rateFactor, double weightDecay, List<Long> matrix, int parts) {}

  private final Settings settings;
  private final FlatParameters flat;
  private final List<Group> groups = new ArrayList<>();
  private final Map<String, Tensor> gradients;
  private final Tensor moments1;
  private final Tensor moments2;
  private final BoxedOperator norms = new BoxedOperator("aten::_foreach_norm", "Scalar");

  /** float32 scalar: updates made, and one more once {@link #step} has begun one. */
  private final Tensor updates;

  /** float32 scalar: what the kernel corrects the moments for. */
  private final Tensor correctionStep;

  /** float32 scalar: the global norm of the last step's gradient, before clipping. */
  private final Tensor norm;

  /** float32 scalars: updates left out since the last one made, and the most so far. */
  private final Tensor leftOutInARow;

  private final Tensor mostLeftOutInARow;

  /**
   * Makes an optimizer over every parameter of the set, whose gradients it keeps from now on.
   *
   * @param rateFactor by name, what the learning rate is multiplied by
   */
  public Optimizer(
      ParameterSet parameters, Settings settings, ToDoubleFunction<String> rateFactor) {
    this.settings = settings;
    Map<Alike, List<String>> namesOfGroup = new LinkedHashMap<>();
    for (Map.Entry<String, Tensor> parameter : parameters.all().entrySet()) {
      String name = parameter.getKey();
      double decay = isDecayed(name) ? settings.weightDecay() : 0;
      boolean orthogonal =
          settings.matrices() == Matrices.MUON && isHiddenMatrix(name, parameter.getValue());
      Alike alike =
          new Alike(
              rateFactor.applyAsDouble(name),
              decay,
              orthogonal
                  ? Arrays.stream(Tensors.shape(parameter.getValue())).boxed().toList()
                  : List.of(),
              orthogonal && name.contains(PACKED) ? PACKED_MATRICES : 1);
      namesOfGroup.computeIfAbsent(alike, key -> new ArrayList<>()).add(name);
    }
    this.flat = new FlatParameters(parameters, List.copyOf(namesOfGroup.values()));
    this.gradients = flat.views(flat.gradients());
    this.moments1 = torch.zeros_like(flat.values()); // [total]
    this.moments2 = torch.zeros_like(flat.values()); // [total]
    this.updates = scalar(parameters, 0);
    this.correctionStep =
        settings.biasCorrection() == BiasCorrection.STANDARD
            ? updates
            : scalar(parameters, NO_CORRECTION_STEP);
    this.norm = scalar(parameters, 0);
    this.leftOutInARow = scalar(parameters, 0);
    this.mostLeftOutInARow = scalar(parameters, 0);
    int index = 0;
    for (Alike alike : namesOfGroup.keySet()) {
      groups.add(new Group(alike.rateFactor(), rule(alike, flat.ranges().get(index++))));
    }
  }

  private UpdateRule rule(Alike alike, FlatParameters.Range range) {
    if (alike.matrix().isEmpty()) {
      return new AdamW(
          range.of(flat.values()),
          range.of(flat.gradients()),
          range.of(moments1),
          range.of(moments2),
          alike.weightDecay(),
          correctionStep);
    }
    long rows = alike.matrix().get(0) / alike.parts();
    long columns = alike.matrix().get(1);
    return new Muon(
        range.matrices(flat.values(), alike.parts(), rows, columns),
        range.matrices(flat.gradients(), alike.parts(), rows, columns),
        range.matrices(moments1, alike.parts(), rows, columns),
        alike.weightDecay());
  }

  /** Says whether Muon may update it: embeddings, norms, biases and heads stay with AdamW. */
  private static boolean isHiddenMatrix(String name, Tensor parameter) {
    return name.contains(".encoder.layer.") && parameter.dim() == 2;
  }

  private static Tensor scalar(ParameterSet parameters, float value) {
    return Tensors.ofFloats(new float[] {value}, parameters.device(), new long[0]);
  }

  /** Says whether weight decay applies: not to LayerNorms and biases (optimization.py L56). */
  static boolean isDecayed(String name) {
    return !name.contains("LayerNorm") && !name.contains("layer_norm") && !name.contains("bias");
  }

  /** Returns the names in the order of their groups: each parameter exactly once. */
  List<String> names() {
    return flat.ranges().stream().flatMap(range -> range.names().stream()).toList();
  }

  /** Clips the gradients, updates every parameter, and sets the gradients to 0. */
  public void step(double learningRate) {
    try (PointerScope scope = new PointerScope();
        NoGradGuard noGradient = new NoGradGuard()) {
      norm.copy_(globalNorm());
      Tensor leftOut = norm.isfinite().logical_not().to(ScalarType.Float);
      // The kernel divides gradients by this, as it would by a loss scale.
      Tensor divisor =
          norm.add(new Scalar(NORM_EPSILON))
              .div(new Scalar(settings.clipNorm()))
              .clamp_min(new Scalar(1.0));
      updates.add_(new Scalar(1.0)).sub_(leftOut);
      for (Group group : groups) {
        // Of its own, for Muon's matrix products need a multiple of the group's memory.
        try (PointerScope groupScope = new PointerScope()) {
          group.rule().update(learningRate * group.rateFactor(), divisor, leftOut);
        }
      }
      leftOutInARow.add_(new Scalar(1.0)).mul_(leftOut);
      mostLeftOutInARow.copy_(torch.maximum(mostLeftOutInARow, leftOutInARow));
      flat.gradients().zero_();
    }
  }

  /** One norm a parameter, then the norm of these: a sum over all at once would lose digits. */
  private Tensor globalNorm() {
    IValue parts =
        norms
            .call(BoxedOperator.list(gradients.values()), new IValue(new Scalar(2.0)), new IValue())
            .get(0);
    return torch.stack(parts.toTensorVector()).norm();
  }

  /** Returns parameters and gradients, for processes that exchange gradients before a step. */
  public FlatParameters flatParameters() {
    return flat;
  }

  /** Returns the global norm of the last step's gradient before clipping; waits for the device. */
  public double norm() {
    return norm.item_double();
  }

  /** Returns the most updates in a row that were left out; waits for the device. */
  public long mostLeftOutInARow() {
    return Math.round(mostLeftOutInARow.item_double());
  }

  /** Returns the first moments by parameter name: Muon's momentum for its matrices. */
  public Map<String, Tensor> firstMoments() {
    return Collections.unmodifiableMap(flat.views(moments1));
  }

  /** Returns the second moments by parameter name; of Muon's matrices they stay 0. */
  public Map<String, Tensor> secondMoments() {
    return Collections.unmodifiableMap(flat.views(moments2));
  }

  /** Returns how many updates were made, those left out not counted; waits for the device. */
  public long updates() {
    return Math.round(updates.item_double());
  }

  /** Returns how many updates were left out since the last one made; waits for the device. */
  public long leftOutInARow() {
    return Math.round(leftOutInARow.item_double());
  }

  /**
   * Continues as if {@code count} updates had been made, and after the last one {@code leftOut}
   * left out; the moments are set by the caller.
   */
  public void resumeAt(long count, long leftOut) {
    try (NoGradGuard noGradient = new NoGradGuard()) {
      updates.fill_(new Scalar((double) count));
      leftOutInARow.fill_(new Scalar((double) leftOut));
      mostLeftOutInARow.fill_(new Scalar((double) leftOut));
    }
  }
}
