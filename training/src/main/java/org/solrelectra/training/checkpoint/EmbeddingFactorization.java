package org.solrelectra.training.checkpoint;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.solrelectra.training.checkpoint.SafeTensors.Values;
import org.solrelectra.training.network.Libtorch;
import org.solrelectra.training.network.Tensors;

/**
 * A narrower embedding block and the projection that leads from it to the layers, in place of a
 * block as wide as the layers.
 *
 * <p>A wide block computes {@code gamma * c(w + p + t) * sqrt(hidden) / |c(w + p + t)| + beta} of a
 * row of each table, where {@code c} takes the mean out. A narrow one normalises before it
 * projects, so the tables have to keep lengths, and the means that LayerNorm takes out have to be 0
 * already: a table {@code [rows, hidden]} becomes {@code c(table) V Q'}, where {@code V [hidden,
 * embedding - 1]} spans the directions in which the sums {@code c(w + p + t)}, all rows equally
 * often, are largest, and {@code Q [embedding, embedding - 1]} those of mean 0. The projection is
 * {@code gamma * V Q' * sqrt(hidden / embedding)}, with {@code beta} as its bias. What is lost is
 * what of a sum lies outside of {@code V}, and no more: where nothing does, states are the same.
 *
 * <p>The word table's own largest directions would not do: with 128 of 384 dimensions, what lies
 * outside of them has 0.96 of the norm of all-MiniLM-L6-v2's position table, which is in every sum,
 * and the last states of random pieces keep a cosine of 0.37 to what they were. With the directions
 * of the sums it is 0.26 of the norm and a cosine of 0.90.
 *
 * @param weights all of the network's, by name
 * @param wordTableError what of the word table lies outside of {@code V}: its Frobenius norm over
 *     that of the table, means of rows left out
 */
record EmbeddingFactorization(Map<String, Values> weights, double wordTableError) {
  private static final String EMBEDDINGS = "electra.embeddings.";
  private static final String WORDS = EMBEDDINGS + "word_embeddings.weight";
  private static final String POSITIONS = EMBEDDINGS + "position_embeddings.weight";
  private static final String TOKEN_TYPES = EMBEDDINGS + "token_type_embeddings.weight";
  private static final String GAMMA = EMBEDDINGS + "LayerNorm.weight";
  private static final String BETA = EMBEDDINGS + "LayerNorm.bias";
  private static final String PROJECTION = "electra.embeddings_project";

  /** One thread on the CPU: sums in one order, so that the same weights give the same. */
  private static final int THREADS = 1;

  /**
   * Factorises the embedding block.
   *
   * @param embedding the width of the new block, at least 2 and below hidden
   */
  static EmbeddingFactorization of(Map<String, Values> weights, int embedding) {
    Device device = Libtorch.start(THREADS, Libtorch.Choice.CPU).device();
    try (PointerScope scope = new PointerScope()) {
      Tensor words = centred(weights.get(WORDS), device); // [vocab, hidden]
      Tensor positions = centred(weights.get(POSITIONS), device); // [positions, hidden]
      Tensor tokenTypes = centred(weights.get(TOKEN_TYPES), device); // [types, hidden]
      Tensor ofWords = secondMoment(words); // [hidden, hidden]
      Tensor ofSums =
          withoutMean(ofWords, words)
              .add(withoutMean(secondMoment(positions), positions))
              .add(withoutMean(secondMoment(tokenTypes), tokenTypes))
              .add(squared(mean(words, 0).add(mean(positions, 0)).add(mean(tokenTypes, 0))));
      Tensor basis = largestDirections(ofSums, embedding - 1); // [hidden, embedding - 1]
      Tensor narrowing =
          basis.matmul(zeroMeans(embedding, device).transpose(0, 1)); // [hidden, embedding]
      Map<String, Values> narrow = new LinkedHashMap<>(weights);
      narrow.put(WORDS, values(words.matmul(narrowing)));
      narrow.put(POSITIONS, values(positions.matmul(narrowing)));
      narrow.put(TOKEN_TYPES, values(tokenTypes.matmul(narrowing)));
      narrow.put(GAMMA, constant(1, embedding));
      narrow.put(BETA, constant(0, embedding));
      Tensor gamma = tensor(weights.get(GAMMA), device).unsqueeze(1); // [hidden, 1]
      Scalar scale = new Scalar(Math.sqrt((double) narrowing.size(0) / embedding));
      narrow.put(PROJECTION + ".weight", values(narrowing.mul(gamma).mul(scale)));
      narrow.put(PROJECTION + ".bias", weights.get(BETA));
      return new EmbeddingFactorization(narrow, error(ofWords, basis));
    }
  }

  private static Tensor tensor(Values values, Device device) {
    return Tensors.ofFloats(values.floats(), device, values.shape()).to(ScalarType.Double);
  }

  /** Returns a table whose rows have mean 0, as LayerNorm makes them. */
  private static Tensor centred(Values table, Device device) {
    Tensor values = tensor(table, device);
    return values.sub_(mean(values, 1));
  }

  private static Tensor mean(Tensor values, long dimension) {
    return values.mean(new long[] {dimension}, true, new ScalarTypeOptional());
  }

  /** Returns the mean of {@code x x'} over the rows {@code x} of a table: [hidden, hidden]. */
  private static Tensor secondMoment(Tensor table) {
    return table.transpose(0, 1).matmul(table).div(new Scalar((double) table.size(0)));
  }

  private static Tensor withoutMean(Tensor secondMoment, Tensor table) {
    return secondMoment.sub(squared(mean(table, 0)));
  }

  private static Tensor squared(Tensor row) {
    return row.transpose(0, 1).matmul(row); // [hidden, hidden]
  }

  /** Returns the eigenvectors of the largest eigenvalues, largest first: [hidden, count]. */
  private static Tensor largestDirections(Tensor moment, long count) {
    Tensor ascending = torch.linalg_eigh(moment).get1();
    Tensor kept = ascending.flip(1).narrow(1, 0, count);
    // The sign of an eigenvector is the library's choice: the largest component is made positive.
    boolean keepsDimension = true;
    Tensor largest = kept.gather(0, kept.abs().argmax(new LongOptional(0), keepsDimension));
    return kept.mul(largest.sign());
  }

  /**
   * Returns an orthonormal basis of the vectors of mean 0, Helmert's: [embedding, embedding - 1].
   */
  private static Tensor zeroMeans(int embedding, Device device) {
    int count = embedding - 1;
    double[] columns = new double[embedding * count];
    for (int column = 0; column < count; column++) {
      double length = Math.sqrt((column + 1.0) * (column + 2.0));
      for (int row = 0; row <= column; row++) {
        columns[row * count + column] = 1 / length;
      }
      columns[(column + 1) * count + column] = -(column + 1) / length;
    }
    return Tensor.create(columns, embedding, count).to(device, ScalarType.Double);
  }

  private static double error(Tensor ofWords, Tensor basis) {
    double all = ofWords.trace().item_double();
    double kept = basis.transpose(0, 1).matmul(ofWords).matmul(basis).trace().item_double();
    // Where all is kept, rounding may leave less than nothing.
    return Math.sqrt(Math.max(0, 1 - kept / all));
  }

  private static Values values(Tensor tensor) {
    return new Values(Tensors.floats(tensor), Tensors.shape(tensor));
  }

  private static Values constant(float value, int count) {
    float[] floats = new float[count];
    Arrays.fill(floats, value);
    return new Values(floats, new long[] {count});
  }
}
