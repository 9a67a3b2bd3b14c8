package org.solrelectra.training.optimization;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Dispatcher;
import org.bytedeco.pytorch.GenericList;
import org.bytedeco.pytorch.IValue;
import org.bytedeco.pytorch.IValueVector;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.OperatorHandle;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorType;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.Type;
import org.bytedeco.pytorch.global.torch;
import org.solrelectra.training.network.ParameterSet;
import org.solrelectra.training.network.Tensors;

/**
 * AdamW with libtorch's fused kernel: betas .9 and .999, epsilon 1e-6 outside the root, decoupled
 * weight decay on all but biases and LayerNorms, gradients clipped to a global norm first.
 *
 * <p>The fused kernel is not bound as a Java method, so it is called through the dispatcher. Holds
 * two moments per parameter as long as the program trains; not thread-safe.
 */
public final class AdamW {
  private static final double BETA1 = 0.9;
  private static final double BETA2 = 0.999;
  private static final double EPSILON = 1e-6;

  /** So late a step makes both bias corrections exactly 1. */
  private static final float NO_CORRECTION_STEP = 1e8f;

  /** Whether the moments are corrected for starting at zero. */
  public enum BiasCorrection {
    /** Google's ELECTRA and BERT (optimization.py L114-119). */
    NONE,
    /** Kingma and Ba 2015. */
    STANDARD
  }

  /** Settings of the optimizer; the names are the field's. */
  public record Settings(double weightDecay, double clipNorm, BiasCorrection biasCorrection) {
    public Settings {
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
      return electra(BiasCorrection.NONE);
    }

    /** Returns what the paper pretrains with, but for the correction of the moments. */
    public static Settings electra(BiasCorrection biasCorrection) {
      return new Settings(0.01, 1.0, biasCorrection);
    }
  }

  private record Group(List<String> names, double rateFactor, double weightDecay) {}

  private final ParameterSet parameters;
  private final Settings settings;
  private final List<Group> groups = new ArrayList<>();
  private final Map<String, Tensor> moments1 = new LinkedHashMap<>();
  private final Map<String, Tensor> moments2 = new LinkedHashMap<>();
  private final OperatorHandle fused;
  private final Tensor stepCount;
  private long updates;

  /**
   * Makes an optimizer over every parameter of the set.
   *
   * @param rateFactor by name, what the learning rate is multiplied by
   */
  public AdamW(ParameterSet parameters, Settings settings, ToDoubleFunction<String> rateFactor) {
    this.parameters = parameters;
    this.settings = settings;
    this.fused = Dispatcher.singleton().findSchemaOrThrow("aten::_fused_adamw_", "");
    this.stepCount =
        Tensors.ofFloats(new float[] {NO_CORRECTION_STEP}, parameters.device(), new long[0]);
    Map<List<Double>, List<String>> namesOfGroup = new LinkedHashMap<>();
    for (Map.Entry<String, Tensor> entry : parameters.all().entrySet()) {
      String name = entry.getKey();
      double decay = isDecayed(name) ? settings.weightDecay() : 0;
      namesOfGroup
          .computeIfAbsent(List.of(rateFactor.applyAsDouble(name), decay), key -> new ArrayList<>())
          .add(name);
      moments1.put(name, torch.zeros_like(entry.getValue().detach()));
      moments2.put(name, torch.zeros_like(entry.getValue().detach()));
    }
    namesOfGroup.forEach(
        (key, names) -> groups.add(new Group(List.copyOf(names), key.get(0), key.get(1))));
  }

  /** Says whether weight decay applies: not to LayerNorms and biases (optimization.py L56). */
  static boolean isDecayed(String name) {
    return !name.contains("LayerNorm") && !name.contains("layer_norm") && !name.contains("bias");
  }

  /** Returns the names in the order of their groups: each parameter exactly once. */
  List<String> names() {
    return groups.stream().flatMap(group -> group.names().stream()).toList();
  }

  /**
   * Clips the gradients, updates every parameter, and drops the gradients.
   *
   * @return the global norm of the gradients before clipping
   * @throws ArithmeticException if the norm is not finite; then nothing was changed
   */
  public double step(double learningRate) {
    try (PointerScope scope = new PointerScope();
        NoGradGuard noGradient = new NoGradGuard()) {
      TensorVector gradients = new TensorVector();
      for (Map.Entry<String, Tensor> entry : parameters.all().entrySet()) {
        Tensor gradient = entry.getValue().grad();
        if (!gradient.defined()) {
          throw new IllegalStateException("parameter " + entry.getKey() + " got no gradient");
        }
        gradients.push_back(gradient);
      }
      double norm = GradientNorm.of(gradients);
      if (!Double.isFinite(norm)) {
        throw new ArithmeticException("the gradient is not finite; norm=" + norm);
      }
      GradientNorm.clip(gradients, norm, settings.clipNorm());
      updates++;
      if (settings.biasCorrection() == BiasCorrection.STANDARD) {
        stepCount.fill_(new org.bytedeco.pytorch.Scalar((double) updates));
      }
      for (Group group : groups) {
        update(group, learningRate * group.rateFactor());
      }
      dropGradients();
      return norm;
    }
  }

  private void update(Group group, double rate) {
    GenericList values = tensorList();
    GenericList gradients = tensorList();
    GenericList first = tensorList();
    GenericList second = tensorList();
    GenericList steps = tensorList();
    for (String name : group.names()) {
      Tensor parameter = parameters.get(name);
      values.push_back(new IValue(parameter));
      gradients.push_back(new IValue(parameter.grad()));
      first.push_back(new IValue(moments1.get(name)));
      second.push_back(new IValue(moments2.get(name)));
      steps.push_back(new IValue(stepCount));
    }
    fused.callBoxed(
        new IValueVector(
            new IValue(values),
            new IValue(gradients),
            new IValue(first),
            new IValue(second),
            new IValue(tensorList()),
            new IValue(steps),
            new IValue(rate),
            new IValue(BETA1),
            new IValue(BETA2),
            new IValue(group.weightDecay()),
            new IValue(EPSILON),
            new IValue(false),
            new IValue(false),
            new IValue(),
            new IValue()));
  }

  private static GenericList tensorList() {
    return new GenericList(new Type.TypePtr(TensorType.get()));
  }

  /** Forgets all gradients, so that the next backward pass starts from nothing. */
  public void dropGradients() {
    for (Tensor parameter : parameters.all().values()) {
      parameter.mutable_grad().reset();
    }
  }

  /** Returns the first moments by parameter name. */
  public Map<String, Tensor> firstMoments() {
    return Collections.unmodifiableMap(moments1);
  }

  /** Returns the second moments by parameter name. */
  public Map<String, Tensor> secondMoments() {
    return Collections.unmodifiableMap(moments2);
  }

  /** Returns how many updates were made. */
  public long updates() {
    return updates;
  }

  /** Continues as if {@code count} updates had been made; the moments are set by the caller. */
  public void resumeAt(long count) {
    this.updates = count;
  }
}
