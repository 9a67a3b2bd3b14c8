package org.solrelectra.training.optimization;

import org.bytedeco.pytorch.Dispatcher;
import org.bytedeco.pytorch.GenericList;
import org.bytedeco.pytorch.IValue;
import org.bytedeco.pytorch.IValueVector;
import org.bytedeco.pytorch.OperatorHandle;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorType;
import org.bytedeco.pytorch.Type;

/** An operator that is not bound as a Java method, called through libtorch's dispatcher. */
final class BoxedOperator {
  private final OperatorHandle operator;

  /**
   * @param name such as {@code aten::_foreach_norm}
   * @param overload such as {@code Scalar}; empty for the default
   */
  BoxedOperator(String name, String overload) {
    this.operator = Dispatcher.singleton().findSchemaOrThrow(name, overload);
  }

  /** Calls it with all arguments of its schema, and returns what it left on the stack. */
  IValueVector call(IValue... arguments) {
    IValueVector stack = new IValueVector(arguments);
    operator.callBoxed(stack);
    return stack;
  }

  /** Returns tensors as one argument; an IValue of a TensorVector silently is something else. */
  static IValue list(Iterable<Tensor> tensors) {
    GenericList list = new GenericList(new Type.TypePtr(TensorType.get()));
    tensors.forEach(tensor -> list.push_back(new IValue(tensor)));
    return new IValue(list);
  }
}
