package org.solrelectra.training.pretrain;

import java.util.Arrays;
import org.solrelectra.lucene.model.Vocabulary;
import org.solrelectra.training.random.KeyedRandom;
import org.solrelectra.training.random.KeyedRandom.Purpose;

/**
 * Selects the positions of a sequence that a network predicts, anew each time it is seen, among all
 * tokens but [CLS], [SEP], [MASK] and padding, and hides most of them (google-research/electra,
 * pretrain_helpers.py L130-213).
 *
 * <p>A pure function of (seed, sample index). Immutable; threads may share it.
 */
public final class TokenMasker {
  private static final double ELECTRA_KEEPS = 0.15;
  private static final double BERT_KEEPS = 0.1;
  private static final double BERT_REPLACES = 0.1;

  private final int clsId;
  private final int sepId;
  private final int maskId;
  private final int padId;
  private final int vocabularySize;
  private final Masking masking;
  private final long seed;

  public TokenMasker(Vocabulary vocabulary, Masking masking, long seed) {
    this.clsId = vocabulary.clsId();
    this.sepId = vocabulary.sepId();
    this.maskId = vocabulary.maskId();
    this.padId = vocabulary.padId();
    this.vocabularySize = vocabulary.size();
    this.masking = masking;
    this.seed = seed;
  }

  /**
   * Selects positions of one sequence.
   *
   * @param ids holds the sequence at {@code from..from + length - 1}, padding included
   * @param masked receives the sequence as the network sees it, at the same place
   * @param sampleIndex how many samples were drawn before this one since training began
   * @return the selected positions, as indexes of {@code ids}, ascending; one drawn twice stands
   *     twice
   */
  public int[] mask(long[] ids, int from, int length, long sampleIndex, long[] masked) {
    int[] candidates = new int[length];
    int count = 0;
    int tokens = 0;
    for (int i = from; i < from + length; i++) {
      masked[i] = ids[i];
      if (ids[i] != padId) {
        tokens++;
        if (ids[i] != clsId && ids[i] != sepId && ids[i] != maskId) {
          candidates[count++] = i;
        }
      }
    }
    int[] positions = draw(candidates, count, tokens, sampleIndex);
    hide(positions, sampleIndex, masked);
    return positions;
  }

  private int[] draw(int[] candidates, int count, int tokens, long sampleIndex) {
    KeyedRandom random = new KeyedRandom(seed, Purpose.MASK_POSITIONS, sampleIndex);
    int[] positions;
    if (masking.draw() == Masking.Draw.WITH_REPLACEMENT) {
      positions = new int[count == 0 ? 0 : masking.selected(tokens)];
      for (int i = 0; i < positions.length; i++) {
        positions[i] = candidates[random.nextInt(count)];
      }
    } else {
      int selected = Math.min(count, masking.selected(tokens));
      for (int i = 0; i < selected; i++) {
        int j = i + random.nextInt(count - i);
        int swapped = candidates[i];
        candidates[i] = candidates[j];
        candidates[j] = swapped;
      }
      positions = Arrays.copyOf(candidates, selected);
    }
    Arrays.sort(positions);
    return positions;
  }

  /** Each draw has a coin of its own, so a position drawn twice is shown less often. */
  private void hide(int[] positions, long sampleIndex, long[] masked) {
    KeyedRandom keep = new KeyedRandom(seed, Purpose.KEEP_ORIGINAL, sampleIndex);
    KeyedRandom token = new KeyedRandom(seed, Purpose.RANDOM_TOKEN, sampleIndex);
    for (int position : positions) {
      double coin = keep.nextDouble();
      if (masking.shown() == Masking.Shown.ELECTRA) {
        if (coin >= ELECTRA_KEEPS) {
          masked[position] = maskId;
        }
      } else if (coin >= BERT_KEEPS + BERT_REPLACES) {
        masked[position] = maskId;
      } else if (coin >= BERT_KEEPS && masked[position] != maskId) {
        masked[position] = token.nextInt(vocabularySize);
      }
    }
  }
}
