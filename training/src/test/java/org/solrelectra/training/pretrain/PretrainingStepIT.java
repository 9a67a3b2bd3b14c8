package org.solrelectra.training.pretrain;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Scalar;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.solrelectra.lucene.model.Vocabulary;
import org.solrelectra.training.GoldenFiles;
import org.solrelectra.training.SmallCorpus;
import org.solrelectra.training.checkpoint.HuggingFaceWeights;
import org.solrelectra.training.checkpoint.SafeTensors;
import org.solrelectra.training.corpus.BlockPacker;
import org.solrelectra.training.corpus.PaddedExamples;
import org.solrelectra.training.corpus.SampleSource;
import org.solrelectra.training.corpus.SequencePacker;
import org.solrelectra.training.corpus.TokenShard;
import org.solrelectra.training.distributed.ProcessGroup;
import org.solrelectra.training.network.ElectraConfig;
import org.solrelectra.training.network.Mode;
import org.solrelectra.training.network.ParameterSet;
import org.solrelectra.training.network.Tensors;
import org.solrelectra.training.optimization.Optimizer;
import org.solrelectra.training.pretrain.Masking.Draw;
import org.solrelectra.training.pretrain.Masking.Shown;
import org.solrelectra.training.pretrain.PretrainingTask.NoiseSeeding;

/** Updates of replaced token detection: in parts, and with the paper's ablations. */
class PretrainingStepIT {
  private static final int LENGTH = 24;
  private static final String WORDS = "electra.embeddings.word_embeddings.weight";

  @TempDir private Path folder;

  /** Dropout off, and replacements that depend on the original alone. */
  private record Given(ReplacedTokenDetection networks, int vocabularySize)
      implements PretrainingTask {
    @Override
    public ParameterSet parameters() {
      return networks.parameters();
    }

    @Override
    public Outcome forward(
        MaskedBatch batch, Denominators denominators, NoiseSeeding seeding, Mode mode) {
      long[] sampled = new long[batch.positions().length];
      for (int i = 0; i < sampled.length; i++) {
        long original = batch.inputIds()[(int) batch.positions()[i]];
        sampled[i] = replacement(original, vocabularySize);
      }
      ReplacementSampler sampler =
          logits -> Tensors.ofLongs(sampled, GoldenFiles.DEVICE, sampled.length);
      return networks.forward(batch, denominators, sampler, seeding, mode);
    }
  }

  private static long replacement(long original, int vocabularySize) {
    return original % 4 == 0 ? original : (7 * original + 3) % vocabularySize;
  }

  private static ReplacedTokenDetection networks(ReplacedTokenDetection.Settings settings)
      throws IOException {
    return networks(settings, 1);
  }

  private static ReplacedTokenDetection networks(
      ReplacedTokenDetection.Settings settings, int rowMultiple) throws IOException {
    int vocabularySize = SmallCorpus.vocabulary().size();
    return new ReplacedTokenDetection(
        new ParameterSet(1, GoldenFiles.DEVICE, rowMultiple),
        new ElectraConfig(vocabularySize, 16, 32, 2, 2, 64, 32, 2, 1e-12, 0, 0),
        new ElectraConfig(vocabularySize, 16, 16, 2, 1, 64, 32, 2, 1e-12, 0, 0),
        settings);
  }

  private BatchSource batches(Packing packing, Draw draw) throws IOException {
    return batches(packing, new Masking(0.15, draw, Shown.ELECTRA));
  }

  /**
   * @param masking null to predict each token from those before it
   */
  private BatchSource batches(Packing packing, Masking masking) throws IOException {
    Vocabulary vocabulary = SmallCorpus.vocabulary();
    List<TokenShard> shards = SmallCorpus.writeShards(folder, 200);
    SampleSource samples =
        switch (packing) {
          case FULL -> new SequencePacker(shards, vocabulary, LENGTH, 5);
          case BLOCK_DIAGONAL -> new BlockPacker(shards, vocabulary, LENGTH, 5);
          case PADDED -> new PaddedExamples(shards, vocabulary, LENGTH, 5);
        };
    TokenMasker masker = masking == null ? null : new TokenMasker(vocabulary, masking, 5);
    return new BatchSource(samples, masker, 8, LENGTH, vocabulary.padId());
  }

