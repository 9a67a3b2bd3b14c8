package org.solrelectra.training.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.solrelectra.training.checkpoint.HuggingFaceDirectory.Head;
import org.solrelectra.training.checkpoint.ModelImport;
import org.solrelectra.training.checkpoint.TokenizerSource;
import org.solrelectra.training.checkpoint.TokenizerSource.Casing;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(
    name = "import",
    mixinStandardHelpOptions = true,
    description =
        "Imports an ELECTRA that others have pretrained, its discriminator, its generator, or both, and checks every weight's name and"
            + " shape. Writes DIR/discriminator and DIR/generator, as pretrain does.")
final class ImportCommand implements Callable<Integer> {
  @CommandLine.Spec private CommandLine.Model.CommandSpec spec;

  @Option(
      names = "--from",
      required = true,
      paramLabel = "DIR|CHECKPOINT",
      description =
          "A Hugging Face directory (safetensors or pytorch_model.bin); a folder with such directories named discriminator and generator;"
              + " a TensorFlow checkpoint of google-research/electra: its prefix, its .index file, or a folder with one or with a"
              + " file 'checkpoint' that names the newest.")
  private Path from;

  @Option(
      names = "--output",
      required = true,
      paramLabel = "DIR",
      description = "The folder to write; an earlier import there is replaced.")
  private Path output;

  @Option(
      names = "--vocabulary",
      paramLabel = "FILE",
      description = "vocab.txt, where none lies beside the weights.")
  private Path vocabulary;

  @Option(
      names = "--cased",
      description =
          "Keep case and accents, where no file beside the weights says so. Default: lower-case and strip accents.")
  private boolean cased;

  @Option(
      names = "--no-strip-accents",
      description =
          "Lower-case but keep accents, where no file beside the weights says so; a Hugging Face directory says it as"
              + " strip_accents in tokenizer_config.json.")
  private boolean keepsAccents;

  @Override
  public Integer call() throws IOException {
    for (ModelImport.Network network :
        ModelImport.run(from, new TokenizerSource(vocabulary, casing()), output)) {
      spec.commandLine()
          .getOut()
          .printf(
              Locale.ROOT,
              "written: %s: %d layers of %d, vocabulary of %d, %.1f million weights%s%s%n",
              output.resolve(network.part()),
              network.config().layers(),
              network.config().hiddenSize(),
              network.vocabulary().size(),
              network.parameters() / 1e6,
              spareRows(network),
              remark(network));
    }
    return 0;
  }

  private Casing casing() {
    if (cased) {
      return Casing.CASED;
    }
    return keepsAccents ? Casing.ACCENTED : Casing.OF_THE_DIRECTORY;
  }

  private static String spareRows(ModelImport.Network network) {
    int spare = network.config().vocabularySize() - network.vocabulary().size();
    return spare == 0 ? "" : "; the word table has " + spare + " rows more than there are pieces";
  }

  private static String remark(ModelImport.Network network) {
    if (!network.head().equals(Head.none())) {
      return "";
    }
    return "; the body alone, to fine-tune: the head of replaced token detection is not there"
        + (network.leftOut().isEmpty() ? "" : "; left out: " + network.leftOut());
  }
}
