package org.solrelectra.training.network;

/** First values of the position table, [positions, embedding]; it is trained either way. */
public enum PositionInitialization {
  /** Deviation 0.02, as every other table (google-research/electra, modeling.py L378-380). */
  TRUNCATED_NORMAL,
  /**
   * Sines and cosines (Vaswani et al. 2017, section 3.5) of deviation 0.06: a network starts with
   * neighbours that look alike instead of having to learn, pair by pair, which positions are near.
   * In short runs this shortens the plateau on which the generator knows the words around a gap but
   * not their order; measured in training/RESULTS.md.
   */
  SINUSOIDAL;

  private static final double DEVIATION = 0.06;
  private static final String TABLE = "electra.embeddings.position_embeddings.weight";
  private static final double LONGEST_WAVE = 10_000;

  /** Overwrites the position tables of {@code parameters} if they should start otherwise. */
  public void apply(ParameterSet parameters) {
    if (this == SINUSOIDAL) {
      for (String name : parameters.weightNames()) {
        if (name.endsWith(TABLE)) {
          long[] shape = Tensors.shape(parameters.weight(name));
          parameters.set(name, waves(Math.toIntExact(shape[0]), Math.toIntExact(shape[1])));
        }
      }
    }
  }

  /** Returns the table, row by row: even columns sines, odd columns cosines. */
  static float[] waves(int positions, int width) {
    float[] values = new float[positions * width];
    double amplitude = DEVIATION * Math.sqrt(2);
    for (int position = 0; position < positions; position++) {
      for (int column = 0; column < width; column++) {
        double frequency = StrictMath.pow(LONGEST_WAVE, -(column - column % 2) / (double) width);
        double angle = position * frequency;
        double wave = column % 2 == 0 ? StrictMath.sin(angle) : StrictMath.cos(angle);
        values[position * width + column] = (float) (amplitude * wave);
      }
    }
    return values;
  }
}
