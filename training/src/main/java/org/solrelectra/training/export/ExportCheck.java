package org.solrelectra.training.export;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.solrelectra.lucene.encoder.Deadline;
import org.solrelectra.lucene.encoder.Encoder;
import org.solrelectra.lucene.encoder.EncoderOutput;
import org.solrelectra.lucene.encoder.Lane;
import org.solrelectra.lucene.encoder.TokenBatch;
import org.solrelectra.lucene.encoder.TokenSequence;
import org.solrelectra.lucene.model.InvalidModelException;
import org.solrelectra.training.checkpoint.HuggingFaceModel;
import org.solrelectra.training.checkpoint.HuggingFaceWeights;
import org.solrelectra.training.network.Mode;
import org.solrelectra.training.network.ParameterSet;
import org.solrelectra.training.network.Tensors;
import org.solrelectra.training.random.KeyedRandom;
import org.solrelectra.training.random.KeyedRandom.Purpose;
import org.solrelectra.training.task.NetworkHead;

/** Compares an exported graph with the network in libtorch on random sequences of many lengths. */
final class ExportCheck {
  /** Ten times what rounding of float32 gives on the golden models (3.7e-6), and then some. */
  static final double TOLERANCE = 1e-4;

  private static final int SEQUENCES = 24;
  private static final long SEED = 1;

  private final NetworkHead.Network network;
  private final int vocabularySize;

  /**
   * Builds the network in libtorch.
   *
   * @throws InvalidModelException if the weights do not fit it
   */
  ExportCheck(HuggingFaceModel model) throws IOException {
    this.network = network(model);
    this.vocabularySize = model.vocabulary().size();
  }

  /**
   * Returns the largest difference of a logit.
   *
   * @throws ExportMismatchException if it is above the tolerance
   */
  double largestDifference(Encoder encoder) throws IOException {
    List<TokenSequence> sequences = new ArrayList<>();
    int longest = encoder.model().maxLength();
    for (int i = 0; i < SEQUENCES; i++) {
      // From the shortest to the longest, both included.
      int length = 2 + (longest - 2) * i / (SEQUENCES - 1);
      sequences.add(random(length, vocabularySize, i));
    }
    EncoderOutput output = encoder.encode(new TokenBatch(sequences, 0), Deadline.NONE, Lane.QUERY);
    double largest = 0;
    for (int i = 0; i < SEQUENCES; i++) {
      float[] expected = logits(network, sequences.get(i));
      float[] actual = output.logits(i);
      if (expected.length != actual.length) {
        throw new ExportMismatchException(
            "the exported graph gives " + actual.length + " logits; expected " + expected.length);
      }
      for (int j = 0; j < expected.length; j++) {
        double difference = Math.abs((double) expected[j] - actual[j]);
        // Written so that NaN fails too.
        if (!(difference <= TOLERANCE)) {
          throw new ExportMismatchException(
              "the exported graph differs from libtorch on a sequence of "
                  + sequences.get(i).length()
                  + " tokens; expected "
                  + expected[j]
                  + " within "
                  + TOLERANCE
                  + "; logit="
                  + actual[j]);
        }
        largest = Math.max(largest, difference);
      }
    }
    return largest;
  }

  private static TokenSequence random(int length, int vocabularySize, int index) {
    KeyedRandom random = new KeyedRandom(SEED, Purpose.EXPORT_CHECK, index);
    int[] ids = new int[length];
    int[] types = new int[length];
    int second = random.nextInt(length + 1);
    for (int i = 0; i < length; i++) {
      ids[i] = random.nextInt(vocabularySize);
      types[i] = i < second ? 0 : 1;
    }
    return new TokenSequence(ids, types);
  }

  private static NetworkHead.Network network(HuggingFaceModel model) throws IOException {
    ParameterSet parameters = new ParameterSet(SEED, new Device("cpu"));
    NetworkHead.Network network =
        NetworkHead.of(model.head().architecture())
            .orElseThrow()
            .build(parameters, model.config(), model.head().labels().size());
    HuggingFaceWeights.load(
        model.weights(), parameters, "", name -> false, name -> false, "the exported checkpoint");
    return network;
  }

  private static float[] logits(NetworkHead.Network network, TokenSequence sequence) {
    try (PointerScope scope = new PointerScope();
        NoGradGuard noGradient = new NoGradGuard()) {
      return Tensors.floats(
          network.forward(
              tensor(sequence.inputIds()), tensor(sequence.tokenTypeIds()), null, Mode.EVALUATION));
    }
  }

  private static Tensor tensor(int[] values) {
    long[] longs = new long[values.length];
    for (int i = 0; i < values.length; i++) {
      longs[i] = values[i];
    }
    return Tensors.ofLongs(longs, new Device("cpu"), 1, longs.length);
  }
}
