package org.solrelectra.training.cli;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import org.solrelectra.training.corpus.UnknownShare;
import org.solrelectra.training.storage.DurableFiles;
import org.solrelectra.training.vocabulary.WordCounts;
import org.solrelectra.training.vocabulary.WordPieceTrainer;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
    name = "vocabulary",
    mixinStandardHelpOptions = true,
    description =
        "Learns a WordPiece vocabulary from text. (BERT's own vocab.txt can be used instead.)")
final class VocabularyCommand implements Callable<Integer> {
  @Mixin private SourceOptions sources;
  @Mixin private TokenizerOptions tokenizer;
  @CommandLine.Spec private CommandLine.Model.CommandSpec spec;

  @Option(
      names = "--corpus",
      required = true,
      arity = "1..*",
      paramLabel = "SOURCE",
      description = SourceOptions.INPUTS)
  private List<String> corpus;

  @Option(
      names = "--size",
      defaultValue = "30522",
      description =
          "Number of pieces, the five special tokens included. Default: ${DEFAULT-VALUE}.")
  private int size;

  @Option(
      names = "--alphabet-coverage",
      paramLabel = "SHARE",
      defaultValue = "0.9999",
      description =
          "Share of all characters of the text that must be in the alphabet; words with rarer ones become [UNK]."
              + " Default: ${DEFAULT-VALUE}.")
  private double alphabetCoverage;

  @Option(
      names = "--min-frequency",
      defaultValue = "2",
      description =
          "How often two pieces must stand side by side to become one. Default: ${DEFAULT-VALUE}.")
  private long minFrequency;

  @Option(
      names = "--output",
      required = true,
      paramLabel = "FILE",
      description = "The vocab.txt to write.")
  private Path output;

  @Override
  public Integer call() throws java.io.IOException {
    DurableFiles.requireNoFolder(output);
    WordPieceTrainer trainer = new WordPieceTrainer(size, alphabetCoverage, minFrequency);
    WordCounts counts =
        new WordCounts(
            tokenizer.config(org.solrelectra.lucene.model.TokenizerConfig.SHORTEST_MAXIMUM));
    sources.open(corpus).forEachDocument(lines -> lines.forEach(counts::add));
    counts.requireWords();
    List<String> pieces = trainer.train(counts);
    UnknownShare.warning(counts.tooLong() + trainer.leftToUnknown(), counts.words(), "words")
        .ifPresent(Warnings.to(spec));
    Files.createDirectories(output.toAbsolutePath().getParent());
    DurableFiles.write(output, String.join("\n", pieces) + "\n");
    spec.commandLine().getOut().println(pieces.size() + " pieces written to " + output);
    return 0;
  }
}
