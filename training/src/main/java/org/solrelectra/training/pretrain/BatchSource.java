package org.solrelectra.training.pretrain;

import java.util.Arrays;
import org.solrelectra.training.corpus.SampleSource;

/** Makes the batch of any step out of the corpus: a pure function of the step. */
final class BatchSource {
  private final SampleSource samples;
  private final TokenMasker masker;
  private final int batchSize;
  private final int sequenceLength;
  private final int padId;

  /**
   * @param masker selects what is predicted; null to predict each token from those before it
   */
  BatchSource(
      SampleSource samples, TokenMasker masker, int batchSize, int sequenceLength, int padId) {
    this.samples = samples;
    this.masker = masker;
    this.batchSize = batchSize;
    this.sequenceLength = sequenceLength;
    this.padId = padId;
  }

  MaskedBatch batch(long step) {
    int size = batchSize * sequenceLength;
    long[] ids = new long[size];
    long[] types = new long[size];
    long[] places = new long[size];
    long[] masked = new long[size];
    Selections selections = new Selections(size);
    for (int row = 0; row < batchSize; row++) {
      long sample = step * batchSize + row;
      int at = row * sequenceLength;
      samples.pack(sample, ids, types, places, at);
      if (masker != null) {
        for (int position : masker.mask(ids, at, sequenceLength, sample, masked)) {
          selections.add(position);
        }
      } else {
        for (int i = at; i < at + sequenceLength - 1 && ids[i + 1] != padId; i++) {
          // A block does not know what comes after it.
          if (places[i + 1] != 0) {
            selections.add(i);
          }
        }
      }
    }
    return new MaskedBatch(
        batchSize,
        sequenceLength,
        ids,
        types,
        hasBlocks(places) ? places : null,
        attentionMask(ids),
        selections.positions(),
        selections.counts(),
        masker == null ? ids : masked);
  }

  /** Says whether positions start anew within a row. */
  private boolean hasBlocks(long[] places) {
    for (int i = 0; i < places.length; i++) {
      if (places[i] == 0 && i % sequenceLength != 0) {
        return true;
      }
    }
    return false;
  }

  private long[] attentionMask(long[] ids) {
    long[] mask = new long[ids.length];
    boolean padded = false;
    for (int i = 0; i < ids.length; i++) {
      mask[i] = ids[i] == padId ? 0 : 1;
      padded |= ids[i] == padId;
    }
    return padded ? mask : null;
  }

  /** Positions in ascending order, each with how often it came. */
  private static final class Selections {
    private final long[] positions;
    private final float[] counts;
    private int size;
    private boolean repeats;

    Selections(int capacity) {
      positions = new long[capacity];
      counts = new float[capacity];
    }

    void add(int position) {
      if (size > 0 && positions[size - 1] == position) {
        counts[size - 1]++;
        repeats = true;
      } else {
        positions[size] = position;
        counts[size++] = 1;
      }
    }

    long[] positions() {
      return Arrays.copyOf(positions, size);
    }

    float[] counts() {
      return repeats ? Arrays.copyOf(counts, size) : null;
    }
  }
}
