package org.solrelectra.training.optimization;

import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;

/** The global L2 norm of all gradients, and clipping to it. */
final class GradientNorm {
  /** As torch.nn.utils.clip_grad_norm_ adds it, against a division by zero. */
  private static final double EPSILON = 1e-6;

  private GradientNorm() {}

  static double of(TensorVector gradients) {
    TensorVector norms = new TensorVector();
    for (long i = 0; i < gradients.size(); i++) {
      norms.push_back(gradients.get(i).norm());
    }
    return torch.stack(norms).norm().item_double();
  }

  static void clip(TensorVector gradients, double norm, double clipNorm) {
    double factor = clipNorm / (norm + EPSILON);
    if (factor < 1) {
      Scalar scalar = new Scalar(factor);
      for (long i = 0; i < gradients.size(); i++) {
        Tensor gradient = gradients.get(i);
        gradient.mul_(scalar);
      }
    }
  }
}
