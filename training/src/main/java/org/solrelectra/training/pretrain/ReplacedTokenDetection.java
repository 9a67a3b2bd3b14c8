package org.solrelectra.training.pretrain;

import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.solrelectra.training.checkpoint.HuggingFaceWeights;
import org.solrelectra.training.network.Attention;
import org.solrelectra.training.network.CopyGate;
import org.solrelectra.training.network.DiscriminatorHead;
import org.solrelectra.training.network.ElectraConfig;
import org.solrelectra.training.network.ElectraEmbeddings;
import org.solrelectra.training.network.ElectraEncoder;
import org.solrelectra.training.network.GeneratorHead;
import org.solrelectra.training.network.Mode;
import org.solrelectra.training.network.ParameterSet;
import org.solrelectra.training.network.Tensors;

/**
 * Generator and discriminator, and their joint loss: the generator's mean cross-entropy at the
 * masked positions plus λ times the discriminator's mean binary cross-entropy at all positions that
 * are not padding, [CLS] and [SEP] included (Clark et al. 2020, section 3).
 */
public final class ReplacedTokenDetection implements PretrainingTask {
  private final ParameterSet parameters;
  private final Settings settings;
  private final int vocabularySize;
  private final ElectraEncoder generator;
  private final GeneratorHead generatorHead;
  private final ElectraEncoder discriminator;
  private final DiscriminatorHead discriminatorHead;
  private final GeneratorHead restoringHead;
  private final CopyGate copyGate;

  /**
   * What the paper's ablations vary.
   *
   * @param embeddings what both networks share
   * @param loss what the discriminator learns
   * @param weight λ: what its loss is multiplied by
   */
  public record Settings(EmbeddingSharing embeddings, DiscriminatorLoss loss, double weight) {
    public Settings {
      if (!(weight > 0 && Double.isFinite(weight))) {
        throw new IllegalArgumentException(
            "discriminatorWeight must be above 0; discriminatorWeight=" + weight);
      }
    }

    /** Returns what ELECTRA is. */
    public static Settings electra() {
      return new Settings(
          EmbeddingSharing.TIED, DiscriminatorLoss.ALL, DiscriminatorLoss.ALL.weight());
    }
  }

  /**
   * Adds both networks to {@code parameters}.
   *
   * @param discriminatorConfig sizes of the network that is kept
   * @param generatorConfig the same vocabulary, embedding size and positions
   */
  public ReplacedTokenDetection(
      ParameterSet parameters,
      ElectraConfig discriminatorConfig,
      ElectraConfig generatorConfig,
      Settings settings) {
    if (discriminatorConfig.vocabularySize() != generatorConfig.vocabularySize()
        || discriminatorConfig.embeddingSize() != generatorConfig.embeddingSize()
        || discriminatorConfig.maxPositions() != generatorConfig.maxPositions()
        || discriminatorConfig.tokenTypes() != generatorConfig.tokenTypes()) {
      throw new IllegalArgumentException(
          "generator and discriminator share their embeddings and must agree on vocab_size, embedding_size,"
              + " max_position_embeddings and type_vocab_size; discriminator="
              + discriminatorConfig
              + ", generator="
              + generatorConfig);
    }
    this.parameters = parameters;
    this.settings = settings;
    this.vocabularySize = discriminatorConfig.vocabularySize();
    String prefix = HuggingFaceWeights.GENERATOR;
    Attention attention = Attention.BIDIRECTIONAL;
    boolean tied = settings.embeddings() == EmbeddingSharing.TIED;
    ElectraEmbeddings own =
        tied ? null : new ElectraEmbeddings(parameters, prefix, generatorConfig);
    ElectraEmbeddings embeddings =
        settings.embeddings() == EmbeddingSharing.GDES
            ? ElectraEmbeddings.disentangled(parameters, "", discriminatorConfig, own)
            : new ElectraEmbeddings(parameters, "", discriminatorConfig);
    ElectraEmbeddings generatorEmbeddings = tied ? embeddings : own;
    this.discriminator =
        new ElectraEncoder(parameters, "", discriminatorConfig, embeddings, attention);
    boolean detects = settings.loss().detects();
    this.discriminatorHead =
        detects ? new DiscriminatorHead(parameters, discriminatorConfig) : null;
    this.restoringHead =
        detects ? null : new GeneratorHead(parameters, "", discriminatorConfig, embeddings);
    this.copyGate =
        settings.loss() == DiscriminatorLoss.ALL_TOKENS_MLM
            ? new CopyGate(parameters, discriminatorConfig)
            : null;
    this.generator =
        new ElectraEncoder(parameters, prefix, generatorConfig, generatorEmbeddings, attention);
    this.generatorHead =
        new GeneratorHead(parameters, prefix, generatorConfig, generatorEmbeddings);
  }

