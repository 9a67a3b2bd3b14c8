package org.solrelectra.training.pretrain;

import java.util.Arrays;
import org.solrelectra.training.corpus.SequencePacker;

/** Makes the batch of any step out of the corpus: a pure function of the step. */
final class BatchSource {
  private final SequencePacker packer;
  private final TokenMasker masker;
  private final int batchSize;
  private final int sequenceLength;

  BatchSource(SequencePacker packer, TokenMasker masker, int batchSize, int sequenceLength) {
    this.packer = packer;
    this.masker = masker;
    this.batchSize = batchSize;
    this.sequenceLength = sequenceLength;
  }

  MaskedBatch batch(long step) {
    int size = batchSize * sequenceLength;
    long[] ids = new long[size];
    long[] types = new long[size];
    long[] masked = new long[size];
    long[] positions = new long[size];
    int selected = 0;
    for (int row = 0; row < batchSize; row++) {
      long sample = step * batchSize + row;
      int at = row * sequenceLength;
      packer.pack(sample, ids, types, at);
      for (int position : masker.mask(ids, at, sequenceLength, sample, masked)) {
        positions[selected++] = position;
      }
    }
    return new MaskedBatch(
        batchSize,
        sequenceLength,
        ids,
        types,
        null,
        Arrays.copyOf(positions, selected),
        masked,
        size);
  }
}