  /** Accumulation over k micro-batches equals one batch, padded or not, whatever is lost where. */
  @ParameterizedTest
  @CsvSource({"FULL, DISTINCT", "PADDED, WITH_REPLACEMENT", "BLOCK_DIAGONAL, DISTINCT"})
  void microBatchesAddUpToTheBatch(Packing packing, Draw draw) throws IOException {
    BatchSource batches = batches(packing, draw);
    for (int i = 0; i < 3; i++) {
      Map<String, float[]> whole = clippedGradients(batches.batch(i), 1);
      for (int parts : new int[] {2, 3, 8}) {
        Map<String, float[]> inParts = clippedGradients(batches.batch(i), parts);
        whole.forEach((name, values) -> assertArrayEquals(values, inParts.get(name), 1e-6f, name));
      }
    }
  }

  /** After one update the first moment is a tenth of the gradient, clipped to a norm of 1. */
  private static Map<String, float[]> clippedGradients(MaskedBatch batch, int parts)
      throws IOException {
    ReplacedTokenDetection networks = networks(ReplacedTokenDetection.Settings.electra());
    PretrainingTask task = new Given(networks, SmallCorpus.vocabulary().size());
    Optimizer optimizer = new Optimizer(task.parameters(), Optimizer.Settings.electra(), name -> 1);
    new PretrainingStep(
            task,
            optimizer,
            parts,
            ProcessGroup.alone(GoldenFiles.DEVICE),
            PretrainingStep.Watch.NONE)
        .run(
            batch,
            0,
            index -> NoiseSeeding.NONE,
            0,
            new Measurements.Accumulator(GoldenFiles.DEVICE));
    Map<String, float[]> gradients = new HashMap<>();
    optimizer
        .firstMoments()
        .forEach(
            (name, moment) -> gradients.put(name, Tensors.floats(moment.mul(new Scalar(10f)))));
    return gradients;
  }

  private static void train(ReplacedTokenDetection networks, BatchSource batches)
      throws IOException {
    PretrainingTask task = new Given(networks, SmallCorpus.vocabulary().size());
    Optimizer optimizer = new Optimizer(task.parameters(), Optimizer.Settings.electra(), name -> 1);
    PretrainingStep step =
        new PretrainingStep(
            task, optimizer, 1, ProcessGroup.alone(GoldenFiles.DEVICE), PretrainingStep.Watch.NONE);
    for (int i = 0; i < 3; i++) {
      step.run(
          batches.batch(i),
          i,
          index -> NoiseSeeding.NONE,
          1e-4,
          new Measurements.Accumulator(GoldenFiles.DEVICE));
    }
  }