  @Override
  public ParameterSet parameters() {
    return parameters;
  }

  @Override
  public Outcome forward(
      MaskedBatch batch, Denominators denominators, NoiseSeeding seeding, Mode mode) {
    return forward(batch, denominators, ReplacementSampler.cumulative(), seeding, mode);
  }

  /** Computes the joint loss of a batch with given replacements, as a test needs it. */
  Outcome forward(
      MaskedBatch batch,
      Denominators denominators,
      ReplacementSampler sampler,
      NoiseSeeding seeding,
      Mode mode) {
    Device device = parameters.device();
    long rows = batch.batch();
    long seq = batch.sequenceLength();
    Tensor original = Tensors.ofLongs(batch.inputIds(), device, rows, seq); // [batch, seq]
    Tensor types = Tensors.ofLongs(batch.tokenTypeIds(), device, rows, seq); // [batch, seq]
    Tensor mask =
        batch.attentionMask() == null
            ? null
            : Tensors.ofLongs(batch.attentionMask(), device, rows, seq); // [batch, seq]
    Tensor places =
        batch.positionIds() == null
            ? null
            : Tensors.ofLongs(batch.positionIds(), device, rows, seq); // [batch, seq]
    Tensor masked = Tensors.ofLongs(batch.maskedIds(), device, rows, seq); // [batch, seq]
    Tensor positions =
        Tensors.ofLongs(batch.positions(), device, batch.positions().length); // [masked]

    seeding.beforeGenerator();
    Tensor hidden = generator.forward(masked, types, places, mask, mode); // [batch, seq, hidden]
    Tensor selected = hidden.flatten(0, 1).index_select(0, positions); // [masked, hidden]
    Tensor logits = generatorHead.forward(selected).to(ScalarType.Float); // [masked, vocab]
    Tensor targets = original.flatten().index_select(0, positions); // [masked]
    Tensor mlmLoss = SelectionLoss.of(logits, targets, batch, denominators);

    seeding.beforeSampling();
    Tensor corrupted;
    try (NoGradGuard noGradient = new NoGradGuard()) {
      // Rounding may draw the last row, which may be the vocabulary's padding.
      Tensor sampled =
          sampler.sample(logits.detach()).clamp_max(new Scalar(vocabularySize - 1L)); // [masked]
      corrupted =
          original.flatten().index_copy(0, positions, sampled).view(rows, seq); // [batch, seq]
    }

    seeding.beforeDiscriminator();
    Tensor states =
        discriminator.forward(corrupted, types, places, mask, mode); // [batch, seq, hidden]
    Judgement judgement =
        settings.loss().detects()
            ? detect(states, original, corrupted, positions, mask, denominators)
            : restore(states, original, corrupted, positions, mask, batch, denominators);
    Tensor total = mlmLoss.add(judgement.loss().mul(new Scalar(settings.weight())));
    try (NoGradGuard noGradient = new NoGradGuard()) {
      Tensor right = SelectionLoss.count(SelectionLoss.isRight(logits, targets), batch, device);
      return new Outcome(
          total,
          Measurements.of(
              total,
              mlmLoss,
              right,
              judgement.loss(),
              judgement.right(),
              judgement.judged(),
              judgement.said(),
              judgement.hits(),
              judgement.replaced(),
              batch.selections()));
    }
  }

