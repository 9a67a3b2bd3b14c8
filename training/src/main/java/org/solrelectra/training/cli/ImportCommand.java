package org.solrelectra.training.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.OptionalInt;
import java.util.concurrent.Callable;
import org.solrelectra.training.checkpoint.HuggingFaceDirectory.Head;
import org.solrelectra.training.checkpoint.ModelImport;
import org.solrelectra.training.checkpoint.Reduction;
import org.solrelectra.training.checkpoint.TokenizerSource;
import org.solrelectra.training.checkpoint.TokenizerSource.Casing;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(
    name = "import",
    mixinStandardHelpOptions = true,
    description =
        "Imports an ELECTRA that others have pretrained, its discriminator, its generator, or both, or a BERT, such as MiniLM, bge, e5 and"
            + " TinyBERT, and checks every weight's name and shape. Writes DIR/discriminator and DIR/generator, as pretrain does. The"
            + " encoder of a BERT is that of an ELECTRA: it is written as DIR/discriminator, without a head, to be fine-tuned or"
            + " pretrained on.")
final class ImportCommand implements Callable<Integer> {
  @CommandLine.Spec private CommandLine.Model.CommandSpec spec;

  @Option(
      names = "--from",
      required = true,
      paramLabel = "DIR|CHECKPOINT",
      description =
          "A Hugging Face directory of an ELECTRA or a BERT (safetensors or pytorch_model.bin); a folder with such directories named discriminator and generator;"
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

  @Option(
      names = "--layers",
      paramLabel = "N",
      split = ",",
      description =
          "Keep these layers of a body or discriminator, counted from 1, as in --layers 2,4,6: smaller and faster, and a start for"
              + " training. Default: all.")
  private List<Integer> layers = List.of();

  @Option(
      names = "--embedding-size",
      paramLabel = "N",
      description =
          "Factorise the embeddings of a body or discriminator into tables of this width and a projection, as ELECTRA-small has them: of a"
              + " vocabulary of 30,522 and 384 dimensions, 128 save 7.9 million weights. The layers get only near what they"
              + " were trained on and have to be realigned by training. Default: as wide as they are.")
  private Integer embeddingSize;

  @Override
  public Integer call() throws IOException {
    for (ModelImport.Network network :
        ModelImport.run(from, new TokenizerSource(vocabulary, casing()), reduction(), output)) {
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
      network.wordTableError().ifPresent(this::sayWhatFactorisingCosts);
    }
    return 0;
  }

  private Reduction reduction() {
    return new Reduction(
        layers, embeddingSize == null ? OptionalInt.empty() : OptionalInt.of(embeddingSize));
  }

  private void sayWhatFactorisingCosts(double wordTableError) {
    spec.commandLine()
        .getOut()
        .printf(
            Locale.ROOT,
            "embeddings of %d: the word table's relative error is %.3f (Frobenius norm), so the network needs a realignment: train all"
                + " of it before it is used%n",
            embeddingSize,
            wordTableError);
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
