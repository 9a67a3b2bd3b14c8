package org.solrelectra.training.optimization;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.solrelectra.training.network.ParameterSet;
import org.solrelectra.training.network.Tensors;

/**
 * All parameters in one tensor and all their gradients in another, one after the other, so that an
 * update is a few operators whatever the number of parameters, and processes exchange their
 * gradients in one message. The parameters of a set become views of it; backward passes add to the
 * gradients.
 *
 * <p>Lives as long as the program trains; not thread-safe.
 */
public final class FlatParameters {
  /** Where a parameter may start, in values: 256 bytes, what matrix products want at most. */
  private static final long ALIGNMENT = 64;

  /**
   * A run of parameters that are updated alike.
   *
   * @param names in their order
   * @param start of its first value
   * @param length up to where the next begins, gaps included
   */
  record Range(List<String> names, long start, long length) {
    Tensor of(Tensor flat) {
      return flat.narrow(0, start, length); // [length]
    }

    /**
     * Returns parameters of one shape as a stack, without copying: [names, parts, rows, columns].
     *
     * @param parts matrices that stand one below the other in each parameter
     */
    Tensor matrices(Tensor flat, long parts, long rows, long columns) {
      return torch.as_strided(
          flat,
          new long[] {names.size(), parts, rows, columns},
          new long[] {length / names.size(), rows * columns, columns, 1},
          new LongOptional(flat.storage_offset() + start));
    }
  }

  private final Map<String, long[]> shapes = new LinkedHashMap<>();
  private final Map<String, Long> starts = new LinkedHashMap<>();
  private final List<Range> ranges = new ArrayList<>();
  private final Tensor values;
  private final Tensor gradients;

  /**
   * Moves the values of {@code parameters} here.
   *
   * @param groups names, each parameter's exactly once
   */
  FlatParameters(ParameterSet parameters, List<List<String>> groups) {
    long end = 0;
    for (List<String> names : groups) {
      long start = end;
      for (String name : names) {
        Tensor parameter = parameters.get(name);
        shapes.put(name, Tensors.shape(parameter));
        starts.put(name, end);
        end += (parameter.numel() + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
      }
      ranges.add(new Range(List.copyOf(names), start, end - start));
    }
    if (!starts.keySet().equals(parameters.all().keySet())) {
      throw new IllegalStateException(
          "each parameter must be in one group; parameters: "
              + parameters.all().keySet()
              + "; grouped: "
              + starts.keySet());
    }
    values = torch.zeros(end).to(parameters.device(), torch.ScalarType.Float); // [total]
    gradients = torch.zeros_like(values); // [total]
    try (PointerScope scope = new PointerScope();
        NoGradGuard noGradient = new NoGradGuard()) {
      parameters
          .all()
          .forEach(
              (name, parameter) -> {
                Tensor place = view(values, name);
                place.copy_(parameter);
                parameter.set_(place);
                parameter.mutable_grad().put(view(gradients, name));
              });
    }
  }

  List<Range> ranges() {
    return ranges;
  }

  /** Returns all values, float32 [total]; the gaps between parameters are 0. */
  Tensor values() {
    return values;
  }

  /** Returns all gradients, laid out like the values. */
  public Tensor gradients() {
    return gradients;
  }

  /** Returns one parameter's part of a tensor that is laid out like the values, in its shape. */
  Tensor view(Tensor flat, String name) {
    long[] shape = shapes.get(name);
    long count = 1;
    for (long length : shape) {
      count *= length;
    }
    return flat.narrow(0, starts.get(name), count).view(shape);
  }

  /** Returns the parts of a tensor that is laid out like the values, by name. */
  Map<String, Tensor> views(Tensor flat) {
    Map<String, Tensor> views = new LinkedHashMap<>();
    starts.keySet().forEach(name -> views.put(name, view(flat, name)));
    return views;
  }
}