  /** First losses of each ablation are those of guessing. */
  @ParameterizedTest
  @CsvSource({"ALL", "MASKED", "REPLACE_MLM", "ALL_TOKENS_MLM"})
  void firstLossesAreThoseOfGuessing(DiscriminatorLoss loss) throws IOException {
    ReplacedTokenDetection.Settings settings =
        new ReplacedTokenDetection.Settings(EmbeddingSharing.TIED, loss, loss.weight());
    int vocabularySize = SmallCorpus.vocabulary().size();
    PretrainingTask task = new Given(networks(settings), vocabularySize);
    MaskedBatch batch = batches(Packing.FULL, Draw.DISTINCT).batch(0);
    Measurements.Accumulator measured = new Measurements.Accumulator(GoldenFiles.DEVICE);
    measured.add(
        task.forward(
                batch, PretrainingTask.Denominators.of(batch), NoiseSeeding.NONE, Mode.EVALUATION)
            .measurements(),
        1);
    Measurements first = measured.result();
    double replaced = replacedShare(batch);
    double logVocabulary = Math.log(vocabularySize);
    double expected =
        switch (loss) {
          case ALL, MASKED -> Math.log(2);
          case REPLACE_MLM -> logVocabulary;
          // Half a token copied, half a token guessed; of a replaced one only the guess counts.
          case ALL_TOKENS_MLM ->
              (1 - replaced) * -Math.log(0.5 + 0.5 / vocabularySize)
                  + replaced * (logVocabulary + Math.log(2));
        };
    assertEquals(expected, first.rtdLoss(), 0.15);
    assertEquals(first.mlmLoss() + loss.weight() * first.rtdLoss(), first.totalLoss(), 1e-3);
    assertTrue(first.rtdAccuracy() >= 0 && first.rtdAccuracy() <= 1);
    if (loss == DiscriminatorLoss.ALL) {
      assertEquals(replaced, first.replacedFraction(), 1e-9);
    }
  }

  private static double replacedShare(MaskedBatch batch) throws IOException {
    int vocabularySize = SmallCorpus.vocabulary().size();
    int replaced = 0;
    for (int i = 0; i < batch.positions().length; i++) {
      long original = batch.inputIds()[(int) batch.positions()[i]];
      replaced += replacement(original, vocabularySize) != original ? 1 : 0;
    }
    return (double) replaced / batch.inputIds().length;
  }

  /** "ELECTRA 15%" learns nothing from the other positions. */
  @Test
  void theMaskedLossIsOverMaskedPositionsAlone() throws IOException {
    ReplacedTokenDetection.Settings settings =
        new ReplacedTokenDetection.Settings(EmbeddingSharing.TIED, DiscriminatorLoss.MASKED, 50);
    MaskedBatch batch = batches(Packing.FULL, Draw.DISTINCT).batch(0);
    PretrainingTask task = new Given(networks(settings), SmallCorpus.vocabulary().size());
    float[] seen =
        Tensors.floats(
            task.forward(
                    batch,
                    PretrainingTask.Denominators.of(batch),
                    NoiseSeeding.NONE,
                    Mode.EVALUATION)
                .measurements());
    assertEquals(batch.positions().length, seen[5], "judged positions");
  }

  @Test
  void untiedNetworksShareNothing() throws IOException {
    ReplacedTokenDetection networks =
        networks(
            new ReplacedTokenDetection.Settings(
                EmbeddingSharing.UNTIED, DiscriminatorLoss.ALL, 50));
    train(networks, batches(Packing.FULL, Draw.DISTINCT));
    float[] discriminator = HuggingFaceWeights.of(networks.parameters(), "").get(WORDS).floats();
    float[] generator =
        HuggingFaceWeights.of(networks.parameters(), HuggingFaceWeights.GENERATOR)
            .get(WORDS)
            .floats();
    assertEquals(discriminator.length, generator.length);
    int same = 0;
    for (int i = 0; i < generator.length; i++) {
      same += generator[i] == discriminator[i] ? 1 : 0;
    }
    assertTrue(same < generator.length / 100, "equal values: " + same);
    assertEquals(
        2,
        networks.parameters().all().keySet().stream()
            .filter(name -> name.endsWith("word_embeddings.weight"))
            .count());
  }

