package org.solrelectra.training.pretrain;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.bytedeco.javacpp.PointerScope;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.solrelectra.lucene.analysis.WordPieceEncoder;
import org.solrelectra.lucene.model.TokenizerConfig;
import org.solrelectra.training.GoldenFiles;
import org.solrelectra.training.SmallCorpus;
import org.solrelectra.training.corpus.CorpusReader;
import org.solrelectra.training.corpus.TokenCorpus;
import org.solrelectra.training.distributed.ProcessGroup;
import org.solrelectra.training.network.Precision;
import org.solrelectra.training.network.Tensors;
import org.solrelectra.training.pretrain.PretrainingStep.Phase;

/** A step for which there is not enough memory. */
class FailedStepIT {
  private static final String HASH = "0f".repeat(32);
  private static final String BIAS = "discriminator_predictions.dense.bias";

  @TempDir private Path folder;

  /** Returns a trainer whose second step runs out of memory after a phase. */
  private Pretrainer failingAfter(Phase failing) throws IOException {
    Path corpus = folder.resolve("corpus");
    TokenCorpus.write(
        new CorpusReader(List.of(SmallCorpus.writeText(folder, 100))),
        new WordPieceEncoder(SmallCorpus.vocabulary(), TokenizerConfig.bert(true, 16)),
        HASH,
        0,
        corpus);
    int[] ended = {0};
    return new Pretrainer(
        PretrainingConfig.of(Recipe.RECOMMENDED, PretrainingSize.TINY, Objective.RTD, 1000)
            .withBatch(16, 2, Precision.FP32),
        SmallCorpus.vocabulary(),
        TokenCorpus.open(corpus, HASH),
        ProcessGroup.alone(GoldenFiles.DEVICE),
        phase -> {
          if (phase == failing && ++ended[0] == 2) {
            throw new OutOfMemoryError("Java heap space");
          }
        });
  }

  private static float[] bias(Pretrainer pretrainer) {
    try (PointerScope scope = new PointerScope()) {
      return Tensors.floats(pretrainer.parameters().get(BIAS));
    }
  }

  @ParameterizedTest
  @EnumSource(Phase.class)
  void nothingIsMadeOfAStepThatFailed(Phase phase) throws IOException {
    Pretrainer pretrainer = failingAfter(phase);
    pretrainer.step(1e-3);
    pretrainer.requireCompleteStep();
    assertThrows(NotEnoughMemoryException.class, () -> pretrainer.step(1e-3));
    assertEquals(1, pretrainer.stepsDone());
    String message =
        "step 2 failed and may have changed parameters in part; go on from the last checkpoint";
    assertEquals(
        message,
        assertThrows(IllegalStateException.class, pretrainer::requireCompleteStep).getMessage());
    assertEquals(
        message,
        assertThrows(IllegalStateException.class, () -> pretrainer.step(1e-3)).getMessage());
  }

  /** Why: in the update itself memory may run out when some groups are updated already. */
  @Test
  void aFailedStepMayHaveChangedParameters() throws IOException {
    Pretrainer pretrainer = failingAfter(Phase.UPDATE);
    pretrainer.step(1e-3);
    float[] before = bias(pretrainer);
    assertThrows(NotEnoughMemoryException.class, () -> pretrainer.step(1e-3));
    assertFalse(Arrays.equals(before, bias(pretrainer)));
  }
}
