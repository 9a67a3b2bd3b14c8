package org.solrelectra.lucene.encoder;

/** The logits of a batch, as far as they were computed. Immutable; threads may share it. */
public final class EncoderOutput {
  private final float[][][] outputs;

  /**
   * @param outputs for each sequence one or two rows of logits (two for question answering: start,
   *     end); null where the sequence was not run
   */
  public EncoderOutput(float[][][] outputs) {
    this.outputs = outputs;
  }

  /** Returns the number of sequences. */
  public int size() {
    return outputs.length;
  }

  /** Says whether a sequence was run. */
  public boolean isDone(int sequence) {
    return outputs[sequence] != null;
  }

  /** Returns how many sequences were run. */
  public int done() {
    int done = 0;
    for (float[][] output : outputs) {
      if (output != null) {
        done++;
      }
    }
    return done;
  }

  /** Says whether all sequences were run. */
  public boolean isComplete() {
    return done() == outputs.length;
  }

  /** Returns a sequence's logits: [labels], or [seq] where there is one a token. */
  public float[] logits(int sequence) {
    return output(sequence, 0);
  }

  /** Returns for each token the logit that an answer starts there, [seq]. */
  public float[] startLogits(int sequence) {
    return output(sequence, 0);
  }

  /** Returns for each token the logit that an answer ends there, [seq]. */
  public float[] endLogits(int sequence) {
    return output(sequence, 1);
  }

  private float[] output(int sequence, int index) {
    if (outputs[sequence] == null) {
      throw new IllegalStateException("sequence " + sequence + " was not run");
    }
    return outputs[sequence][index].clone();
  }
}
