package org.solrelectra.training.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.solrelectra.lucene.analysis.WordPieceEncoder;
import org.solrelectra.lucene.analysis.WordPieceEncoder.SpecialTokens;
import org.solrelectra.lucene.analysis.WordPieces;
import org.solrelectra.lucene.model.ModelDirectory;
import org.solrelectra.lucene.model.TokenizerConfig;
import org.solrelectra.lucene.model.Vocabulary;
import org.solrelectra.training.corpus.TextLines;
import picocli.CommandLine;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(
    name = "tokenize",
    mixinStandardHelpOptions = true,
    description =
        "Reads lines (UTF-8) from standard input and writes one JSON line each: ids, and offsets in UTF-16 units. Adds no [CLS] or [SEP],"
            + " truncates nothing.")
final class TokenizeCommand implements Callable<Integer> {
  private static final class Source {
    @Option(names = "--model", paramLabel = "DIR", description = "A model directory.")
    private Path model;

    @ArgGroup(exclusive = false, multiplicity = "1")
    private VocabularySource vocabulary;
  }

  private static final class VocabularySource {
    @Option(names = "--vocabulary", required = true, paramLabel = "FILE", description = "vocab.txt")
    private Path file;

    @Option(
        names = "--cased",
        description = "Keep case and accents. Default: lower-case and strip accents.")
    private boolean cased;
  }

  @CommandLine.Spec private CommandLine.Model.CommandSpec spec;

  @ArgGroup(multiplicity = "1")
  private Source source;

  @Option(
      names = "--no-strip-accents",
      description = "With --vocabulary: keep accents, also where case is not kept.")
  private boolean keepsAccents;

  @Option(
      names = "--special-tokens",
      description = "Read a literal [SEP] and the like as the special token, not as text.")
  private boolean specialTokens;

  @Override
  public Integer call() throws IOException {
    WordPieceEncoder encoder = encoder();
    SpecialTokens meaning = specialTokens ? SpecialTokens.HONOURED : SpecialTokens.AS_TEXT;
    PrintWriter out = spec.commandLine().getOut();
    WordPieces pieces = new WordPieces();
    ObjectMapper json = new ObjectMapper();
    try (TextLines lines =
        new TextLines(System.in, "standard input", TextLines.Content.ANY_CHARACTERS)) {
      for (String line = lines.next(); line != null; line = lines.next()) {
        encoder.encode(line, meaning, pieces);
        ObjectNode object = json.createObjectNode();
        ArrayNode ids = object.putArray("ids");
        ArrayNode offsets = object.putArray("offsets");
        for (int i = 0; i < pieces.size(); i++) {
          ids.add(pieces.id(i));
          offsets.addArray().add(pieces.start(i)).add(pieces.end(i));
        }
        out.println(object);
        if (!lines.isReady()) {
          out.flush();
        }
      }
    }
    out.flush();
    return 0;
  }

  private WordPieceEncoder encoder() throws IOException {
    if (source.model != null) {
      if (keepsAccents) {
        throw new IllegalArgumentException(
            "--no-strip-accents belongs to --vocabulary; a model says itself what it does;"
                + " --model="
                + source.model);
      }
      ModelDirectory model = ModelDirectory.open(source.model);
      return new WordPieceEncoder(model.vocabulary(), model.tokenizer());
    }
    return new WordPieceEncoder(
        Vocabulary.read(source.vocabulary.file),
        new TokenizerConfig(
            !source.vocabulary.cased,
            !source.vocabulary.cased && !keepsAccents,
            true,
            TokenizerConfig.SHORTEST_MAXIMUM));
  }
}
