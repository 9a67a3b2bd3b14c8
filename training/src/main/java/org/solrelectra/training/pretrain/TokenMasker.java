package org.solrelectra.training.pretrain;

import java.util.Arrays;
import org.solrelectra.lucene.model.Vocabulary;
import org.solrelectra.training.random.KeyedRandom;
import org.solrelectra.training.random.KeyedRandom.Purpose;

/**
 * Selects the positions of a sequence that the generator predicts, anew each time it is seen:
 * exactly k distinct ones among all tokens but [CLS], [SEP], [MASK] and padding. Of these 85 % are
 * shown as [MASK] and the others as they are; nothing is replaced at random
 * (google-research/electra, pretrain_helpers.py L135-205, but without its draws with replacement).
 *
 * <p>A pure function of (seed, sample index). Immutable; threads may share it.
 */
public final class TokenMasker {
  /** The share of selected positions that the generator sees unmasked. */
  private static final double KEEP_ORIGINAL = 0.15;

  private final int clsId;
  private final int sepId;
  private final int maskId;
  private final int padId;
  private final double maskRate;
  private final long seed;

  public TokenMasker(Vocabulary vocabulary, double maskRate, long seed) {
    if (!(maskRate > 0 && maskRate < 1)) {
      throw new IllegalArgumentException("maskRate must be in (0, 1); maskRate=" + maskRate);
    }
    this.clsId = vocabulary.clsId();
    this.sepId = vocabulary.sepId();
    this.maskId = vocabulary.maskId();
    this.padId = vocabulary.padId();
    this.maskRate = maskRate;
    this.seed = seed;
  }

  /** Returns k for a sequence without padding of this length. */
  public int selectedPositions(int sequenceLength) {
    return Math.max(1, (int) Math.round(maskRate * sequenceLength));
  }

  /**
   * Selects positions of one sequence.
   *
   * @param ids holds the sequence at {@code from..from + length - 1}
   * @param masked receives the sequence as the generator sees it, at the same place
   * @param sampleIndex how many samples were drawn before this one since training began
   * @return the selected positions, as indexes of {@code ids}, ascending
   */
  public int[] mask(long[] ids, int from, int length, long sampleIndex, long[] masked) {
    int[] candidates = new int[length];
    int count = 0;
    for (int i = from; i < from + length; i++) {
      masked[i] = ids[i];
      if (ids[i] != clsId && ids[i] != sepId && ids[i] != maskId && ids[i] != padId) {
        candidates[count++] = i;
      }
    }
    int selected = Math.min(count, selectedPositions(length));
    KeyedRandom random = new KeyedRandom(seed, Purpose.MASK_POSITIONS, sampleIndex);
    for (int i = 0; i < selected; i++) {
      int j = i + random.nextInt(count - i);
      int swapped = candidates[i];
      candidates[i] = candidates[j];
      candidates[j] = swapped;
    }
    int[] positions = Arrays.copyOf(candidates, selected);
    Arrays.sort(positions);
    KeyedRandom keep = new KeyedRandom(seed, Purpose.KEEP_ORIGINAL, sampleIndex);
    for (int position : positions) {
      if (keep.nextDouble() >= KEEP_ORIGINAL) {
        masked[position] = maskId;
      }
    }
    return positions;
  }
}
