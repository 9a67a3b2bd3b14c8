package org.solrelectra.training.checkpoint;

import java.nio.file.Path;

/** Makes the checkpoint in src/test/resources/interchange/tensorflow. Argument: that folder. */
public final class TensorFlowFixtureMaker {
  private TensorFlowFixtureMaker() {}

  public static void main(String[] arguments) {
    TensorFlowSaver.save(
        Path.of(arguments[0]).resolve("small"), SmallTensorFlowModel.variables());
  }
}
