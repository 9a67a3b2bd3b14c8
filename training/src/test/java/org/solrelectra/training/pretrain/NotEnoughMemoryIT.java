package org.solrelectra.training.pretrain;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;
import org.solrelectra.training.network.Precision;

class NotEnoughMemoryIT {
  private static final PretrainingConfig CONFIG =
      PretrainingConfig.of(Recipe.RECOMMENDED, PretrainingSize.SMALL, Objective.RTD, 10)
          .withBatch(128, 16, Precision.FP32);

  /** 4 PiB of float32: more than any address space gives. */
  @Test
  void libtorchsOwnWordsAreRecognized() {
    RuntimeException failed = assertThrows(RuntimeException.class, () -> torch.empty(1L << 50));
    assertTrue(NotEnoughMemoryException.isCauseOf(failed), failed.getMessage());
    assertFalse(
        NotEnoughMemoryException.isCauseOf(
            assertThrows(RuntimeException.class, () -> torch.ones(2).view(3))));
    assertFalse(NotEnoughMemoryException.isCauseOf(new RuntimeException()));
    assertTrue(NotEnoughMemoryException.isCauseOf(new OutOfMemoryError("Java heap space")));
    // As libtorch 2.10 says it of a GPU (CUDACachingAllocator.cpp).
    assertTrue(
        NotEnoughMemoryException.isCauseOf(
            new RuntimeException("CUDA out of memory. Tried to allocate 2.00 GiB.")));
  }

  @Test
  void theMessageSaysWhatToLower() {
    RuntimeException cause = new RuntimeException("CUDA out of memory.");
    NotEnoughMemoryException e = new NotEnoughMemoryException(CONFIG, cause);
    assertEquals(
        "a step needs more memory than there is; raise --micro-batches, or lower --batch-size or --sequence-length; 16"
            + " sequences of 128 tokens in 1 micro-batches",
        e.getMessage());
    assertSame(cause, e.getCause());
  }

  @Test
  void onlyWantOfMemoryIsRenamed() {
    NotEnoughMemoryException.guard(CONFIG, () -> {});
    assertThrows(
        NotEnoughMemoryException.class,
        () -> NotEnoughMemoryException.guard(CONFIG, () -> torch.empty(1L << 50)));
    RuntimeException other = new RuntimeException("another");
    RuntimeException thrown =
        assertThrows(
            RuntimeException.class,
            () ->
                NotEnoughMemoryException.guard(
                    CONFIG,
                    () -> {
                      throw other;
                    }));
    assertSame(other, thrown);
  }
}
