package org.solrelectra.training.finetune;

import java.util.List;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.Tensor;
import org.solrelectra.lucene.encoder.TokenSequence;
import org.solrelectra.training.network.Tensors;

/**
 * Sequences padded to the longest of them.
 *
 * @param ids [batch * seq]
 * @param types [batch * seq]
 * @param mask 0 at padding, [batch * seq]; null if all are of one length
 */
record PaddedBatch(int rows, int length, long[] ids, long[] types, long[] mask) {

  static PaddedBatch of(List<TokenSequence> sequences, int padId) {
    int length = sequences.stream().mapToInt(TokenSequence::length).max().orElseThrow();
    int rows = sequences.size();
    long[] ids = new long[rows * length];
    long[] types = new long[rows * length];
    long[] mask = new long[rows * length];
    boolean padded = false;
    for (int row = 0; row < rows; row++) {
      TokenSequence sequence = sequences.get(row);
      for (int i = 0; i < length; i++) {
        int at = row * length + i;
        if (i < sequence.length()) {
          ids[at] = sequence.inputIds()[i];
          types[at] = sequence.tokenTypeIds()[i];
          mask[at] = 1;
        } else {
          ids[at] = padId;
          padded = true;
        }
      }
    }
    return new PaddedBatch(rows, length, ids, types, padded ? mask : null);
  }

  Tensor inputIds(Device device) {
    return Tensors.ofLongs(ids, device, rows, length);
  }

  Tensor tokenTypeIds(Device device) {
    return Tensors.ofLongs(types, device, rows, length);
  }

  /** Returns the mask, or null if nothing is padded. */
  Tensor attentionMask(Device device) {
    return mask == null ? null : Tensors.ofLongs(mask, device, rows, length);
  }
}