  /** The discriminator's loss and, as scalars, what {@link Measurements} is made of. */
  private record Judgement(
      Tensor loss, Tensor right, Tensor judged, Tensor said, Tensor hits, Tensor replaced) {}

  private Judgement detect(
      Tensor states,
      Tensor original,
      Tensor corrupted,
      Tensor positions,
      Tensor mask,
      Denominators denominators) {
    Tensor scores = discriminatorHead.forward(states).to(ScalarType.Float); // [batch, seq]
    boolean masked = settings.loss() == DiscriminatorLoss.MASKED;
    Tensor replaced;
    Tensor judged;
    try (NoGradGuard noGradient = new NoGradGuard()) {
      // A sample that equals the original counts as original (section 3.2).
      replaced = corrupted.ne(original); // [batch, seq]
      judged =
          masked
              ? torch
                  .zeros_like(replaced)
                  .flatten()
                  .index_fill(0, positions, new Scalar(1L))
                  .view_as(replaced)
              : mask == null ? torch.ones_like(replaced) : mask.ne(new Scalar(0L)); // [batch, seq]
    }
    boolean weighted = masked || mask != null;
    Tensor loss =
        torch
            .binary_cross_entropy_with_logits(
                scores,
                replaced.to(ScalarType.Float),
                weighted ? new TensorOptional(judged.to(ScalarType.Float)) : new TensorOptional(),
                new TensorOptional(),
                torch.Reduction.Sum.value)
            .div(new Scalar((double) (masked ? denominators.selections() : denominators.tokens())));
    try (NoGradGuard noGradient = new NoGradGuard()) {
      Tensor said = scores.gt(new Scalar(0f)).logical_and(judged);
      Tensor right = said.eq(replaced).logical_and(judged);
      return new Judgement(
          loss,
          right.sum(),
          judged.sum(),
          said.sum(),
          said.logical_and(replaced).sum(),
          replaced.sum());
    }
  }

  private Judgement restore(
      Tensor states,
      Tensor original,
      Tensor corrupted,
      Tensor positions,
      Tensor mask,
      MaskedBatch batch,
      Denominators denominators) {
    boolean all = settings.loss() == DiscriminatorLoss.ALL_TOKENS_MLM;
    Tensor at = all && mask != null ? mask.flatten().nonzero().squeeze(-1) : positions;
    Tensor hidden = states.flatten(0, 1); // [batch * seq, hidden]
    Tensor targets = original.flatten(); // [batch * seq]
    Tensor shown = corrupted.flatten(); // [batch * seq]
    if (!all || mask != null) {
      hidden = hidden.index_select(0, at);
      targets = targets.index_select(0, at);
      shown = shown.index_select(0, at);
    }
    Tensor logits = restoringHead.forward(hidden).to(ScalarType.Float); // [judged, vocab]
    Tensor loss =
        all
            ? copyGate
                .loss(hidden, logits, targets, shown)
                .div(new Scalar((double) denominators.tokens()))
            : SelectionLoss.of(logits, targets, batch, denominators);
    try (NoGradGuard noGradient = new NoGradGuard()) {
      Tensor best =
          all
              ? copyGate.predict(hidden, logits, shown)
              : logits.argmax(new org.bytedeco.pytorch.LongOptional(-1), false);
      Tensor replaced = corrupted.ne(original).sum();
      Tensor none = torch.zeros_like(replaced);
      Tensor judged = torch.ones_like(targets).sum();
      return new Judgement(loss, best.eq(targets).sum(), judged, none, none, replaced);
    }
  }
}
