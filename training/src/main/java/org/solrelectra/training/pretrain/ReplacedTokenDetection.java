package org.solrelectra.training.pretrain;

import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.solrelectra.training.checkpoint.HuggingFaceWeights;
import org.solrelectra.training.network.DiscriminatorHead;
import org.solrelectra.training.network.ElectraConfig;
import org.solrelectra.training.network.ElectraEmbeddings;
import org.solrelectra.training.network.ElectraEncoder;
import org.solrelectra.training.network.GeneratorHead;
import org.solrelectra.training.network.Mode;
import org.solrelectra.training.network.ParameterSet;
import org.solrelectra.training.network.Tensors;

/**
 * Generator and discriminator over one embedding block, and their joint loss: the generator's mean
 * cross-entropy at the masked positions plus λ times the discriminator's mean binary cross-entropy
 * at all positions that are not padding, [CLS] and [SEP] included (Clark et al. 2020, section 3).
 */
public final class ReplacedTokenDetection {
  /** λ in Clark et al. 2020, appendix A: the binary loss is far smaller than the generator's. */
  public static final double DISCRIMINATOR_WEIGHT = 50;

  private final ParameterSet parameters;
  private final ElectraEncoder generator;
  private final GeneratorHead generatorHead;
  private final ElectraEncoder discriminator;
  private final DiscriminatorHead discriminatorHead;

  /**
   * Adds both networks to {@code parameters}.
   *
   * @param discriminatorConfig sizes of the network that is kept
   * @param generatorConfig the same vocabulary, embedding size and positions
   */
  public ReplacedTokenDetection(
      ParameterSet parameters, ElectraConfig discriminatorConfig, ElectraConfig generatorConfig) {
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
    ElectraEmbeddings embeddings = new ElectraEmbeddings(parameters, discriminatorConfig);
    this.discriminator = new ElectraEncoder(parameters, "", discriminatorConfig, embeddings);
    this.discriminatorHead = new DiscriminatorHead(parameters, discriminatorConfig);
    String prefix = HuggingFaceWeights.GENERATOR;
    this.generator = new ElectraEncoder(parameters, prefix, generatorConfig, embeddings);
    this.generatorHead = new GeneratorHead(parameters, prefix, generatorConfig, embeddings.words());
  }

  public ParameterSet parameters() {
    return parameters;
  }

  /**
   * What one forward pass gives.
   *
   * @param total the loss to minimise, a scalar with gradient
   * @param measurements float64 [{@link Measurements#COUNT}], without gradient, on the device
   */
  public record Outcome(Tensor total, Tensor measurements) {}

  /** What the means of a step are taken over; a micro-batch is given those of the whole batch. */
  public record Denominators(long maskedPositions, long tokens) {
    public static Denominators of(MaskedBatch batch) {
      return new Denominators(batch.positions().length, batch.tokens());
    }
  }

  /** Called before each network's forward pass, so that its noise can be seeded. */
  public interface NoiseSeeding {
    void beforeGenerator();

    void beforeSampling();

    void beforeDiscriminator();
  }

  /** Computes the joint loss of a batch. Everything it makes belongs to the caller's scope. */
  public Outcome forward(
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
    Tensor masked = Tensors.ofLongs(batch.generatorInputIds(), device, rows, seq); // [batch, seq]
    Tensor positions =
        Tensors.ofLongs(batch.positions(), device, batch.positions().length); // [masked]

    seeding.beforeGenerator();
    Tensor hidden = generator.forward(masked, types, mask, mode); // [batch, seq, hidden]
    Tensor selected = hidden.flatten(0, 1).index_select(0, positions); // [masked, hidden]
    Tensor logits = generatorHead.forward(selected).to(ScalarType.Float); // [masked, vocab]
    Tensor targets = original.flatten().index_select(0, positions); // [masked]
    Tensor mlmLoss = torch.cross_entropy_loss(logits, targets);

    seeding.beforeSampling();
    Tensor sampled;
    Tensor corrupted;
    Tensor replaced;
    try (NoGradGuard noGradient = new NoGradGuard()) {
      sampled = sampler.sample(logits.detach()); // [masked]
      corrupted =
          original.flatten().index_copy(0, positions, sampled).view(rows, seq); // [batch, seq]
      // A sample that equals the original counts as original (section 3.2).
      replaced = corrupted.ne(original); // [batch, seq]
    }

    seeding.beforeDiscriminator();
    Tensor scores =
        discriminatorHead
            .forward(discriminator.forward(corrupted, types, mask, mode))
            .to(ScalarType.Float); // [batch, seq]
    Tensor labels = replaced.to(ScalarType.Float); // [batch, seq]
    TensorOptional weights =
        mask == null ? new TensorOptional() : new TensorOptional(mask.to(ScalarType.Float));
    Tensor rtdLoss =
        torch
            .binary_cross_entropy_with_logits(
                scores, labels, weights, new TensorOptional(), torch.Reduction.Sum.value)
            .div(new org.bytedeco.pytorch.Scalar((double) denominators.tokens()));
    double maskedShare = (double) batch.positions().length / denominators.maskedPositions();
    Tensor mlmPart =
        maskedShare == 1 ? mlmLoss : mlmLoss.mul(new org.bytedeco.pytorch.Scalar(maskedShare));
    Tensor total = mlmPart.add(rtdLoss.mul(new org.bytedeco.pytorch.Scalar(DISCRIMINATOR_WEIGHT)));
    return new Outcome(total, measure(mlmPart, rtdLoss, logits, targets, scores, replaced, mask));
  }

  private static Tensor measure(
      Tensor mlmLoss,
      Tensor rtdLoss,
      Tensor logits,
      Tensor targets,
      Tensor scores,
      Tensor replaced,
      Tensor mask) {
    try (NoGradGuard noGradient = new NoGradGuard()) {
      Tensor counted =
          mask == null ? torch.ones_like(replaced) : mask.ne(new org.bytedeco.pytorch.Scalar(0L));
      Tensor said = scores.gt(new org.bytedeco.pytorch.Scalar(0f)).logical_and(counted);
      Tensor hits = said.logical_and(replaced);
      Tensor right = said.eq(replaced).logical_and(counted);
      Tensor best = logits.argmax(new org.bytedeco.pytorch.LongOptional(-1), false);
      TensorVector values = new TensorVector();
      for (Tensor value :
          new Tensor[] {
            mlmLoss,
            rtdLoss,
            best.eq(targets).sum(),
            right.sum(),
            said.sum(),
            hits.sum(),
            replaced.sum()
          }) {
        values.push_back(value.detach().to(ScalarType.Double));
      }
      return torch.stack(values);
    }
  }
}
