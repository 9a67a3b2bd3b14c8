package org.solrelectra.training.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import org.solrelectra.training.dataset.InvalidDatasetException;
import org.solrelectra.training.prepare.ExampleWriter;
import org.solrelectra.training.prepare.Source;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "prepare",
    mixinStandardHelpOptions = true,
    description =
        "Turns a public data set, as it is distributed, into JSONL for finetune and evaluate.",
    footer = {
      "",
      "Inputs:",
      "  banking77  train.csv or test.csv",
      "  medquad    the folder medquad; judged answers are left out",
      "  liveqa     the folder medquad: its judged answers, a test set",
      "  openqa     topics.*.txt and plain text to find answers in",
      "  squad      src-test.txt tgt-test.txt (sentences, questions)",
      "  selqa      selqa-ass-*.json",
      "  wikiqa     a folder with a.toks, b.toks, sim.txt, or WikiQA-test.txt",
      "  trecqa     DEV.xml or TEST.xml",
      "  sst2       SST-2/train.tsv or SST-2/dev.tsv",
      "  qnli       QNLI/dev.tsv; --dev-share splits it by question"
    })
final class PrepareCommand implements Callable<Integer> {
  @CommandLine.Spec private CommandLine.Model.CommandSpec spec;

  @Parameters(index = "0", paramLabel = "SOURCE", description = "${COMPLETION-CANDIDATES}")
  private Source source;

  @Option(
      names = "--input",
      required = true,
      arity = "1..*",
      paramLabel = "PATH",
      description = "What the source is distributed as; see below.")
  private List<Path> inputs;

  @Option(
      names = "--output",
      required = true,
      paramLabel = "FILE",
      description = "The JSONL to write.")
  private Path output;

  @Option(
      names = "--dev-output",
      paramLabel = "FILE",
      description = "Where a share of the texts or queries goes instead, for --dev of finetune.")
  private Path developmentOutput;

  @Option(
      names = "--dev-share",
      defaultValue = "0.05",
      paramLabel = "SHARE",
      description =
          "Of the texts or queries, above 0 and below 1, how many go to --dev-output. Default: ${DEFAULT-VALUE}.")
  private double developmentShare;

  @Option(
      names = "--share",
      defaultValue = "1",
      paramLabel = "SHARE",
      description =
          "Of the others, above 0 and up to 1, how many go to --output; what is left is dropped. Default:"
              + " ${DEFAULT-VALUE}.")
  private double share;

  @Override
  public Integer call() throws IOException {
    try (ExampleWriter writer =
        new ExampleWriter(output, developmentOutput, developmentShare, share)) {
      source.preparer().prepare(inputs, writer);
      if (writer.examples() == 0) {
        throw new InvalidDatasetException(
            "no example was found; expected " + source.preparer().inputs() + "; --input=" + inputs);
      }
      writer.complete();
      spec.commandLine()
          .getOut()
          .println(
              writer.examples()
                  + " examples written to "
                  + output
                  + (developmentOutput == null
                      ? ""
                      : ", " + writer.developmentExamples() + " to " + developmentOutput));
    }
    return 0;
  }
}