  /** Rows of padding change nothing but their own tables: no loss, no gradient, no weight. */
  @Test
  void aPaddedVocabularyTrainsTheSameNetworks() throws IOException {
    int size = SmallCorpus.vocabulary().size();
    ReplacedTokenDetection plain = networks(ReplacedTokenDetection.Settings.electra());
    ReplacedTokenDetection padded = networks(ReplacedTokenDetection.Settings.electra(), 64);
    assertTrue(size % 64 != 0, "vocabulary: " + size);
    train(plain, batches(Packing.FULL, Draw.DISTINCT));
    train(padded, batches(Packing.FULL, Draw.DISTINCT));
    for (String name : plain.parameters().weightNames()) {
      assertArrayEquals(
          Tensors.floats(plain.parameters().weight(name)),
          Tensors.floats(padded.parameters().weight(name)),
          1e-6f,
          name);
    }
    float[] words = Tensors.floats(padded.parameters().get(WORDS));
    float[] bias = Tensors.floats(padded.parameters().get("generator.generator_lm_head.bias"));
    assertEquals((size / 64 + 1) * 64, bias.length);
    for (int row = size; row < bias.length; row++) {
      assertEquals(-1e4f, bias[row]);
      for (int i = row * 16; i < (row + 1) * 16; i++) {
        assertEquals(0, words[i]);
      }
    }
  }

  @Test
  void noBlockPredictsTheNextOnesStart() throws IOException {
    BatchSource batches = batches(Packing.BLOCK_DIAGONAL, (Masking) null);
    int ends = 0;
    for (int step = 0; step < 10; step++) {
      MaskedBatch batch = batches.batch(step);
      for (long position : batch.positions()) {
        assertTrue(batch.positionIds()[(int) position + 1] != 0, "position " + position);
      }
      for (int i = 0; i < batch.inputIds().length - 1; i++) {
        ends += batch.positionIds()[i + 1] == 0 && (i + 1) % LENGTH != 0 ? 1 : 0;
      }
    }
    assertTrue(ends > 10, "blocks that end within a row: " + ends);
  }

  /** A row of two blocks is two rows, for both networks. */
  @Test
  void blocksLearnAsIfEachStoodAlone() throws IOException {
    int size = SmallCorpus.vocabulary().size();
    long[] ids = {2, 10, 11, 12, 13, 3, 2, 20, 21, 22, 23, 3};
    long[] masked = {2, 10, 4, 12, 13, 3, 2, 20, 21, 4, 23, 3};
    long[] places = {0, 1, 2, 3, 4, 5, 0, 1, 2, 3, 4, 5};
    long[] selected = {2, 9};
    MaskedBatch blocks =
        new MaskedBatch(1, 12, ids, new long[12], places, null, selected, null, masked);
    MaskedBatch rows = new MaskedBatch(2, 6, ids, new long[12], null, null, selected, null, masked);
    MaskedBatch one = new MaskedBatch(1, 12, ids, new long[12], null, null, selected, null, masked);
    PretrainingTask task = new Given(networks(ReplacedTokenDetection.Settings.electra()), size);
    float[] expected = measured(task, rows);
    assertArrayEquals(expected, measured(task, blocks), 2e-5f);
    assertTrue(Math.abs(expected[0] - measured(task, one)[0]) > 1e-3, "seen as one block");
  }

  private static float[] measured(PretrainingTask task, MaskedBatch batch) {
    return Tensors.floats(
        task.forward(
                batch, PretrainingTask.Denominators.of(batch), NoiseSeeding.NONE, Mode.EVALUATION)
            .measurements());
  }

  /** Should rounding draw a row of the vocabulary's padding, the last token is taken. */
  @Test
  void noRowOfPaddingIsASample() throws IOException {
    int size = SmallCorpus.vocabulary().size();
    ReplacedTokenDetection padded = networks(ReplacedTokenDetection.Settings.electra(), 64);
    MaskedBatch batch = batches(Packing.FULL, Draw.DISTINCT).batch(0);
    double[] losses = new double[2];
    for (int i = 0; i < losses.length; i++) {
      long drawn = i == 0 ? size - 1 : (size / 64 + 1) * 64 - 1;
      long[] samples = new long[batch.positions().length];
      java.util.Arrays.fill(samples, drawn);
      losses[i] =
          padded
              .forward(
                  batch,
                  PretrainingTask.Denominators.of(batch),
                  logits -> Tensors.ofLongs(samples, GoldenFiles.DEVICE, samples.length),
                  NoiseSeeding.NONE,
                  Mode.EVALUATION)
              .total()
              .item_double();
    }
    assertEquals(losses[0], losses[1]);
  }

