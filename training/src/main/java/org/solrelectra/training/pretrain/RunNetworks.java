package org.solrelectra.training.pretrain;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.solrelectra.lucene.model.TokenizerConfig;
import org.solrelectra.lucene.model.Vocabulary;
import org.solrelectra.training.checkpoint.HuggingFaceDirectory;
import org.solrelectra.training.checkpoint.HuggingFaceDirectory.Head;
import org.solrelectra.training.checkpoint.HuggingFaceWeights;
import org.solrelectra.training.checkpoint.SafeTensors.DataType;
import org.solrelectra.training.network.ElectraConfig;
import org.solrelectra.training.network.ParameterSet;

/**
 * A run's networks as Hugging Face style directories.
 *
 * @param folder the run's
 */
record RunNetworks(
    Path folder, PretrainingConfig config, Vocabulary vocabulary, TokenizerConfig tokenizer) {
  private static final String DISCRIMINATOR = "discriminator";
  private static final String GENERATOR = "generator";

  /** All names that a run may use below its folder. */
  static final List<String> ALL = List.of(DISCRIMINATOR, GENERATOR);

  /** Returns the names of those that an objective gives. */
  static List<String> names(Objective objective) {
    return objective == Objective.RTD ? ALL : List.of(GENERATOR);
  }

  /** Dropout in config.json is what fine-tuning uses, not what pretraining did. */
  void write(ParameterSet parameters) throws IOException {
    ElectraConfig large = config.size().discriminator(vocabulary.size());
    switch (config.objective()) {
      case RTD -> {
        boolean detects = config.detection().loss().detects();
        ElectraConfig small =
            config.size().generator(vocabulary.size(), config.generatorFraction());
        Head head = detects ? Head.discriminator() : Head.generator();
        write(parameters, DISCRIMINATOR, large, head, "");
        write(parameters, GENERATOR, small, Head.generator(), HuggingFaceWeights.GENERATOR);
      }
      case MLM -> write(parameters, GENERATOR, large, Head.generator(), "");
      case CLM -> write(parameters, GENERATOR, large, Head.causal(), "");
    }
  }

  private void write(
      ParameterSet parameters, String name, ElectraConfig sizes, Head head, String prefix)
      throws IOException {
    HuggingFaceDirectory.write(
        folder.resolve(name),
        sizes,
        head,
        HuggingFaceWeights.of(parameters, prefix),
        DataType.F32,
        vocabulary,
        tokenizer);
  }
}
