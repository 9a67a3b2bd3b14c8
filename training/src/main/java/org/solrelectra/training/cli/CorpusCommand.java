package org.solrelectra.training.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.function.Consumer;
import org.solrelectra.lucene.analysis.WordPieceEncoder;
import org.solrelectra.lucene.model.TokenizerConfig;
import org.solrelectra.lucene.model.Vocabulary;
import org.solrelectra.training.corpus.CorpusBuilder;
import org.solrelectra.training.corpus.CorpusReport;
import org.solrelectra.training.corpus.CorpusSettings;
import org.solrelectra.training.corpus.TokenCorpus;
import org.solrelectra.training.corpus.TokenizerHash;
import org.solrelectra.training.corpus.UnknownShare;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
    name = "corpus",
    mixinStandardHelpOptions = true,
    description =
        "Reads documents, drops copies, and writes their tokens as a folder of shards, which pretrain --corpus takes;"
            + " with a report (report.json) and a picture of the documents' lengths (lengths.png).")
final class CorpusCommand implements Callable<Integer> {
  @Mixin private SourceOptions sources;
  @Mixin private TokenizerOptions tokenizerOptions;
  @CommandLine.Spec private CommandLine.Model.CommandSpec spec;

  @Option(
      names = "--input",
      required = true,
      arity = "1..*",
      paramLabel = "SOURCE",
      description = SourceOptions.INPUTS)
  private List<String> inputs;

  @Option(names = "--vocabulary", required = true, paramLabel = "FILE", description = "vocab.txt")
  private Path vocabularyFile;

  @Option(
      names = "--held-out",
      paramLabel = "SHARE",
      defaultValue = "0.005",
      description =
          "Share of documents to measure on instead of training on; their text alone chooses them. Default:"
              + " ${DEFAULT-VALUE}.")
  private double heldOutShare;

  @Option(
      names = "--shard-tokens",
      defaultValue = "16777216",
      description =
          "A shard ends at the first document after so many tokens. What is done since the last complete shard is lost"
              + " when reading is interrupted. Default: ${DEFAULT-VALUE}.")
  private long shardTokens;

  @Option(
      names = "--output",
      required = true,
      paramLabel = "SHARDS",
      description = "The folder to write; appears when it is complete.")
  private Path output;

  @Option(
      names = "--resume",
      description =
          "Go on after the last complete shard of an interrupted run, which must have had the same input and options;"
              + " start if there is none.")
  private boolean resume;

  @Override
  public Integer call() throws IOException {
    PrintWriter out = spec.commandLine().getOut();
    if (resume && TokenCorpus.isCorpus(output)) {
      out.println("nothing to do: " + output + " is complete");
      return 0;
    }
    CorpusSettings settings =
        new CorpusSettings(heldOutShare, shardTokens, CorpusSettings.Duplicates.DROP);
    Vocabulary vocabulary = Vocabulary.read(vocabularyFile);
    TokenizerConfig tokenizer = tokenizerOptions.config(TokenizerConfig.SHORTEST_MAXIMUM);
    CorpusBuilder builder =
        new CorpusBuilder(
            sources.open(inputs),
            new WordPieceEncoder(vocabulary, tokenizer),
            TokenizerHash.of(vocabulary, tokenizer),
            settings);
    CorpusReport report = build(builder, soFar -> print(soFar, out));
    print(report, out);
    UnknownShare.warning(report.unknownWords(), report.words(), "words")
        .ifPresent(Warnings.to(spec));
    out.println("written: " + output);
    return 0;
  }

  private CorpusReport build(CorpusBuilder builder, Consumer<CorpusReport> progress)
      throws IOException {
    try {
      return resume ? builder.resume(output, progress) : builder.start(output, progress);
    } catch (IOException e) {
      if (CorpusBuilder.canResume(output)) {
        throw new IOException(e.getMessage() + "; run again with --resume to go on", e);
      }
      throw e;
    }
  }

  private static void print(CorpusReport report, PrintWriter out) {
    out.printf(
        Locale.ROOT,
        "%,d documents (%,d copies dropped, %,d without text), %,d words, %,d tokens: %.4f a word, %.4f %% of words"
            + " [UNK]; %.1f MB/s%n",
        report.documents(),
        report.duplicates(),
        report.withoutText(),
        report.words(),
        report.tokens(),
        report.piecesPerWord(),
        100 * report.unknownRate(),
        report.bytesPerSecond() / 1e6);
    out.flush();
  }
}