  /** Of gradient-disentangled sharing: the base has the generator's gradient alone. */
  @ParameterizedTest
  @CsvSource({"ALL", "REPLACE_MLM", "ALL_TOKENS_MLM"})
  void theDiscriminatorMovesOnlyItsDifference(DiscriminatorLoss loss) throws IOException {
    ReplacedTokenDetection disentangled =
        networks(new ReplacedTokenDetection.Settings(EmbeddingSharing.GDES, loss, loss.weight()));
    MaskedBatch batch = batches(Packing.FULL, Draw.DISTINCT).batch(0);
    int size = SmallCorpus.vocabulary().size();
    PretrainingTask task = new Given(disentangled, size);
    ReplacedTokenDetection untied =
        networks(new ReplacedTokenDetection.Settings(EmbeddingSharing.UNTIED, loss, loss.weight()));
    String base = "generator." + WORDS;
    PretrainingTask apart = new Given(untied, size);
    backward(apart, batch);
    backward(task, batch);
    for (String table : List.of(WORDS, WORDS.replace("word", "position"))) {
      // Untied, the generator's tables have no other gradient than the generator's loss's.
      assertArrayEquals(
          gradient(apart, "generator." + table),
          gradient(task, "generator." + table),
          1e-7f,
          table);
      assertTrue(norm(gradient(task, table + ".delta")) > 0, table);
    }
    assertArrayEquals(
        Tensors.floats(disentangled.parameters().weight(base)),
        Tensors.floats(disentangled.parameters().weight(WORDS)));
    train(disentangled, batches(Packing.FULL, Draw.DISTINCT));
    Map<String, SafeTensors.Values> exported = HuggingFaceWeights.of(disentangled.parameters(), "");
    float[] sum = Tensors.floats(disentangled.parameters().get(base));
    float[] difference = Tensors.floats(disentangled.parameters().get(WORDS + ".delta"));
    assertTrue(norm(difference) > 0, "no difference was learnt");
    for (int i = 0; i < sum.length; i++) {
      sum[i] += difference[i];
    }
    assertArrayEquals(sum, exported.get(WORDS).floats());
  }

  @Test
  void disentangledNetworksHaveTheUsualWeights() throws IOException {
    ReplacedTokenDetection.Settings gdes =
        new ReplacedTokenDetection.Settings(EmbeddingSharing.GDES, DiscriminatorLoss.ALL, 50);
    ReplacedTokenDetection.Settings tied = ReplacedTokenDetection.Settings.electra();
    for (String prefix : List.of("", HuggingFaceWeights.GENERATOR)) {
      assertEquals(
          HuggingFaceWeights.of(networks(tied).parameters(), prefix).keySet(),
          HuggingFaceWeights.of(networks(gdes).parameters(), prefix).keySet());
    }
  }

  private static void backward(PretrainingTask task, MaskedBatch batch) {
    task.forward(batch, PretrainingTask.Denominators.of(batch), NoiseSeeding.NONE, Mode.EVALUATION)
        .total()
        .backward();
  }

  private static float[] gradient(PretrainingTask task, String name) {
    return Tensors.floats(task.parameters().get(name).grad());
  }

  private static double norm(float[] values) {
    double squares = 0;
    for (float value : values) {
      squares += (double) value * value;
    }
    return Math.sqrt(squares);
  }

  @Test
  void aWeightIsAboveZero() {
    assertEquals(
        "discriminatorWeight must be above 0; discriminatorWeight=0.0",
        assertThrows(
                IllegalArgumentException.class,
                () ->
                    new ReplacedTokenDetection.Settings(
                        EmbeddingSharing.TIED, DiscriminatorLoss.ALL, 0))
            .getMessage());
  }
}
