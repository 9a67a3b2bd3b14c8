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
import org.solrelectra.lucene.analysis.WordPieceEncoder;
import org.solrelectra.lucene.model.TokenizerConfig;
import org.solrelectra.lucene.model.Vocabulary;
import org.solrelectra.training.GoldenFiles;
import org.solrelectra.training.SmallCorpus;
import org.solrelectra.training.checkpoint.HuggingFaceWeights;
import org.solrelectra.training.corpus.CorpusReader;
import org.solrelectra.training.corpus.PaddedExamples;
import org.solrelectra.training.corpus.SampleSource;
import org.solrelectra.training.corpus.SequencePacker;
import org.solrelectra.training.corpus.TokenCorpus;
import org.solrelectra.training.corpus.TokenShard;
import org.solrelectra.training.distributed.ProcessGroup;
import org.solrelectra.training.network.ElectraConfig;
import org.solrelectra.training.network.Mode;
import org.solrelectra.training.network.ParameterSet;
import org.solrelectra.training.network.Tensors;
import org.solrelectra.training.optimization.AdamW;
import org.solrelectra.training.pretrain.Masking.Draw;
import org.solrelectra.training.pretrain.Masking.Shown;
import org.solrelectra.training.pretrain.PretrainingTask.NoiseSeeding;

/** Updates of replaced token detection: in parts, and with the paper's ablations. */
class PretrainingStepIT {
  private static final int LENGTH = 24;
  private static final String HASH = "0f".repeat(32);

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
          logits -> Tensors.ofLongs(sampled, GoldenFiles.CPU, sampled.length);
      return networks.forward(batch, denominators, sampler, seeding, mode);
    }
  }

  private static long replacement(long original, int vocabularySize) {
    return original % 4 == 0 ? original : (7 * original + 3) % vocabularySize;
  }

  private static ReplacedTokenDetection networks(ReplacedTokenDetection.Settings settings)
      throws IOException {
    int vocabularySize = SmallCorpus.vocabulary().size();
    return new ReplacedTokenDetection(
        new ParameterSet(1, GoldenFiles.CPU),
        new ElectraConfig(vocabularySize, 16, 32, 2, 2, 64, 32, 2, 1e-12, 0, 0),
        new ElectraConfig(vocabularySize, 16, 16, 2, 1, 64, 32, 2, 1e-12, 0, 0),
        settings);
  }

  private BatchSource batches(Packing packing, Draw draw) throws IOException {
    Vocabulary vocabulary = SmallCorpus.vocabulary();
    Path corpus = folder.resolve("corpus");
    TokenCorpus.write(
        new CorpusReader(List.of(SmallCorpus.writeText(folder, 200))),
        new WordPieceEncoder(vocabulary, TokenizerConfig.bert(true, 128)),
        HASH,
        0,
        corpus);
    List<TokenShard> shards = TokenCorpus.open(corpus, HASH).training();
    SampleSource samples =
        packing == Packing.FULL
            ? new SequencePacker(shards, vocabulary, LENGTH, 5)
            : new PaddedExamples(shards, vocabulary, LENGTH, 5);
    TokenMasker masker = new TokenMasker(vocabulary, new Masking(0.15, draw, Shown.ELECTRA), 5);
    return new BatchSource(samples, masker, 8, LENGTH, vocabulary.padId());
  }

  /** Accumulation over k micro-batches equals one batch, padded or not, whatever is lost where. */
  @ParameterizedTest
  @CsvSource({"FULL, DISTINCT", "PADDED, WITH_REPLACEMENT"})
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
    AdamW optimizer = new AdamW(task.parameters(), AdamW.Settings.electra(), name -> 1);
    new PretrainingStep(
            task, optimizer, parts, ProcessGroup.alone(GoldenFiles.CPU), PretrainingStep.Watch.NONE)
        .run(
            batch, 0, index -> NoiseSeeding.NONE, 0, new Measurements.Accumulator(GoldenFiles.CPU));
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
    AdamW optimizer = new AdamW(task.parameters(), AdamW.Settings.electra(), name -> 1);
    PretrainingStep step =
        new PretrainingStep(
            task, optimizer, 1, ProcessGroup.alone(GoldenFiles.CPU), PretrainingStep.Watch.NONE);
    for (int i = 0; i < 3; i++) {
      step.run(
          batches.batch(i),
          i,
          index -> NoiseSeeding.NONE,
          1e-4,
          new Measurements.Accumulator(GoldenFiles.CPU));
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
    Measurements.Accumulator measured = new Measurements.Accumulator(GoldenFiles.CPU);
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
    String words = "electra.embeddings.word_embeddings.weight";
    train(networks, batches(Packing.FULL, Draw.DISTINCT));
    float[] discriminator = HuggingFaceWeights.of(networks.parameters(), "").get(words).floats();
    float[] generator =
        HuggingFaceWeights.of(networks.parameters(), HuggingFaceWeights.GENERATOR)
            .get(words)
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
